/** `metrics.jsonl`: one line per logged step and one per epoch, in the order in which they came about. */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import type { Progress } from '../checkpoint.js';
import type { EpochRecord, StepRecord } from '../report/index.js';
import type { Recorder } from './recorder.js';

const METRICS = 'metrics.jsonl';

/** What a run has recorded. */
export interface Records {
  readonly steps: readonly StepRecord[];
  readonly epochs: readonly EpochRecord[];
}

type RecordLine = StepRecord | EpochRecord;
const isEpoch = (line: RecordLine): line is EpochRecord => 'trainLoss' in line;
const isStep = (line: RecordLine): line is StepRecord => !isEpoch(line);

export class MetricsFile implements Recorder {
  private constructor(private readonly file: FileHandle) {}

  /**
   * Opens a run's file to go on from a checkpoint, or from the start where there is none: what was recorded after it will be
   * trained again, so it is cut off.
   */
  static async open(folder: string, progress?: Progress): Promise<{ file: MetricsFile; epochs: EpochRecord[] }> {
    const lines = await linesOf(folder);
    const after = lines.findIndex(({ line }) => !isBefore(line, progress));
    const kept = after < 0 ? lines : lines.slice(0, after);
    const file = await open(join(folder, METRICS), 'a');
    await file.truncate(kept.at(-1)?.end ?? 0);
    return { file: new MetricsFile(file), epochs: kept.map(({ line }) => line).filter(isEpoch) };
  }

  step(record: StepRecord): Promise<void> {
    return this.append(record);
  }

  epoch(record: EpochRecord): Promise<void> {
    return this.append(record);
  }

  sync(): Promise<void> {
    return this.file.datasync();
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private append(line: RecordLine): Promise<void> {
    return this.file.appendFile(`${JSON.stringify(line)}\n`);
  }
}

/** An epoch's line is written before the checkpoint that says it is over; it may have the step of an earlier one. */
const isBefore = (line: RecordLine, progress: Progress | undefined): boolean =>
  progress !== undefined && (isEpoch(line) ? line.epoch < progress.epoch : line.step <= progress.step);

/** All that a run has recorded; of one that has not begun, nothing. @throws UserError for a damaged file */
export async function readRecords(folder: string): Promise<Records> {
  const lines = (await linesOf(folder)).map(({ line }) => line);
  return { steps: lines.filter(isStep), epochs: lines.filter(isEpoch) };
}

interface Line {
  readonly line: RecordLine;
  /** Bytes of the file up to its end. */
  readonly end: number;
}

/** Whole lines: the last one of a killed process, or of a run under way, may lack its end. */
async function linesOf(folder: string): Promise<readonly Line[]> {
  const path = join(folder, METRICS);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  let end = 0;
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      end += Buffer.byteLength(line) + 1;
      return { line: parsed(line, `line ${i + 1} of ${path}`), end };
    });
}

function parsed(text: string, place: string): RecordLine {
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line === 'object' && line !== null && 'epoch' in line) return line as RecordLine;
  } catch {
    // told below
  }
  throw new UserError(
    `${place} is damaged: expected the figures of a step or an epoch as JSON, got ${text.slice(0, 80)}`,
  );
}
