/**
 * The picture of docs/architecture.md, from the rows below; each room imports only rooms of rows below its own.
 *
 *   node scripts/architecture.js            writes docs/architecture.svg
 *   node scripts/architecture.js --check    fails when that file is another, or a folder of src/ is in no row
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.js';

const TOP = 'top';
const MIDDLE = 'mid';
const BASE = 'base';

/** From the highest: how its rooms are coloured, and what is said of each. */
const rows = [
  [TOP, { web: 'the page: what of the rooms below runs in browsers, and no more' }],
  [
    TOP,
    {
      cli: 'one file per command',
      serve: 'models behind HTTP',
      'web-folder': 'a model and its page',
      browser: 'what pages import',
      eager: 'networks as functions',
    },
  ],
  [MIDDLE, { train: 'tasks, loop, checkpoints, report', quantize: '8-bit numbers' }],
  [
    MIDDLE,
    {
      inference: 'classes, vectors, images, search',
      distributed: 'means over processes',
      optim: 'losses, optimisers, step',
    },
  ],
  [MIDDLE, { weights: "model files, other programs' files", runtime: 'a worker thread: node/, browser/' }],
  [MIDDLE, { models: 'ResNet and its mirror', lower: 'what → how, per target', onnx: 'graph ↔ ModelProto' }],
  [MIDDLE, { nn: 'layers, initialisers', autodiff: 'one derivative per operator', data: 'decode, augment, batch' }],
  [
    BASE,
    {
      graph: 'values, operators, shape rules',
      random: 'addressed streams',
      communicator: 'one process, or MPI',
    },
  ],
];

const WIDTH = 900;
const [MARGIN, GAP, HEIGHT, HEAD] = [20, 14, 66, 58];
const height = HEAD + rows.length * (HEIGHT + GAP) - GAP + MARGIN;

function room([name, what], { left, top, width, colour }) {
  const middle = left + width / 2;
  return (
    `<g><rect class="${colour}" x="${left}" y="${top}" width="${width}" height="${HEIGHT}" rx="8"/>` +
    `<text class="n" x="${middle}" y="${top + 29}">${name}/</text><text class="t" x="${middle}" y="${top + 50}">${what}</text></g>`
  );
}

function row([colour, rooms], number) {
  const all = Object.entries(rooms);
  const width = (WIDTH - 2 * MARGIN - (all.length - 1) * GAP) / all.length;
  const top = HEAD + number * (HEIGHT + GAP);
  return all.map((one, i) => room(one, { left: MARGIN + i * (width + GAP), top, width, colour }));
}

const svg = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Rooms of the source: each imports only rooms below it">`,
  '<style>',
  'text{font-family:system-ui,sans-serif;text-anchor:middle;fill:#1c2733}',
  '.h{font-size:15px;fill:#5a6b7b}.n{font-size:18px;font-weight:600}.t{font-size:13px;fill:#46566a}',
  'rect{stroke:#9fb3c8;stroke-width:1.2}.bg{fill:#fff;stroke:none}.base{fill:#dcebdc}.mid{fill:#e8eff7}.top{fill:#f7ecdc}',
  '</style>',
  `<rect class="bg" width="${WIDTH}" height="${height}"/>`,
  `<text class="h" x="${WIDTH / 2}" y="34">Every room imports only rooms below it; the table says which.</text>`,
  ...rows.flatMap(row),
  '</svg>',
  '',
].join('\n');

const file = join(root, 'docs/architecture.svg');
if (!process.argv.includes('--check')) writeFileSync(file, svg);
else {
  const drawn = rows.flatMap(([, rooms]) => Object.keys(rooms));
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const forgotten = folders.map(({ name }) => name).filter((name) => !drawn.includes(name));
  if (forgotten.length > 0) throw new Error(`no row has ${forgotten.join(', ')}: add it in scripts/architecture.js`);
  if (readFileSync(file, 'utf8') !== svg)
    throw new Error('docs/architecture.svg is another: node scripts/architecture.js');
}
