/** What computes, and how fast it may. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type BrowserDevice, type Choice, lackOfWebgpu } from '../../../src/runtime/browser/index.js';
import { number, say } from '../language.js';
import { reloadIsolates } from '../offline/kept.js';
import { threadsHere } from './devices.js';
import type { OpenedModel } from './opened-model.js';
import { busy, choose, chooseFastest, chosen, fellBack } from './session.js';
import { texts } from './texts.js';

const names: { readonly [D in BrowserDevice]: string } = { cpu: 'WebAssembly', webgpu: 'WebGPU' };

export function DeviceChoice({ model: { device } }: { readonly model: OpenedModel }) {
  const gpu = useSignal(false);
  useEffect(() => {
    void lackOfWebgpu().then((lack) => {
      gpu.value = lack === undefined;
    });
  }, []);
  return (
    <div class="device">
      {gpu.value && (
        <>
          <label>
            {say(texts.device)}{' '}
            <select value={device} onChange={({ currentTarget }) => choose(currentTarget.value as BrowserDevice)}>
              {Object.entries(names).map(([name, shown]) => (
                <option key={name} value={name}>
                  {shown}
                </option>
              ))}
            </select>
          </label>{' '}
          <button type="button" disabled={busy.value !== undefined} onClick={() => void chooseFastest()}>
            {say(texts.fastest)}
          </button>
        </>
      )}
      <p class="note">
        {plainly(device)} {chosen.value?.trials.map(inWords).join(' ')}
      </p>
      {fellBack.value && (
        <p class="note" role="alert">
          {say(texts.fellBack, { reason: fellBack.value })}
        </p>
      )}
    </div>
  );
}

function plainly(device: BrowserDevice): string {
  if (device === 'webgpu') return say(texts.onWebgpu);
  const { threads, isolated } = threadsHere();
  if (!isolated) return say(reloadIsolates.value ? texts.isolatedNextTime : texts.notIsolated);
  return threads > 1 ? say(texts.threads, { count: threads }) : say(texts.oneThread);
}

const inWords = (found: Choice<BrowserDevice>['trials'][number]): string =>
  'gflops' in found
    ? say(texts.trialSpeed, { device: names[found.device], speed: number(found.gflops) })
    : say(texts.trialFailed, { device: names[found.device], reason: found.failure });
