/** Shears, shifts and rotations by the nearest pixel, with black from outside. All work in place. */
import type { Pixels } from '../pixels.js';

/** Where a pixel of the result comes from: x' = a x + b y + c, y' = d x + e y + f. */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Pillow counts places in 65536ths of a pixel. */
const BITS = 16;
const fixed = (x: number): number => Math.floor(x * 2 ** BITS + 0.5);

/** Pillow's Image.transform, nearest: centres of pixels are mapped, in fixed-point steps along rows and columns. */
function transform({ data, height, width, channels }: Pixels, [a, b, c, d, e, f]: Matrix): void {
  const original = new Uint8Array(data); // a Buffer's slice would be no copy
  const across = { x: fixed(a), y: fixed(d) };
  const down = { x: fixed(b), y: fixed(e) };
  const start = { x: fixed(c + a * 0.5 + b * 0.5), y: fixed(f + d * 0.5 + e * 0.5) };
  for (let row = 0, to = 0; row < height; row++) {
    let x = start.x + row * down.x;
    let y = start.y + row * down.y;
    for (let column = 0; column < width; column++, x += across.x, y += across.y) {
      const fromColumn = x >> BITS;
      const fromRow = y >> BITS;
      const inside = fromColumn >= 0 && fromColumn < width && fromRow >= 0 && fromRow < height;
      const from = (fromRow * width + fromColumn) * channels;
      for (let channel = 0; channel < channels; channel++)
        data[to++] = inside ? (original[from + channel] as number) : 0;
    }
  }
}

/** torchvision's ShearX: each row moves left by `slope` of its distance from the top. */
export const shearX = (image: Pixels, slope: number) => transform(image, [1, slope, 0, 0, 1, 0]);

/** torchvision's ShearY: each column moves up by `slope` of its distance from the left. */
export const shearY = (image: Pixels, slope: number) => transform(image, [1, 0, 0, slope, 1, 0]);

/** torchvision's TranslateX: to the right, in whole pixels. */
export const translateX = (image: Pixels, pixels: number) => transform(image, [1, 0, -Math.trunc(pixels), 0, 1, 0]);

/** torchvision's TranslateY: downwards, in whole pixels. */
export const translateY = (image: Pixels, pixels: number) => transform(image, [1, 0, 0, 0, 1, -Math.trunc(pixels)]);

/** torchvision's rotate: around the middle, counter-clockwise. */
export function rotate(image: Pixels, degrees: number): void {
  const radians = (-degrees * Math.PI) / 180;
  // as Pillow rounds them: quarter turns become exact
  const [cosine, sine] = [Math.cos(radians), Math.sin(radians)].map((x) => Number(x.toFixed(15))) as [number, number];
  const [x, y] = [image.width / 2, image.height / 2];
  transform(image, [cosine, sine, x - cosine * x - sine * y, -sine, cosine, y + sine * x - cosine * y]);
}
