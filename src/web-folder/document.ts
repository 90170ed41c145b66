/** The page itself: what stands on it before its script runs, and what of it belongs to which task. */
import { type Html, html } from '../train/report/html.js';
import { VERSION } from '../version.js';
import type { PageDescription } from './description.js';
import { ENTRIES, SCRIPTS } from './page-scripts.js';

/** Nothing but this folder is asked for anything, whatever stands in a model's names; WebAssembly needs a word of its own. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export function documentOf(description: PageDescription): string {
  const { name, task } = description;
  const { kind, does, work } = TASKS[task];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${name} · ${kind}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="${SCRIPTS}${ENTRIES[0]}"></script>
</head>
<body>
<main class="${task}">
<header>
<p class="kind">${kind}</p>
<h1>${name}</h1>
<p class="note">${does(description)}</p>
</header>
${UNSERVED}
<div id="loading" class="loading" hidden><p id="status" role="status">Loading the network …</p><progress id="progress" max="1" value="0" aria-labelledby="status"></progress></div>
<p id="trouble" class="trouble" role="alert" hidden></p>
<div id="work" hidden>
${work(description)}
</div>
<footer><p>Everything is computed in this browser: what you show it stays here.</p><p>Made with resmirror ${VERSION}.</p></footer>
</main>
</body>
</html>
`.text;
}

/** Seen where the script does not run, above all where the page was opened as a file. */
const UNSERVED = html`<section id="unserved" class="unserved">
<h2>This page needs to be served</h2>
<p>Browsers do not run pages of this kind when they are opened as a file. Serve the folder that index.html lies in, for example with</p>
<pre><code>python3 -m http.server 8000</code></pre>
<p>or <code>npx serve</code>, and open <code>http://localhost:8000</code>. Any web space does as well. If it is served already, the browser is too old
or its scripts are switched off: it takes one of 2023 or later.</p>
</section>`;

interface TaskPage {
  readonly kind: string;
  /** What the model does, and how well. */
  readonly does: (description: PageDescription) => string;
  readonly work: (description: PageDescription) => Html;
}

const grouped = (count: number) => count.toLocaleString('en');
const counted = (count: number, one: string, many: string) => `${grouped(count)} ${count === 1 ? one : many}`;
const sides = ({ preprocessing: { size } }: PageDescription) => `${size[1]} × ${size[0]}`;
/** ` · 93.4 % right …`, where the figure is known. */
const figure = (value: number | undefined, words: (value: number) => string) =>
  value === undefined || !Number.isFinite(value) ? '' : ` · ${words(value)}`;

const TASKS: { readonly [T in PageDescription['task']]: TaskPage } = {
  classify: {
    kind: 'Image classification',
    does: ({ classes, metrics: { accuracy } }) =>
      `Knows ${counted(classes.length, 'class', 'classes')}${figure(accuracy, (share) => `right on ${(100 * share).toFixed(1)} % of images set aside in training`)}`,
    work: (description) => html`${picker()}
<div id="answer" class="answer" hidden>
<figure><canvas id="seen" role="img" aria-label="The part of the image that the network sees"></canvas><figcaption>What the network sees: ${sides(description)} pixels</figcaption></figure>
<div><p id="verdict" class="verdict" role="status"></p><ol id="classes" class="bars"></ol><p id="time" class="note"></p></div>
</div>`,
  },
  reconstruct: {
    kind: 'Image reconstruction',
    does: ({ metrics: { psnr } }) =>
      `Turns an image into a vector, and the vector into an image${figure(psnr, (decibels) => `${decibels.toFixed(1)} dB on images set aside in training`)}`,
    work: (description) => html`${picker()}
<div id="answer" class="answer" hidden>
<figure><canvas id="seen" role="img" aria-label="The part of the image that the network sees"></canvas><figcaption>What the network sees: ${sides(description)} pixels</figcaption></figure>
<figure><canvas id="made" role="img" aria-label="What the network makes of it"></canvas><figcaption>What comes back: <output id="verdict" role="status"></output></figcaption></figure>
</div>
<p id="time" class="note"></p>`,
  },
  generate: {
    kind: 'Image generation',
    does: (description) =>
      `Makes images of ${sides(description)} pixels out of ${counted(description.latent ?? 0, 'random number', 'random numbers')}${figure(description.classes.length || undefined, (count) => counted(count, 'class', 'classes'))}`,
    work: ({ classes }) => html`<div class="controls">
<label>Seed <input id="seed" type="number" min="0" max="4294967295" step="1" value="0" inputmode="numeric"></label>
<label${classes.length === 0 && html` hidden`}>Class <select id="class"><option value="">All, one after another</option>${classes.map(
      (name, i) => html`<option value="${i}">${name}</option>`,
    )}</select></label>
<button id="again" type="button" class="main">New samples</button>
<button id="save" type="button">Save as PNG</button>
</div>
<p id="verdict" class="note" role="status"></p>
<div id="samples" class="samples">${Array.from(
      { length: SAMPLES },
      (_, i) =>
        html`<button type="button" aria-pressed="false" aria-label="Sample ${i + 1}"><canvas></canvas></button>`,
    )}</div>
<section aria-labelledby="way">
<h2 id="way">From one to another</h2>
<p class="note">Choose two samples above; what lies between them is drawn as you move.</p>
<div class="way"><canvas id="from" role="img" aria-label="The first sample"></canvas><canvas id="between" role="img" aria-label="The image between"></canvas><canvas id="to" role="img" aria-label="The second sample"></canvas></div>
<input id="share" type="range" min="0" max="1" step="0.02" value="0.5" aria-label="How far from the first to the second">
<p><button id="save-one" type="button">Save the middle one</button></p>
</section>`,
  },
};

/** Samples on the page; as `resmirror generate --count 16` draws them. */
const SAMPLES = 16;

const picker = (): Html => html`<label id="drop" class="drop"><input id="file" type="file" accept="image/*">
<strong>Choose an image</strong><span id="hint" aria-live="polite">or drop one here, or paste it</span></label>`;
