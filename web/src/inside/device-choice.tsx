/** What computes, and how fast it may. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { say } from '../language.js';
import { reloadIsolates } from '../offline/kept.js';
import { hasWebgpu, type PageDevice, threadsHere } from './devices.js';
import type { OpenedModel } from './opened-model.js';
import { choose, fellBack } from './session.js';
import { texts } from './texts.js';

const names: { readonly [D in PageDevice]: string } = { cpu: 'WebAssembly', webgpu: 'WebGPU' };

export function DeviceChoice({ model: { device } }: { readonly model: OpenedModel }) {
  const gpu = useSignal(false);
  useEffect(() => {
    void hasWebgpu().then((there) => {
      gpu.value = there;
    });
  }, []);
  return (
    <div class="device">
      {gpu.value && (
        <label>
          {say(texts.device)}{' '}
          <select value={device} onChange={({ currentTarget }) => choose(currentTarget.value as PageDevice)}>
            {Object.entries(names).map(([name, shown]) => (
              <option key={name} value={name}>
                {shown}
              </option>
            ))}
          </select>
        </label>
      )}
      <p class="note">{plainly(device)}</p>
      {fellBack.value && (
        <p class="note" role="alert">
          {say(texts.fellBack, { reason: fellBack.value })}
        </p>
      )}
    </div>
  );
}

function plainly(device: PageDevice): string {
  if (device === 'webgpu') return say(texts.onWebgpu);
  const { threads, isolated } = threadsHere();
  if (!isolated) return say(reloadIsolates.value ? texts.isolatedNextTime : texts.notIsolated);
  return threads > 1 ? say(texts.threads, { count: threads }) : say(texts.oneThread);
}
