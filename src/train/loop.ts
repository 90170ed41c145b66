/** Epochs of steps, each followed by validation and a checkpoint. */
import type { Batch, Batches, Loader, Skipped } from '../data/batches.js';
import { UserError } from '../errors.js';
import { summarise } from '../models/index.js';
import type { Model } from '../weights/index.js';
import type { Progress } from './checkpoint.js';
import type { Crew, StepTogether } from './crew.js';
import { evaluate } from './evaluate.js';
import type { Course } from './learning-rates.js';
import { endedEarly } from './patience.js';
import { type Plan, titleOf } from './plan.js';
import { meritOf, recordedOf } from './report/best.js';
import type { EpochRecord } from './report/index.js';
import type { RunFiles } from './run-files.js';
import type { RunOptions } from './run-options.js';
import { shareOf } from './share.js';
import type { Evaluation } from './tasks/index.js';
import type { Trains } from './trainer.js';
import { epochBatches } from './training-batches.js';

interface LoopOptions {
  readonly plan: Plan;
  readonly folder: string;
  readonly trainer: Trains;
  readonly loader: Loader;
  readonly options: RunOptions;
  /** Absent where another process writes for this one too. */
  readonly files: RunFiles | undefined;
  /** The processes that train together. */
  readonly crew: Crew;
  /** Epochs so far; grows. */
  readonly history: EpochRecord[];
  /** Where a checkpoint stood. */
  readonly progress: Progress | undefined;
}

const now = () => performance.now() / 1000;

export class Loop {
  /** Of the last validation. */
  evaluation: Evaluation | undefined;
  private readonly broken = new Map<string, Skipped>();
  private progress: Progress;
  /** When this start began, as if earlier starts had gone before it without a pause. */
  private readonly begun: number;
  private saved = now();
  /** Whether the folder holds a checkpoint. */
  private kept: boolean;
  /** Images per second of training in the epoch under way. */
  private speed = 0;

  constructor(private readonly given: LoopOptions) {
    this.progress = given.progress ?? { ...fresh(1), step: 0, seconds: 0 };
    this.kept = given.progress !== undefined;
    this.begun = now() - this.progress.seconds;
  }

  /** Images that could not be read, each once. */
  get skipped(): readonly Skipped[] {
    return [...this.broken.values()];
  }

  /** Trains to the end, planned or early; false when the signal stopped it before. */
  async run(): Promise<boolean> {
    const { plan, history } = this.given;
    const { config } = plan;
    this.announce();
    while (this.progress.epoch <= config.epochs && !endedEarly(config, history)) {
      const before = now();
      await this.given.trainer.begin(this.progress.epoch);
      if (!(await this.trainEpoch(this.batches(), before))) return false;
      await this.closeEpoch(await this.validate(), before);
    }
    this.evaluation ??= await this.validate(); // a run that is resumed at its end has not validated yet
    return true;
  }

  private announce(): void {
    const { plan, options, crew } = this.given;
    const { processes } = crew;
    const { train, validation, warnings } = plan.splits;
    options.onStart?.({
      title: titleOf(plan),
      epochs: plan.config.epochs,
      batches: this.batches().length,
      trainImages: train.length,
      validationImages: validation.length,
      parameters: summarise(plan.network).parameters,
      ...(processes && { processes }),
      step: this.progress.step,
      warnings,
    });
  }

  /** What is left of the epoch under way. */
  private batches(): Batches {
    return epochBatches(this.given.loader, this.given.plan, this.progress);
  }

  private async trainEpoch(batches: Batches, began: number): Promise<boolean> {
    const { trainer, options, loader, crew } = this.given;
    const waited = loader.waited;
    let images = 0;
    let stopped = false;
    for await (const batch of batches) {
      const own = await trainer.step(batch, this.progress.step, this.course(batches.length));
      const result = await crew.step(own, batch, () => options.signal?.aborted ?? false);
      this.advance(result);
      images += result.images;
      this.speed = images / (now() - began);
      await this.record(batch, result);
      options.onStep?.({
        ...this.means(),
        epoch: this.progress.epoch,
        batch: this.progress.batch,
        batches: batches.length,
        learningRate: result.learningRate,
        imagesPerSecond: this.speed,
        secondsLeft: this.secondsLeft(batches.length),
        waiting: (loader.waited - waited) / (now() - began),
      });
      stopped = result.stop();
      if (stopped || now() - this.saved > (options.checkpointSeconds ?? 300)) await this.save();
      if (stopped) break;
    }
    this.note(await crew.every(batches.skipped));
    return !stopped;
  }

  private course(batches: number): Course {
    return { batches, losses: this.given.history.map(({ validationLoss }) => validationLoss) };
  }

  private async record(batch: Batch, { loss, learningRate, figures }: StepTogether): Promise<void> {
    const { files, options } = this.given;
    const { step, epoch } = this.progress;
    if (step % (options.logEvery ?? 1) !== 0) return;
    await files?.recorder.step({ step, epoch, loss, ...figures, learningRate, imagesPerSecond: this.speed }, batch);
  }

