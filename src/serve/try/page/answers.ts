/** What a model said, as something to look at. */
import { made } from './elements.js';

export interface Result {
  readonly classes?: readonly { readonly label: string; readonly probability: number }[];
  readonly vector?: readonly number[];
  readonly method?: string;
  readonly label?: string;
  readonly class?: string;
  readonly probability?: number;
  readonly type?: string;
  readonly image?: string;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
/** Pictures of fewer pixels are shown pixel by pixel. */
const SMALL = 96;

function picture(src: string, caption: string, alt: string): HTMLElement {
  const image = made('img', { src, alt });
  image.addEventListener('load', () => image.classList.toggle('small', image.naturalWidth < SMALL));
  return made('figure', {}, image, made('figcaption', { textContent: caption }));
}

/** The image that was sent. */
export const asked = (url: string): HTMLElement => picture(url, 'The image as it was sent', 'The image that was sent');

function bars(classes: NonNullable<Result['classes']>): HTMLElement {
  const rows = classes.map(({ label, probability }) => {
    const row = made(
      'li',
      {},
      made('span', { textContent: label, title: label }),
      made('span', { textContent: percent(probability) }),
    );
    row.style.setProperty('--share', `${probability}`);
    return row;
  });
  const [best] = classes;
  const verdict = made('p', { className: 'verdict', textContent: `${best!.label}, ${percent(best!.probability)}` });
  return made('div', { className: 'said' }, verdict, made('ol', { className: 'bars' }, ...rows));
}

const SVG = 'http://www.w3.org/2000/svg';

function chart(vector: readonly number[]): HTMLElement {
  const most = Math.max(...vector.map(Math.abs), Number.MIN_VALUE);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 -1 ${vector.length} 2`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${vector.length} numbers`);
  for (const [i, value] of vector.entries()) {
    const bar = document.createElementNS(SVG, 'rect');
    const [x, y, width, height] = [i, Math.min(0, -value / most), 0.9, Math.abs(value) / most];
    for (const [name, number] of Object.entries({ x, y, width, height })) bar.setAttribute(name, `${number}`);
    svg.append(bar);
  }
  const figures = `${vector.length} numbers from ${Math.min(...vector).toPrecision(3)} to ${Math.max(...vector).toPrecision(3)}`;
  const note = made('p', { className: 'note', textContent: figures });
  const box = made('div', { className: 'vector' });
  box.append(svg);
  return made('div', { className: 'said' }, box, note);
}

/** @param verb what was asked */
export function shown(
  verb: string,
  { classes, vector, method, label, probability, class: of, type, image }: Result,
): HTMLElement {
  if (classes) return bars(classes);
  if (vector) return chart(vector);
  const caption = label === undefined ? (of ?? method ?? '') : `${label}, ${percent(probability ?? 0)}`;
  const figure = picture(`data:${type};base64,${image}`, caption, caption || verb);
  if (verb === 'generate') figure.className = 'made';
  return figure;
}
