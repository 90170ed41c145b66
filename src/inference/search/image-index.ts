/** Nearest images by the vectors that a network makes of them. */
import { UserError } from '../../errors.js';

/** An image and its vector, as files of vectors hold them. */
export interface ImageVector {
  /** Its path, as it was given. */
  readonly image: string;
  /** What is on it, where that is known: the folder that it lies in. */
  readonly label: string;
  /** [d] */
  readonly vector: Float32Array;
}

/** An image that was found, and how like it is. */
export interface Neighbour {
  readonly image: string;
  readonly label: string;
  /** Its number in the index. */
  readonly index: number;
  /** Cosine of the angle between both vectors: 1 for the same direction, 0 for nothing in common. */
  readonly similarity: number;
}

/** Vectors of images, searched exactly: every vector is compared, which takes 50 ms for 100,000 of 512 numbers (docs/search.md). */
export class ImageIndex {
  /** Of length 1, [n, d]. */
  private readonly units: Float32Array;

  private constructor(
    private readonly images: readonly Pick<ImageVector, 'image' | 'label'>[],
    /** Numbers of a vector. */
    readonly dimensions: number,
    vectors: Iterable<Float32Array>,
  ) {
    this.units = new Float32Array(images.length * dimensions);
    let row = 0;
    for (const vector of vectors) this.units.set(unitOf(vector), row++ * dimensions);
  }

  /** @throws UserError for vectors of different lengths, or none */
  static of(vectors: readonly ImageVector[]): ImageIndex {
    const dimensions = vectors[0]?.vector.length ?? 0;
    if (dimensions === 0) throw new UserError('expected vectors to search among, got none');
    for (const { image, vector } of vectors) expectLength(vector, dimensions, `the vector of ${image}`);
    return new ImageIndex(
      vectors.map(({ image, label }) => ({ image, label })),
      dimensions,
      vectors.map(({ vector }) => vector),
    );
  }

  /** Images in it. */
  get length(): number {
    return this.images.length;
  }

  /** The images whose vectors point most nearly where `vector` [d] does, the nearest first. @throws UserError for one of another length */
  nearest(vector: Float32Array, { top = 5 } = {}): readonly Neighbour[] {
    expectLength(vector, this.dimensions, 'the vector that is looked for');
    const wanted = unitOf(vector);
    const found: { index: number; similarity: number }[] = [];
    for (let index = 0; index < this.images.length; index++) {
      const similarity = this.similarity(index, wanted);
      if (found.length === top && similarity <= found[top - 1]!.similarity) continue;
      const place = found.findIndex((other) => other.similarity < similarity);
      found.splice(place < 0 ? found.length : place, 0, { index, similarity });
      if (found.length > top) found.pop();
    }
    return found.map((one) => ({ ...this.images[one.index]!, ...one }));
  }

  /** u · w of vectors of length 1. Four sums at once: each addition need not wait for the one before. */
  private similarity(index: number, wanted: Float32Array): number {
    const { units, dimensions } = this;
    const even = dimensions - (dimensions % 4);
    let [a, b, c, d] = [0, 0, 0, 0];
    let at = index * dimensions;
    for (let i = 0; i < even; i += 4, at += 4) {
      a += units[at]! * wanted[i]!;
      b += units[at + 1]! * wanted[i + 1]!;
      c += units[at + 2]! * wanted[i + 2]!;
      d += units[at + 3]! * wanted[i + 3]!;
    }
    for (let i = even; i < dimensions; i++, at++) a += units[at]! * wanted[i]!;
    return a + b + (c + d);
  }
}

/** v / |v|; what has no direction, or is no number, is like nothing. */
function unitOf(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return norm > 0 && Number.isFinite(norm) ? vector.map((value) => value / norm) : new Float32Array(vector.length);
}

function expectLength(vector: Float32Array, dimensions: number, what: string): void {
  if (vector.length !== dimensions)
    throw new UserError(
      `expected vectors of ${dimensions} numbers, but ${what} has ${vector.length}: vectors of one model only can be compared`,
    );
}