  private advance({ images, loss, correct = 0, learningRate }: StepTogether): void {
    const { progress } = this;
    if (!Number.isFinite(loss))
      throw this.diverged(`the loss became ${loss} at step ${progress.step + 1}`, learningRate);
    this.progress = {
      ...progress,
      step: progress.step + 1,
      batch: progress.batch + 1,
      loss: progress.loss + loss,
      correct: progress.correct + correct,
      images: progress.images + images,
      seconds: now() - this.begun,
    };
  }

  /** Means over the epoch so far. */
  private means(): { readonly loss: number; readonly accuracy?: number } {
    const { loss, batch, correct, images } = this.progress;
    const counted = this.given.plan.config.task === 'classify';
    return { loss: loss / batch, ...(counted && { accuracy: correct / images }) };
  }

  private secondsLeft(batches: number): number {
    const { epochs, batch } = this.given.plan.config;
    return ((epochs * batches - this.progress.step) * batch) / this.speed;
  }

  private async validate(): Promise<Evaluation> {
    const { plan, trainer, loader, options, crew } = this.given;
    const onBatch = (done: number, of: number) => options.onValidate?.(done, of);
    const judged = await evaluate(trainer.evaluation, loader, plan.splits.validation, {
      ...shareOf(plan.config, crew.share),
      together: crew.together,
      onBatch,
    });
    this.note(judged.skipped);
    this.evaluation = judged;
    return judged;
  }

  /** Writes down what the epoch brought; the checkpoint comes last, so that a crash before it repeats the epoch's end. */
  private async closeEpoch(evaluation: Evaluation, before: number): Promise<void> {
    const { history, files, options } = this.given;
    const { metrics } = evaluation;
    const record = this.epochRecord(metrics, now() - before);
    const merit = meritOf(record);
    const best = merit > (this.progress.best ?? Number.NEGATIVE_INFINITY);
    history.push(record);
    const made = files && (await this.state(metrics));
    if (best && made) await files.best({ ...made.model, weights: made.judged });
    if (made) await files.recorder.epoch(record, { metrics, weights: made.model.weights });
    this.progress = { ...this.progress, ...fresh(record.epoch + 1), ...(best && { best: merit }) };
    if (made) await this.write(made.model, made.states);
    options.onEpoch?.(record, best);
  }

  private epochRecord(metrics: Evaluation['metrics'], seconds: number): EpochRecord {
    const { trainer } = this.given;
    const { epoch, step, batch } = this.progress;
    return {
      step,
      epoch,
      trainLoss: this.means().loss,
      validationLoss: metrics.loss!,
      ...recordedOf(metrics),
      learningRate: trainer.rate(step - 1, this.course(batch)),
      imagesPerSecond: this.speed,
      seconds,
    };
  }

  private async save(): Promise<void> {
    if (!this.given.files) return;
    const { model, states } = await this.state({});
    await this.write(model, states);
  }

  private async write(model: Model, states: Model['weights']): Promise<void> {
    await this.given.files?.checkpoint({ model, states, progress: this.progress });
    this.saved = now();
    this.kept = true;
  }

  /** The model as it is now, what else its future depends on, and the weights that were judged. @throws UserError when training has diverged: nothing is written then. */
  private async state(
    metrics: Evaluation['metrics'],
  ): Promise<{ model: Model; states: Model['weights']; judged: Model['weights'] }> {
    const { plan, trainer } = this.given;
    const { weights, states, best, broken } = await trainer.state();
    const { step } = this.progress;
    if (broken)
      throw this.diverged(
        `${broken} is not finite any more after step ${step}`,
        trainer.rate(step - 1, this.course(this.batches().length)),
      );
    const { task, preprocessing, classes } = plan.config;
    const card = { format: 1, task, network: plan.network.config, preprocessing, classes, metrics } as const;
    return { model: { card, network: plan.network, weights }, states, judged: best };
  }

  private note(skipped: readonly Skipped[]): void {
    const fresh = skipped.filter(({ file }) => !this.broken.has(file));
    for (const one of fresh) this.broken.set(one.file, one);
    if (fresh.length > 0) this.given.options.onSkipped?.(fresh);
  }

  private diverged(what: string, learningRate: number): UserError {
    const { folder } = this.given;
    const kept = this.kept ? `The last good checkpoint is kept in ${folder}` : 'There is no checkpoint yet';
    return new UserError(
      `training diverged: ${what} in epoch ${this.progress.epoch}, at learning rate ${learningRate.toPrecision(3)}. ` +
        `${kept}; start again with a smaller learning rate, for example a tenth`,
    );
  }
}

/** The progress of an epoch that has not begun. */
const fresh = (epoch: number) => ({ epoch, batch: 0, loss: 0, correct: 0, images: 0 });
