/** What only this machine can tell of a training: what computes, and how many epochs fit into a time. */
import type { Epochs } from '../../../src/data/epoch.js';
import { isSoftware } from '../../../src/runtime/browser/adapter.js';
import { type BrowserDevice, lackOfWebgpu, type Runtime } from '../../../src/runtime/browser/index.js';
import type { MemoryOptions, MemoryPlan } from '../../../src/train/in-memory.js';
import { batchesOf, clock, epochsIn, type Pace, paceOf } from '../../../src/train/pace.js';
import { Trainer } from '../../../src/train/trainer.js';
import { whyOf } from '../reasons.js';
import type { PassedOver, Wanted } from './messages.js';

interface Means {
  readonly planned: (options: MemoryOptions) => MemoryPlan;
  readonly loader: Epochs;
  readonly open: (device: BrowserDevice) => Promise<Runtime>;
}

export interface Fitted {
  readonly plan: MemoryPlan;
  /** Of the device that was chosen: whatever was tried on it is of no use any more. */
  readonly runtime: Runtime;
  readonly passedOver: readonly PassedOver[];
}

/** A few steps of the training itself say most: they show that a device works, and how fast. */
interface Trial {
  readonly device: BrowserDevice;
  readonly runtime: Runtime;
  readonly pace: Pace;
}

/** Devices in the order in which they are tried. */
const candidates: { readonly [C in Wanted['device']]: readonly BrowserDevice[] } = {
  auto: ['webgpu', 'cpu'],
  webgpu: ['webgpu', 'cpu'],
  cpu: ['cpu'],
};

/** Of the steps of a trial. */
const TRIAL_SECONDS = 2;

/** Fewer teach too little, so they take longer where they have to; more teach nothing new. */
const [LEAST_EPOCHS, MOST_EPOCHS] = [5, 100];
/** Rather than fewer than these, a slow machine takes images of this side. */
const [FEW_EPOCHS, SMALL] = [10, 32];

export async function fitted({ options, seconds, device: choice }: Wanted, means: Means): Promise<Fitted> {
  const begun = clock();
  const { planned, open } = means;
  const plan = planned(options);
  const passedOver: PassedOver[] = [];
  const trials: Trial[] = [];
  for (const device of candidates[choice]) {
    const isNamed = device === choice;
    const why = device === 'webgpu' ? await unfit(isNamed) : undefined;
    if (why) passedOver.push({ device, why });
    else if (trials.length === 0 && device === 'cpu' && options.epochs !== undefined)
      return { plan, runtime: await open(device), passedOver };
    else
      try {
        trials.push(await inPatience(tried(plan, device, means), patienceWith(device, isNamed)));
        if (isNamed) break;
      } catch (error) {
        if (device === 'cpu' && trials.length === 0) throw error;
        passedOver.push({ device, why: 'failed', ...whyOf(error) });
      }
  }
  const [best, ...slower] = trials.sort((a, b) => a.pace.step - b.pace.step) as [Trial, ...Trial[]];
  for (const { device, runtime, pace } of slower) {
    await runtime.close();
    passedOver.push({ device, why: 'slower', times: pace.step / best.pace.step });
  }
  const left = seconds - (clock() - begun);
  const settled = options.epochs === undefined ? inTime(plan, best.pace, { options, seconds: left }) : options;
  return { plan: planned(settled), runtime: best.runtime, passedOver };
}

/** Epochs that fit into a time, and the small size where too few would at the images' own. */
function inTime(plan: MemoryPlan, pace: Pace, { options, seconds }: Omit<Wanted, 'device'>): MemoryOptions {
  const [height, width] = plan.config.preprocessing.size;
  const fitting = (share: number) => {
    const part = { ...pace, step: share * pace.step, validationBatch: share * pace.validationBatch };
    return epochsIn({ seconds, spent: 0 }, part, batchesOf(plan)).epochs;
  };
  const bounded = (epochs: number) => Math.max(LEAST_EPOCHS, Math.min(MOST_EPOCHS, epochs));
  const share = SMALL ** 2 / (height * width);
  if (options.size !== undefined || share >= 1 || fitting(1) >= FEW_EPOCHS)
    return { ...options, epochs: bounded(fitting(1)) };
  return { ...options, epochs: bounded(fitting(share)), size: SMALL };
}

/** Adapters in software are taken only where somebody names the device. */
async function unfit(isNamed: boolean): Promise<'absent' | 'software' | undefined> {
  if (await lackOfWebgpu()) return 'absent';
  return !isNamed && (await isSoftware()) ? 'software' : undefined;
}

/** Seconds that a driver may take for a trial, as some never answer. WebAssembly is waited for: nothing is left behind it. */
function patienceWith(device: BrowserDevice, isNamed: boolean): number {
  if (device === 'cpu') return Number.POSITIVE_INFINITY;
  return isNamed ? 300 : 60; // who names it may have an adapter in software, whose first step takes minutes
}

function inPatience(trial: Promise<Trial>, seconds: number): Promise<Trial> {
  if (seconds === Number.POSITIVE_INFINITY) return trial;
  const over = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${seconds} s`)), 1000 * seconds);
  });
  over.catch(() => {}); // told by the race alone
  trial.catch(() => {});
  return Promise.race([trial, over]);
}

async function tried(plan: MemoryPlan, device: BrowserDevice, { loader, open }: Means): Promise<Trial> {
  const begun = clock();
  const runtime = await open(device);
  try {
    const trainer = await Trainer.create(plan, runtime);
    const setup = clock() - begun;
    const pace = await paceOf(trainer, plan, loader, { seconds: TRIAL_SECONDS });
    await trainer.release();
    return { device, runtime, pace: { setup, ...pace } };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
