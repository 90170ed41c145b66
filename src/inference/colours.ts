/** Colours for numbers, of which equal steps look equal. */

export type Rgb = readonly [red: number, green: number, blue: number];

/** Linear light of a channel, 0 … 1, as sRGB bytes hold it: IEC 61966-2-1. */
const encoded = (light: number): number =>
  255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * Math.max(light, 0) ** (1 / 2.4) - 0.055);

/**
 * A colour of OKLab, whose distances are about those that eyes see: Ottosson 2020, https://bottosson.github.io/posts/oklab.
 * @param lightness 0 … 1
 * @param a from green to red, about -0.3 … 0.3
 * @param b from blue to yellow
 * @returns bytes of sRGB; outside of 0 … 255 where screens have no such colour
 */
function unclipped(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Rounding leaves a byte's worth outside. */
const isShown = (colour: Rgb): boolean => colour.every((value) => value >= -0.5 && value <= 255.5);

/** A colour of OKLab as bytes; where screens have none, the most colourful one of its lightness and hue that they have. */
export function oklab(lightness: number, a: number, b: number): Rgb {
  let [low, high] = [0, 1];
  if (isShown(unclipped(lightness, a, b))) low = 1;
  else
    for (let i = 0; i < 10; i++) {
      const middle = (low + high) / 2;
      if (isShown(unclipped(lightness, middle * a, middle * b))) low = middle;
      else high = middle;
    }
  return unclipped(lightness, low * a, low * b).map((value) => Math.min(255, Math.max(0, Math.round(value)))) as never;
}

function lch(lightness: number, chroma: number, degrees: number): Rgb {
  const angle = (degrees * Math.PI) / 180;
  return oklab(lightness, chroma * Math.cos(angle), chroma * Math.sin(angle));
}

const table = (size: number, of: (i: number) => Rgb) => Array.from({ length: size }, (_, i) => of(i));

/** From dark violet through red to light yellow: lightness rises in a straight line, hue turns by 165 degrees, the short way past red. */
const HEAT = table(256, (i) => lch(0.2 + (0.72 * i) / 255, 0.19, 305 + (165 * i) / 255));
/** From blue through near white to orange, both ends equally dark and colourful, so that neither weighs more. */
const BALANCE = table(511, (i) => {
  const strength = Math.abs(i - 255) / 255;
  return lch(0.97 - 0.4 * strength, 0.17 * strength, i < 255 ? 255 : 50);
});

/** The colour of an amount from 0 to 1. */
export const heat = (amount: number): Rgb => HEAT[Math.round(255 * Math.min(1, Math.max(0, amount)))]!;

/** The colour of a number from -1 to 1: blue below 0, orange above. */
export const balance = (amount: number): Rgb => BALANCE[255 + Math.round(255 * Math.min(1, Math.max(-1, amount)))]!;
