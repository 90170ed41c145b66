/** What the processes of a training agree upon from step to step. */
import { AgreedError, type Communicator, gathered } from '../communicator/index.js';
import type { Batch } from '../data/batches.js';
import type { Together } from './evaluate.js';
import type { Processes } from './events.js';
import type { Share } from './share.js';
import type { StepResult } from './trainer.js';

/** A step as all processes together have taken it. */
export interface StepTogether extends StepResult {
  /** Images, over all processes. */
  readonly images: number;
  /** Whether one of them was asked to stop: of several, before they came together; of one, until now. */
  stop(): boolean;
}

export class Crew {
  private constructor(
    private readonly communicator: Communicator,
    /** Absent where one process trains alone. */
    readonly processes: Processes | undefined,
  ) {}

  static async of(communicator: Communicator): Promise<Crew> {
    const { size, host, library } = communicator;
    if (size === 1) return new Crew(communicator, undefined);
    return new Crew(communicator, { library, members: await gathered(communicator, { host, pid: process.pid }) });
  }

  get share(): Share {
    const { rank, size } = this.communicator;
    return { rank, size };
  }

  /** Whether this process is the one that writes and speaks for all. */
  get leads(): boolean {
    return this.communicator.rank === 0;
  }

  /** For `evaluate`; nothing where one process judges alone. */
  get together(): Together | undefined {
    const { communicator, share } = this;
    return share.size === 1 ? undefined : { share, gathered: (own) => gathered(communicator, own) };
  }

  /** The step of all processes. @throws AgreedError where the loss of one is not finite, naming it */
  async step(result: StepResult, { count }: Pick<Batch, 'count'>, stop: () => boolean): Promise<StepTogether> {
    const { communicator } = this;
    if (communicator.size === 1) return { ...result, images: count, stop };
    const { loss, correct, figures } = result;
    const { generatorLoss } = figures ?? {};
    const sums = Float64Array.of(loss, correct ?? 0, count, stop() ? 1 : 0, generatorLoss ?? 0);
    await communicator.allReduce(sums, 'sum');
    const [losses, right, images, stops, made] = sums as unknown as [number, number, number, number, number];
    if (!Number.isFinite(losses)) await this.nameDiverged(loss);
    return {
      ...result,
      loss: losses / communicator.size,
      correct: correct === undefined ? undefined : right,
      ...(generatorLoss !== undefined && { figures: { ...figures, generatorLoss: made / communicator.size } }),
      images,
      stop: () => stops > 0,
    };
  }

  /** What each process says, one after the other. */
  async every<T>(own: readonly T[]): Promise<readonly T[]> {
    return this.share.size === 1 ? own : (await gathered(this.communicator, own)).flat();
  }

  private async nameDiverged(loss: number): Promise<never> {
    const { rank, host } = this.communicator;
    const all = await gathered(this.communicator, { rank, host, loss });
    const bad = all.filter((one) => !Number.isFinite(one.loss));
    const named = bad.map((one) => `${one.loss} on rank ${one.rank} (${one.host})`).join(', ');
    throw new AgreedError(
      `training diverged: the loss became ${named || 'infinite over all ranks'}; ` +
        `${bad.length < all.length ? 'look at the data and the memory of that machine, or ' : ''}go on from the last checkpoint, or start again with a smaller learning rate`,
    );
  }
}
