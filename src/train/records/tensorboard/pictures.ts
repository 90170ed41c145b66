/** The pictures that a run's event files hold of each epoch: what the network made then. */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { type Event, EventSchema } from './proto/event_pb.js';

/** Begins with the second in which it was begun. */
export const EVENT_FILE = /^events\.out\.tfevents\.(\d+)\./;

/** Tags of what is drawn after every epoch. */
const MADE: readonly string[] = ['validation/reconstructions', 'samples'];

/** Bytes of a record, of a file that is looked through, and pictures of a run: the last ones. */
const MOST = { record: 16_000_000, file: 512_000_000, pictures: 500 };

export interface PictureEntry {
  readonly tag: string;
  /** Optimiser steps taken by then. */
  readonly step: number;
  /** By which `readPicture` finds it. */
  readonly id: string;
}

/** What there is, the earliest first. What a resumed run withdrew is left out; where a file is damaged, its rest. */
export async function listPictures(folder: string): Promise<readonly PictureEntry[]> {
  let found: PictureEntry[] = [];
  for (const { name, start } of await eventFiles(folder)) {
    for await (const { event, at } of eventsOf(join(folder, name))) {
      const step = Number(event.step);
      if (event.what.case === 'sessionLog') found = found.filter((one) => one.step < step);
      const tag = pictureIn(event)?.tag;
      if (tag !== undefined) found.push({ tag, step, id: `${start}-${at}` });
    }
  }
  return found.slice(-MOST.pictures);
}

/** A picture as PNG; undefined where there is none of that id. */
export async function readPicture(folder: string, id: string): Promise<Uint8Array | undefined> {
  const [, start, at] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
  const name = (await eventFiles(folder)).find((one) => `${one.start}` === start)?.name;
  const file = name && (await plainFile(join(folder, name)));
  if (!file) return undefined;
  try {
    const event = (await recordAt(file, Number(at)))?.event;
    return event && pictureIn(event)?.png;
  } finally {
    await file.close();
  }
}

async function eventFiles(folder: string) {
  const names = await readdir(folder).catch(() => []);
  const files = names.flatMap((name) => {
    const start = EVENT_FILE.exec(name)?.[1];
    return start === undefined ? [] : [{ name, start: Number(start) }];
  });
  return files.sort((a, b) => a.start - b.start);
}

/** No link, and nothing that would keep a reader waiting. */
const plainFile = (path: string): Promise<FileHandle | undefined> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);

function pictureIn({ what }: Event): { readonly tag: string; readonly png: Uint8Array } | undefined {
  if (what.case !== 'summary') return undefined;
  for (const { tag, value } of what.value.value)
    if (value.case === 'image' && MADE.includes(tag)) return { tag, png: value.value.encodedImageString };
  return undefined;
}

async function* eventsOf(path: string): AsyncGenerator<{ readonly event: Event; readonly at: number }> {
  const file = await plainFile(path);
  if (!file) return;
  try {
    for (let at = 0; at < MOST.file; ) {
      const record = await recordAt(file, at);
      if (!record) return;
      yield { event: record.event, at };
      at = record.end;
    }
  } finally {
    await file.close();
  }
}

/** Length in eight bytes, a sum in four, the data, and a sum in four (tf-record.ts); undefined for what is no whole record. */
async function recordAt(file: FileHandle, at: number): Promise<{ event: Event; end: number } | undefined> {
  const head = await file.read(Buffer.alloc(12), { position: at });
  if (head.bytesRead < 12) return undefined;
  const length = Number(head.buffer.readBigUInt64LE());
  if (length > MOST.record) return undefined;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length + 4), { position: at + 12 });
  if (bytesRead < length + 4) return undefined;
  try {
    return { event: fromBinary(EventSchema, buffer.subarray(0, length)), end: at + 16 + length };
  } catch {
    return undefined;
  }
}
