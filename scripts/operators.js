/**
 * docs/operators.md out of the tables of the program, after `npm run build`:
 *
 *   node scripts/operators.js            writes it
 *   node scripts/operators.js --check    says whether it is as it would be written
 *
 * Which operators there are, and which have a derivative, a lowering and attributes, comes from the compiled tables; in which words, from the
 * comments above their rows. A derivative without a comment ends this.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '../build/src/autodiff/index.js';
import { blocked } from '../build/src/lower/blocked.js';
import { portable } from '../build/src/lower/portable.js';
import { webgpu } from '../build/src/lower/webgpu.js';
import { schema } from '../build/src/onnx/schema.js';
import { root } from './prepare.js';

const PAGE = 'docs/operators.md';
const read = (path) => readFileSync(join(root, path), 'utf8');

/** The comments right above a row of a table, as one text. */
function commentAbove(text, row) {
  const found = text.match(new RegExp(`((?:^ *//.*\\n)+) *${row}\\b`, 'm'));
  return found?.[1]
    .replace(/^ *\/\/ ?/gm, '')
    .trim()
    .replaceAll('\n', ' ');
}

/** The text of a doc comment. */
const plain = (comment) =>
  comment
    .replace(/^\s*\/?\*+\/?/gm, '')
    .replace(/\*\/\s*$/, '')
    .trim()
    .replace(/\s+/g, ' ');
const firstSentence = (text) => text.match(/^.*?\.(?=\s|$)/)?.[0] ?? text;

/** Operators by their headings in graph/attributes.ts, in its order, with the comment above each. */
function operators() {
  const [, body] = read('src/graph/attributes.ts').match(/^export interface Attributes \{\n([\s\S]*?)^\}/m);
  const groups = [];
  let comment = '';
  for (const line of body.split('\n')) {
    const [, heading] = line.match(/^ {2}\/\/ (.*)/) ?? [];
    const [, doc] = line.match(/^ {2}(\/\*\*.*\*\/)$/) ?? [];
    const [, op] = line.match(/^ {2}(\w+):/) ?? [];
    if (heading) groups.push({ heading, operators: [] });
    if (doc) comment = plain(doc);
    if (!op) continue;
    groups.at(-1).operators.push({ op, comment });
    comment = '';
  }
  return groups;
}

const code = (text) => `\`${text}\``;
const cell = (text) => text.replaceAll('|', '\\|');

function derivative(op) {
  const rule = rules[op];
  if (rule.none) return `none: ${rule.none}`;
  const text = commentAbove(read('src/autodiff/rules.ts'), op);
  if (!text) throw new Error(`src/autodiff/rules.ts: write the derivative of ${op} above its rule`);
  return text;
}

function attributes(op) {
  const carried = Object.entries(schema[op] ?? {});
  const one = ([name, { otherwise }]) =>
    ['number', 'string'].includes(typeof otherwise) ? `${name} = ${otherwise}` : name;
  return carried.map((entry) => code(one(entry))).join(', ');
}

/** Table of a target -> where its rows come from: a file of the name that it imports, or itself. */
const TARGETS = { portable, webgpu, blocked };

function lowering(op, target) {
  if (!Object.hasOwn(TARGETS[target], op)) return '';
  const table = `src/lower/${target}.ts`;
  const text = read(table);
  const [, name] = text.match(new RegExp(`^ {2}${op}: (\\w+),`, 'm')) ?? [];
  const [, from] = (name && text.match(new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '\\./(.*)\\.js'`))) ?? [];
  const file = from ? `src/lower/${from}.ts` : table;
  const source = read(file);
  const above =
    name &&
    source.match(new RegExp(`(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/)\\n(?:export )?(?:const|function) ${name}\\b`))?.[1];
  const words =
    commentAbove(text, op) ?? (above ? plain(above) : plain(source.match(/^\/\*\*[\s\S]*?\*\//)?.[0] ?? ''));
  return `${firstSentence(words)} ([source](../${file}))`;
}

const onnx = (op) =>
  Object.hasOwn(schema, op)
    ? `[as ONNX has it](https://onnx.ai/onnx/operators/onnx__${op}.html)`
    : 'as the operator without `Nchwc`';
const anchor = (op) => `<a id="${op.toLowerCase()}"></a>`;

function section({ heading, operators }) {
  const rows = operators.map(({ op, comment }) =>
    [`${anchor(op)}${code(op)}`, comment || onnx(op), attributes(op), derivative(op)].map(cell).join(' | '),
  );
  const title = heading[0].toUpperCase() + heading.slice(1);
  return [
    `### ${title.replace(/:.*| \(.*/, '')}`,
    '',
    'operator | meaning | attributes | derivative',
    '---|---|---|---',
    ...rows,
    '',
  ].join('\n');
}

const groups = operators();
const all = groups.flatMap(({ operators }) => operators.map(({ op }) => op));
const unknown = Object.keys(rules).filter((op) => !all.includes(op));
if (unknown.length > 0 || all.length !== Object.keys(rules).length)
  throw new Error(`graph/attributes.ts and autodiff/rules.ts do not name the same operators: ${unknown.join(', ')}`);

const lowered = all.filter((op) => Object.hasOwn(portable, op) || Object.hasOwn(webgpu, op));
const blockedOps = all.filter((op) => Object.hasOwn(blocked, op));
const link = (op) => `[${op}](#${op.toLowerCase()})`;
const written = `# Operators

What graphs are made of: ${all.length} operators, of which ${all.filter((op) => !rules[op].none).length} have a derivative. This page is written by \`node scripts/operators.js\` out of
the program's own tables; CI checks that it is current. Names and meanings are [ONNX's, opset 17](https://github.com/onnx/onnx/blob/main/docs/Operators.md)
where nothing else is said. In the derivatives L is the loss, y the output, dy = dL/dy, and so on for each input. How they were checked: every one
against finite differences on every target (\`npm test -- sweep\`).

## Operators and their derivatives

${groups.map(section).join('\n')}
## Lowerings

Before a graph runs it is rewritten for its target ([architecture](architecture.md#named-gradients)); operators that are not listed run as they are.

operator | portable: every device | webgpu, besides
---|---|---
${lowered.map((op) => [link(op), lowering(op, 'portable'), lowering(op, 'webgpu')].map(cell).join(' | ')).join('\n')}

On x86 CPUs, the targets \`blocked8\` and \`blocked16\` have ways of their own on [channels in blocks](architecture.md#blocks), where operands lie so, for:
${blockedOps.map(link).join(', ')}.
`;

const current = (() => {
  try {
    return read(PAGE);
  } catch {
    return '';
  }
})();
if (!process.argv.includes('--check')) writeFileSync(join(root, PAGE), written);
else if (current !== written) {
  console.error(`${PAGE} is not what the tables say: node scripts/operators.js writes it`);
  process.exitCode = 1;
}
