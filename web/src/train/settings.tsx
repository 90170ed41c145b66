/** What is trained, on what, and for how long. */
import { signal } from '@preact/signals';
import { say } from '../language.js';
import { type DeviceChoice, DeviceSelect } from '../ui/device.js';
import type { Wanted } from './messages.js';
import { texts } from './texts.js';
import { type Net, nets, type Task, usualFor, usualSeconds } from './usual.js';

/** What may be chosen, or left to the page. */
const choices = {
  net: Object.keys(nets) as Net[],
  size: [32, 64, 96, 128],
  epochs: [10, 20, 40, 80],
} as const;
type Settings = { readonly [K in keyof typeof choices]?: (typeof choices)[K][number] | undefined };

export const task = signal<Task>('classify');
const settings = signal<Settings>({});
const device = signal<DeviceChoice>('auto');

/** As it is trained on so many images. */
export function chosen(images: number): Wanted & { readonly network: Net } {
  const usual = usualFor(images);
  const { net = usual.net, size = usual.size, epochs } = settings.value;
  return {
    network: net,
    options: { task: task.value, ...nets[net], ...(size && { size }), ...(epochs && { epochs }) },
    seconds: usualSeconds[task.value],
    device: device.value,
  };
}

const tasks: { readonly [T in Task]: { readonly name: keyof typeof texts; readonly about: keyof typeof texts } } = {
  classify: { name: 'classify', about: 'aboutClassify' },
  reconstruct: { name: 'reconstruct', about: 'aboutReconstruct' },
};

export const TaskChoice = () => (
  <fieldset class="tasks">
    <legend>{say(texts.task)}</legend>
    {(Object.keys(tasks) as Task[]).map((name) => (
      <label key={name} class={task.value === name ? 'chosen' : ''}>
        <input
          type="radio"
          name="task"
          value={name}
          checked={task.value === name}
          onChange={() => {
            task.value = name;
          }}
        />
        <strong>{say(texts[tasks[name].name])}</strong>
        <span class="note">{say(texts[tasks[name].about])}</span>
      </label>
    ))}
  </fieldset>
);

const labels = { net: texts.network, size: texts.size, epochs: texts.epochs } as const;

export const SettingsRow = () => (
  <details class="more">
    <summary>{say(texts.settings)}</summary>
    <div class="settings">
      {(Object.keys(choices) as (keyof Settings)[]).map((name) => (
        <label key={name}>
          {say(labels[name])}
          <select
            name={name}
            value={settings.value[name] ?? ''}
            onChange={({ currentTarget }) => {
              settings.value = { ...settings.value, [name]: choices[name][currentTarget.selectedIndex - 1] };
            }}
          >
            <option value="">{say(texts.automatic)}</option>
            {choices[name].map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </select>
        </label>
      ))}
      <DeviceSelect
        choices={['auto', 'webgpu', 'cpu']}
        value={device.value}
        choose={(name) => {
          device.value = name;
        }}
      />
    </div>
  </details>
);
