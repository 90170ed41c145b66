import type { Decoded } from './pixels.js';
import type { Source } from './source.js';

/**
 * Decoded images in shared memory, so that any worker gets any of them without a copy. What came first stays: in a random
 * order every image is as likely as any other to be next, so evicting would gain nothing.
 */
export class DecodeCache {
  readonly #limit: number;
  readonly #images = new WeakMap<Source, Map<string, Decoded>>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#limit;
  }

  get(source: Source, index: number, channels: 1 | 3): Decoded | undefined {
    return this.#images.get(source)?.get(`${index}/${channels}`);
  }

  /** Keeps `image` when it fits and is the first of its kind. */
  add(source: Source, index: number, image: Decoded): void {
    const kept = this.#images.get(source) ?? new Map<string, Decoded>();
    const key = `${index}/${image.channels}`;
    if (kept.has(key) || this.#bytes + image.data.length > this.#limit) return;
    this.#images.set(source, kept.set(key, image));
    this.#bytes += image.data.length;
  }
}
