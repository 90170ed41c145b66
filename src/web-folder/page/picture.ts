/** Pixels on canvases, and canvases as files. */
import type { Pixels } from '../../data/pixels.js';
import type { PageDescription } from '../description.js';

/** Pictures below this side show their pixels as squares; larger ones look better smooth. */
const SMALL = 128;

/** Draws an image of a model [h, w, c]. */
export function draw(canvas: HTMLCanvasElement, data: Uint8Array, { preprocessing }: PageDescription): void {
  const { size, channels } = preprocessing;
  drawPixels(canvas, { data, height: size[0], width: size[1], channels });
}

/** Draws pixels, one canvas pixel each. */
export function drawPixels(canvas: HTMLCanvasElement, { data: pixels, height, width, channels }: Pixels): void {
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[i * channels + (channels === 3 ? c : 0)]!;
    image.data[4 * i + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.classList.toggle('small', Math.min(width, height) < SMALL);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** Small pictures are enlarged to about this many pixels, each pixel a square. */
const SIDE = 96;
const GAP = 10;

/** Pictures of one size side by side, on white. */
export function gridOf(pictures: readonly HTMLCanvasElement[], across: number): HTMLCanvasElement {
  const { width, height } = pictures[0]!;
  const zoom = Math.max(1, Math.round(SIDE / Math.max(width, height)));
  const [wide, high] = [width * zoom + GAP, height * zoom + GAP];
  const grid = document.createElement('canvas');
  grid.width = across * wide + GAP;
  grid.height = Math.ceil(pictures.length / across) * high + GAP;
  const context = grid.getContext('2d')!;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, grid.width, grid.height);
  context.imageSmoothingEnabled = false;
  for (const [i, picture] of pictures.entries())
    context.drawImage(
      picture,
      GAP + (i % across) * wide,
      GAP + Math.floor(i / across) * high,
      width * zoom,
      height * zoom,
    );
  return grid;
}

/** Hands a picture to the browser as a PNG file to keep. */
export async function download(canvas: HTMLCanvasElement, name: string): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('the browser made no PNG');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
