/** What computes, and how fast it may. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type BrowserDevice, type Choice, lackOfWebgpu } from '../../../src/runtime/browser/index.js';
import { deviceNames } from '../devices.js';
import { number, say } from '../language.js';
import { DeviceSelect, plainly } from '../ui/device.js';
import type { OpenedModel } from './opened-model.js';
import { busy, choose, chooseFastest, chosen, fellBack } from './session.js';
import { texts } from './texts.js';

const CHOICES = ['cpu', 'webgpu'] as const;

export function DeviceChoice({ model: { device, threads } }: { readonly model: OpenedModel }) {
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
          <DeviceSelect choices={CHOICES} value={device} choose={choose} />{' '}
          <button type="button" disabled={busy.value !== undefined} onClick={() => void chooseFastest()}>
            {say(texts.fastest)}
          </button>
        </>
      )}
      <p class="note">{[plainly(device, threads), ...(chosen.value?.trials ?? []).map(inWords)].join(' ')}</p>
      {fellBack.value && (
        <p class="note" role="alert">
          {say(texts.fellBack, { reason: fellBack.value })}
        </p>
      )}
    </div>
  );
}

const inWords = (found: Choice<BrowserDevice>['trials'][number]): string =>
  'gflops' in found
    ? say(texts.trialSpeed, { device: deviceNames[found.device], speed: number(found.gflops) })
    : say(texts.trialFailed, { device: deviceNames[found.device], reason: found.failure });
