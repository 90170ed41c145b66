/** A network as a picture: above, what the data become from stage to stage; below each, the layers that make it so. */
import type { Block, DrawnOp, Outline, Part, Section, Unit } from '../../models/index.js';
import { type Html, html, raw } from './html.js';
import { solid } from './network-solid.js';

/** Units of the drawing, about pixels. */
const BOX = { width: 150, height: 24, gap: 12 } as const;
/** Room for a shortcut that is a line, and for one that has boxes of its own. */
const LANE = { line: 26, boxes: BOX.width + 14 } as const;
const PAD = 10;
const GAP = 34;
const EDGE = 28;
/** Height of the row of cuboids, of the labels below it, and of the title above. */
const [CUBOIDS, LABELS, TITLE] = [130, 46, 56];

const STYLE = `
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:#171a1f}
.title{font-size:17px;font-weight:600}.soft{fill:#5a6370}.name{font-weight:600}.middle{text-anchor:middle}.end{text-anchor:end}
.paper{fill:#fff}.frame{fill:#f5f6f8;stroke:#e1e4e9}.unit{stroke-width:1}
.conv{fill:#dce8f7;stroke:#8fb2dd}.deconv{fill:#fbe5d3;stroke:#e3a878}.dense{fill:#dcf0e2;stroke:#8cc3a0}.pool{fill:#eceef1;stroke:#b4bbc6}.move{fill:#ece3f5;stroke:#b79fd2}
.line{fill:none;stroke:#5a6370;stroke-width:1.3}.dashed{stroke-dasharray:4 3}.tip{fill:#5a6370}.sum{fill:#fff;stroke:#5a6370;stroke-width:1.3}
.front{fill:#cfdff2}.side{fill:#a9c4e4}.top{fill:#e4eefa}.front,.side,.top{stroke:#6f97c8;stroke-linejoin:round}.vector{fill:#bfe3cb;stroke:#6fb087}
`;

/** How operators are called in boxes, and the colour of these. */
const KINDS: { readonly [K in DrawnOp]: readonly [word: string, colour: string] } = {
  AveragePool: ['average pool', 'pool'],
  Conv: ['conv', 'conv'],
  ConvTranspose: ['deconv', 'deconv'],
  DepthToSpace: ['pixel shuffle', 'move'],
  Gemm: ['dense', 'dense'],
  GlobalAveragePool: ['average pool', 'pool'],
  MatMul: ['dense', 'dense'],
  MaxPool: ['max pool', 'pool'],
  Resize: ['nearest', 'move'],
};
const GROWS: ReadonlySet<DrawnOp> = new Set(['ConvTranspose', 'DepthToSpace', 'Resize']);

