/** Pictures of different sizes in rows, all shown equally large. */
import type { Picture } from './pair-grid.js';

/** Longest side of a cell, and the space between cells and between groups of rows. */
const [SIDE, NEAR, APART] = [96, 4, 16];
const BACKGROUND = 255;

/** A cell that stays empty. */
export const NOTHING: Picture = { data: Uint8Array.of(BACKGROUND), height: 1, width: 1, channels: 1 };

/** Groups of rows of pictures, as RGB pixels. Small pictures are enlarged, each pixel a square; large ones are averaged. */
export function contactSheet(groups: readonly (readonly (readonly Picture[])[])[], side = SIDE): Picture {
  const fitted = groups.map((rows) => rows.map((row) => row.map((picture) => fit(picture, side))));
  const rowHeight = (row: readonly Picture[]) => Math.max(...row.map(({ height }) => height));
  const rowWidth = (row: readonly Picture[]) => row.reduce((sum, { width }) => sum + width + NEAR, -NEAR);
  const rows = fitted.flat();
  const width = 2 * APART + Math.max(...rows.map(rowWidth));
  const height = rows.reduce((sum, row) => sum + rowHeight(row) + NEAR, 0) + fitted.length * (APART - NEAR) + APART;
  const canvas = { width, height, channels: 3 as const, data: new Uint8Array(width * height * 3).fill(BACKGROUND) };
  let top = APART;
  for (const group of fitted) {
    for (const row of group) {
      let left = APART;
      for (const picture of row) {
        paste(canvas, picture, left, top);
        left += picture.width + NEAR;
      }
      top += rowHeight(row) + NEAR;
    }
    top += APART - NEAR;
  }
  return canvas;
}

/** As RGB, its longest side of this length. Each pixel is the mean of those that it covers, or a part of one. */
function fit({ data, height, width, channels }: Picture, side: number): Picture {
  const scale = side / Math.max(height, width);
  const size = { height: Math.max(1, Math.round(height * scale)), width: Math.max(1, Math.round(width * scale)) };
  const made = new Uint8Array(size.height * size.width * 3);
  const covered = (i: number, from: number, to: number) => {
    const first = Math.min(from - 1, Math.floor((i * from) / to));
    return [first, Math.max(first + 1, Math.floor(((i + 1) * from) / to))] as const;
  };
  for (let y = 0, at = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) {
      const [top, bottom] = covered(y, height, size.height);
      const [left, right] = covered(x, width, size.width);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let v = top; v < bottom; v++)
          for (let u = left; u < right; u++) sum += data[(v * width + u) * channels + (channels === 3 ? c : 0)]!;
        made[at++] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
  return { ...size, channels: 3, data: made };
}

function paste(canvas: Picture, { data, height, width }: Picture, left: number, top: number): void {
  for (let y = 0; y < height; y++)
    canvas.data.set(data.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * canvas.width + left) * 3);
}
