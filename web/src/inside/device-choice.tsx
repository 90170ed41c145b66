/** What computes, and how fast it may. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { webgpuHere } from '../devices.js';
import { say } from '../language.js';
import { DeviceSelect, plainly } from '../ui/device.js';
import type { OpenedModel } from './opened-model.js';
import { choose, fellBack } from './session.js';
import { texts } from './texts.js';

const CHOICES = ['cpu', 'webgpu'] as const;

export function DeviceChoice({ model: { device, threads } }: { readonly model: OpenedModel }) {
  const gpu = useSignal(false);
  useEffect(() => {
    void webgpuHere().then((found) => {
      gpu.value = found !== 'absent';
    });
  }, []);
  return (
    <div class="device">
      {gpu.value && <DeviceSelect choices={CHOICES} value={device} choose={choose} />}
      <p class="note">{plainly(device, threads)}</p>
      {fellBack.value && (
        <p class="note" role="alert">
          {say(texts.fellBack, { reason: fellBack.value })}
        </p>
      )}
    </div>
  );
}
