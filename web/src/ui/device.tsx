/** What computes: the choice of it, and a plain statement. */
import type { BrowserDevice } from '../../../src/runtime/browser/index.js';
import { deviceNames } from '../devices.js';
import { say } from '../language.js';
import { reloadIsolates } from '../offline/kept.js';

const texts = {
  device: { en: 'Computed with', 'zh-CN': '计算方式' },
  automatic: { en: 'Automatic', 'zh-CN': '自动' },
  threads: { en: 'WebAssembly on {count} threads.', 'zh-CN': 'WebAssembly，{count} 个线程。' },
  oneThread: { en: 'WebAssembly on one thread.', 'zh-CN': 'WebAssembly，单线程。' },
  notIsolated: {
    en: 'WebAssembly on one thread: for more, the server has to send the headers COOP and COEP with this page.',
    'zh-CN': 'WebAssembly，单线程：若要使用多线程，服务器须随本页发送 COOP 和 COEP 标头。',
  },
  isolatedNextTime: {
    en: 'WebAssembly on one thread: reload the page for more.',
    'zh-CN': 'WebAssembly，单线程：重新加载本页即可使用多线程。',
  },
  onWebgpu: { en: 'The graphics processor, by WebGPU.', 'zh-CN': '图形处理器（WebGPU）。' },
};

/** A device, or whichever suits best. */
export type DeviceChoice = BrowserDevice | 'auto';

interface Choosing<C extends DeviceChoice> {
  readonly choices: readonly C[];
  readonly value: C;
  readonly choose: (chosen: C) => void;
}

const nameOf = (choice: DeviceChoice) => (choice === 'auto' ? say(texts.automatic) : deviceNames[choice]);

export const DeviceSelect = <C extends DeviceChoice>({ choices, value, choose }: Choosing<C>) => (
  <label>
    {say(texts.device)}{' '}
    <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value as C)}>
      {choices.map((name) => (
        <option key={name} value={name}>
          {nameOf(name)}
        </option>
      ))}
    </select>
  </label>
);

/** What computes here, and why on one thread. */
export function plainly(device: BrowserDevice, threads: number): string {
  if (device === 'webgpu') return say(texts.onWebgpu);
  if (!crossOriginIsolated) return say(reloadIsolates.value ? texts.isolatedNextTime : texts.notIsolated);
  return threads > 1 ? say(texts.threads, { count: threads }) : say(texts.oneThread);
}
