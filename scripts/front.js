/**
 * The README's picture, from a run of the demonstration, with Debian's Chromium:
 *
 *   node scripts/front.js runs/demo-1
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from './prepare.js';

const [demo] = process.argv.slice(2);
if (!demo) {
  console.error('expected the folder of a demonstration, such as runs/demo-1, which npm start makes');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'resmirror-front-'));
const page = join(folder, 'front.html');
const file = (...path) => `file://${resolve(demo, ...path)}`;
writeFileSync(
  page,
  `<!doctype html><style>
  body { margin: 0; padding: 24px; display: flex; gap: 28px; background: #fff; font: 18px system-ui, sans-serif; color: #555 }
  div { width: 560px; height: 586px; overflow: hidden; border: 1px solid #ddd; border-radius: 8px }
  iframe { width: 1120px; height: 1172px; border: 0; transform: scale(.5); transform-origin: 0 0 }
  figure { margin: auto } img { width: 530px } figcaption { text-align: center; margin-top: 16px }
  </style><div><iframe src="${file('classifier', 'report.html')}"></iframe></div>
  <figure><img src="${file('reconstructions.png')}"><figcaption>Images, and what comes back through 128 numbers</figcaption></figure>`,
);
const { status } = spawnSync(
  'chromium',
  [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--hide-scrollbars', '--window-size=1190,640'],
    ...[`--user-data-dir=${folder}`, `--screenshot=${join(root, 'docs', 'front.png')}`, `file://${page}`],
  ],
  { stdio: 'ignore' },
);
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
