/** What is trained, and for how long. */
import { signal } from '@preact/signals';
import type { MemoryOptions } from '../../../src/train/in-memory.js';
import { say } from '../language.js';
import { texts } from './texts.js';

/** Networks by the number of their layers, the quickest first. */
const nets = {
  'ResNet-8': { net: '{"bottleneck":false,"repeats":[1,1,1],"width":16}', variant: 'cifar' },
  'ResNet-20': { net: 'cifar-resnet20' },
  'ResNet-18': { net: 'resnet18' },
} as const satisfies Record<string, Pick<MemoryOptions, 'net' | 'variant'>>;

/** What may be chosen. */
const choices = {
  net: Object.keys(nets) as (keyof typeof nets)[],
  size: [32, 64, 96, 128],
  epochs: [10, 20, 40, 80],
} as const;

type Settings = { readonly [K in keyof typeof choices]: (typeof choices)[K][number] };

export const settings = signal<Settings>({ net: 'ResNet-8', size: 32, epochs: 20 });

/** As the trainer takes them. */
export const chosen = (): MemoryOptions => {
  const { net, ...others } = settings.value;
  return { task: 'classify', ...nets[net], ...others };
};

const labels = { net: texts.network, size: texts.size, epochs: texts.epochs } as const;

export const SettingsRow = () => (
  <div class="settings">
    {(Object.keys(choices) as (keyof Settings)[]).map((name) => (
      <label key={name}>
        {say(labels[name])}
        <select
          name={name}
          value={settings.value[name]}
          onChange={({ currentTarget }) => {
            settings.value = { ...settings.value, [name]: choices[name][currentTarget.selectedIndex] };
          }}
        >
          {choices[name].map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      </label>
    ))}
  </div>
);