/** `3×3 conv, 64, /2` as in the paper's figure 3; `×2` where images grow, `C=32` of groups as in ResNeXt's table 1. */
function wordsFor({ op, kernel, groups, factor, output }: Unit): string {
  const [word, colour] = KINDS[op];
  const counts = colour === 'conv' || colour === 'deconv' || colour === 'dense';
  const parts = [
    [kernel?.join('×'), word].filter(Boolean).join(' '),
    counts ? `${output[0]}` : '',
    groups ? `C=${groups}` : '',
    factor > 1 ? `${GROWS.has(op) ? '×' : '/'}${factor}` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

/** Something drawn from its top at y = 0, with x = 0 in the middle of the way that data take through it. */
interface Drawn {
  readonly left: number;
  readonly right: number;
  readonly height: number;
  readonly picture: Html;
}

const moved = (x: number, y: number, picture: Html): Html => html`<g transform="translate(${x} ${y})">${picture}</g>`;

const line = (path: string, kind = ''): Html => html`<path class="line ${kind}" d="${path}"/>`;
const tip = (x: number, y: number): Html =>
  html`<path class="tip" d="M${x - 3.5} ${y - 6}L${x} ${y}L${x + 3.5} ${y - 6}Z"/>`;

function unit(one: Unit): Drawn {
  const [, colour] = KINDS[one.op];
  const { width, height } = BOX;
  const words = wordsFor(one);
  const small = words.length > 22 && html` style="font-size:9.5px"`; // else they would be wider than the box
  return {
    left: width / 2,
    right: width / 2,
    height,
    picture: html`<rect class="unit ${colour}" x="${-width / 2}" y="0" width="${width}" height="${height}" rx="4"/><text class="middle" x="0" y="${height / 2 + 4}"${small}>${words}</text>`,
  };
}

/** One below the other, joined by arrows. */
function stacked(parts: readonly Part[]): Drawn {
  const drawn = parts.map(part);
  let height = 0;
  const pictures = drawn.map((one, i) => {
    const at = height;
    height += one.height + (i < drawn.length - 1 ? BOX.gap : 0);
    const arrow = i > 0 && html`${line(`M0 ${at - BOX.gap}V${at - 3}`)}${tip(0, at)}`;
    return html`${arrow}${moved(0, at, one.picture)}`;
  });
  return {
    left: Math.max(0, ...drawn.map(({ left }) => left)),
    right: Math.max(0, ...drawn.map(({ right }) => right)),
    height,
    picture: html`${pictures}`,
  };
}

const RADIUS = 7;

/** What a circle holds where branches end. */
const JOINS: { readonly [J in Block['join']]: string } = {
  sum: 'M-3.5 0H3.5M0 -3.5V3.5',
  product: 'M-2.5 -2.5L2.5 2.5M-2.5 2.5L2.5 -2.5',
};

/** Branches beside each other, from a fork above to a sum or product below. */
function block({ branches, join }: Block): Drawn {
  const [main, ...shortcuts] = branches.map(({ parts, kind }) => ({ kind, drawn: stacked(parts) }));
  const longest = Math.max(BOX.height, ...branches.map((_, i) => (i === 0 ? main! : shortcuts[i - 1]!).drawn.height));
  const [fork, sum] = [8, 8 + BOX.gap + longest + BOX.gap + RADIUS];
  let right = main!.drawn.right;
  const beside = shortcuts.map(({ kind, drawn }) => {
    const own = drawn.height > 0;
    const x = right + (own ? LANE.boxes - BOX.width + drawn.left : LANE.line - 10);
    right = x + (own ? drawn.right : 0);
    const top = fork + BOX.gap + (longest - drawn.height) / 2;
    const ways = own
      ? html`${line(`M0 ${fork}H${x}V${top - 3}`)}${tip(x, top)}${line(`M${x} ${top + drawn.height}V${sum}H${RADIUS + 5}`)}`
      : line(
          `M0 ${fork}H${x - 6}Q${x} ${fork} ${x} ${fork + 6}V${sum - 6}Q${x} ${sum} ${x - 6} ${sum}H${RADIUS + 5}`,
          kind === 'padded' ? 'dashed' : '',
        );
    return html`${ways}<path class="tip" d="M${RADIUS + 6} ${sum - 3.5}L${RADIUS} ${sum}L${RADIUS + 6} ${sum + 3.5}Z"/>${moved(x, top, drawn.picture)}`;
  });
  const start = fork + BOX.gap;
  const end = start + main!.drawn.height;
  return {
    left: main!.drawn.left,
    right,
    height: sum + RADIUS,
    picture: html`${line(`M0 0V${start - 3}`)}${tip(0, start)}${moved(0, start, main!.drawn.picture)}${line(`M0 ${end}V${sum - RADIUS - 3}`)}${tip(0, sum - RADIUS)}${beside}
<circle class="sum" cx="0" cy="${sum}" r="${RADIUS}"/>${moved(0, sum, line(JOINS[join]))}`,
  };
}

const part = (one: Part): Drawn => (one.kind === 'unit' ? unit(one) : block(one));

/** Blocks in frames, with how many there are of each. */
function framed({ part: one, times }: Section['parts'][number]): Drawn {
  const inside = part(one);
  if (one.kind === 'unit') return inside;
  const [left, right, height] = [inside.left + PAD, inside.right + PAD, inside.height + PAD];
  return {
    left,
    right,
    height,
    picture: html`<rect class="frame" x="${-left}" y="0" width="${left + right}" height="${height}" rx="8"/>${moved(0, 0, inside.picture)}${
      times > 1 && html`<text class="name" x="${-left + 10}" y="${height - 10}">× ${times}</text>`
    }`,
  };
}

function column({ parts }: Section): Drawn {
  const drawn = parts.map(framed);
  let height = 0;
  const pictures = drawn.map((one, i) => {
    const at = height;
    height += one.height + BOX.gap;
    return html`${i > 0 && html`${line(`M0 ${at - BOX.gap}V${at - 3}`)}${tip(0, at)}`}${moved(0, at, one.picture)}`;
  });
  return {
    left: Math.max(...drawn.map(({ left }) => left)),
    right: Math.max(...drawn.map(({ right }) => right)),
    height: height - BOX.gap,
    picture: html`${pictures}`,
  };
}

const shapeWords = (shape: readonly number[]): string => shape.join(' × ');

/** The picture as an SVG file of its own. */
export function drawNetwork({ name, input, sections }: Outline): string {
  const largest = Math.max(1, ...[input, ...sections.map(({ output }) => output)].flatMap((shape) => shape.slice(1)));
  const middle = TITLE + CUBOIDS / 2;
  const top = TITLE + CUBOIDS + LABELS;
  const stations = [
    { name: 'input', shape: input, column: undefined },
    ...sections.map((section, i) => ({
      name: section.name || (i === sections.length - 1 ? 'output' : ''),
      shape: section.output,
      column: column(section),
    })),
  ];
  let [x, height] = [EDGE, top];
  let tail: number | undefined;
  const pictures = stations.map(({ name: own, shape, column: layers }) => {
    const made = solid(shape, largest);
    const half = Math.max(made.width / 2, 3.4 * shapeWords(shape).length, 3.6 * own.length);
    const [left, right] = [Math.max(half, layers?.left ?? 0), Math.max(half, layers?.right ?? 0)];
    // data stand above the middle of all their layers, shortcuts with them
    const axis = x + left;
    const centre = x + (left + right) / 2;
    const way = tail !== undefined && arrow(tail, centre - made.width / 2 - 8, middle);
    tail = centre + made.width / 2 + 8;
    x += left + right + GAP;
    height = Math.max(height, top + (layers?.height ?? 0));
    return html`${way}${moved(centre, middle, made.picture)}
<text class="middle name" x="${centre}" y="${top - LABELS + 12}">${own}</text><text class="middle soft" x="${centre}" y="${top - LABELS + 28}">${shapeWords(shape)}</text>
${layers && moved(axis, top, layers.picture)}`;
  });
  const size = { width: Math.ceil(x - GAP + EDGE), height: Math.ceil(height + EDGE) };
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${spoken({ name, input, sections })}">
<style>${raw(STYLE)}</style><rect class="paper" width="${size.width}" height="${size.height}"/>
<text class="title" x="${EDGE}" y="${EDGE + 6}">${name}</text><text class="soft" x="${EDGE}" y="${EDGE + 25}">Norms and activations are left out.${
    /"padded"/.test(JSON.stringify(sections)) && ' Dashed shortcuts are padded with zeros.'
  }</text>
${pictures}</svg>
`.text;
}

const arrow = (from: number, to: number, y: number): Html =>
  html`${line(`M${from} ${y}H${to - 3}`)}<path class="tip" d="M${to - 6} ${y - 3.5}L${to} ${y}L${to - 6} ${y + 3.5}Z"/>`;

const spoken = ({ name, input, sections }: Outline): string =>
  `${name}: from ${shapeWords(input)} by way of ${sections.map(({ output }) => shapeWords(output)).join(', ')}`;
