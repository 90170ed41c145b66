/** torchvision's adjust_hue, through the 8-bit hue, saturation and value of Pillow's mode HSV. */
import type { Pixels } from '../pixels.js';

/** Turns hues by a share of the circle, -0.5 to 0.5, in place; a gray image has none. */
export function hue({ data, channels }: Pixels, turn: number): void {
  if (channels === 1) return;
  const steps = Math.trunc(turn * 255);
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i] as number, data[i + 1] as number, data[i + 2] as number];
    const value = Math.max(red, green, blue);
    const spread = value - Math.min(red, green, blue);
    if (spread === 0) continue; // a gray has no saturation, and so no hue
    const saturation = Math.trunc(Math.fround(spread / value) * 255);
    const turned = (hueOf(red, green, blue, { value, spread }) + steps) & 255;
    write(data, i, { hue: turned, saturation, value });
  }
}

/** Of a colour that is no gray, 0 to 255. Single precision where Pillow has it, since what follows cuts off fractions. */
function hueOf(red: number, green: number, blue: number, { value, spread }: { value: number; spread: number }): number {
  const missing = (channel: number) => Math.fround((value - channel) / spread);
  const [r, g, b] = [missing(red), missing(green), missing(blue)];
  const sixths = Math.fround(red === value ? b - g : green === value ? 2 + r - b : 4 + g - r);
  return Math.trunc(Math.fround((sixths / 6 + 1) % 1) * 255);
}

/**
 * Where red, green and blue come from in each sixth of the circle: the value, or less by the whole saturation, by what of
 * it the hue has gone through in its sixth, or by what remains of that.
 */
const SIXTHS = [
  ['value', 'rising', 'least'],
  ['falling', 'value', 'least'],
  ['least', 'value', 'rising'],
  ['least', 'falling', 'value'],
  ['rising', 'least', 'value'],
  ['value', 'least', 'falling'],
] as const;

function write(
  data: Uint8Array,
  at: number,
  { hue, saturation, value }: { hue: number; saturation: number; value: number },
): void {
  const sixth = Math.floor((hue * 6) / 255);
  const gone = Math.fround((hue * 6) / 255 - sixth);
  const share = Math.fround(saturation / 255);
  const levels = {
    value,
    least: Math.round(value * (1 - share)),
    falling: Math.round(value * (1 - Math.fround(share * gone))),
    rising: Math.round(value * (1 - share * (1 - gone))),
  };
  const channels = SIXTHS[sixth % 6] as (typeof SIXTHS)[number];
  for (let channel = 0; channel < 3; channel++) data[at + channel] = levels[channels[channel] as keyof typeof levels];
}
