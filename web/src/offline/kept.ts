/** What of the page is kept here and comes without a connection. */
import { computed, signal } from '@preact/signals';
import { ENGINE } from '../../../src/web-folder/engine-names.js';
import type { Keep, KeepAnswer } from '../../service-worker/messages.js';

/** Enough to compute with; WebGPU's build is kept when it is used. */
const NEEDED = [ENGINE.module, ENGINE.code];

/** Nothing in browsers, or at addresses, that have no service workers: they are for HTTPS and for this machine. */
const workers = isSecureContext ? navigator.serviceWorker : undefined;
const controlledFromTheStart = Boolean(workers?.controller);

const active = signal<ServiceWorker | undefined>(undefined);
const engineKept = signal(false);

export const kept = computed(() => (active.value ? (engineKept.value ? 'all' : 'page') : 'nothing'));

/** Whether the service worker isolates the page when it comes the next time: then it has threads. */
export const reloadIsolates = computed(() => Boolean(active.value) && !controlledFromTheStart && !crossOriginIsolated);

/** Begins to keep the page. A browser that refuses leaves it as it is without. */
export async function keepPage(): Promise<void> {
  if (!workers) return;
  workers.addEventListener('message', look);
  try {
    await workers.register(new URL('service-worker.js', document.baseURI), { updateViaCache: 'none' });
    active.value = (await workers.ready).active ?? undefined;
    await look();
  } catch (error) {
    console.warn(`The page is not kept for use offline: ${(error as Error).message}`);
  }
}

async function look(): Promise<void> {
  const found = await Promise.all(NEEDED.map((path) => caches.match(new URL(path, document.baseURI))));
  engineKept.value = found.every(Boolean);
}

/** Keeps what computes networks too. @throws Error with the reason where it cannot */
export async function keepEngine(): Promise<void> {
  await navigator.storage.persist?.(); // browsers that are short of room ask no more; either answer will do
  const worker = (await workers!.ready).active!;
  const { reason } = await new Promise<KeepAnswer>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<KeepAnswer>) => resolve(data);
    worker.postMessage({ keep: NEEDED } satisfies Keep, [port2]);
  });
  if (reason !== undefined) throw new Error(reason);
  await look();
}
