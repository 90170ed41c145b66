/**
 * The API reference, by TypeDoc out of the docstrings:
 *
 *   node scripts/reference.js            writes build/reference
 *   node scripts/reference.js --check    says which exports have no docstring, and which links in them lead nowhere
 *
 * Every function, class, interface, type and constant that the package exports needs one.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './prepare.js';
import { tool } from './tools.js';

const { Application, LogLevel, ReflectionKind } = await import(pathToFileURL(tool('typedoc/dist/index.js')).href);
const app = await Application.bootstrap({
  options: join(root, 'tools/reference/typedoc.json'),
  logLevel: LogLevel.Error,
});
const project = await app.convert();
if (!project || app.logger.hasErrors()) process.exit(1);

const isDescribed = ({ comment, signatures }) =>
  [comment, ...(signatures ?? []).map((signature) => signature.comment)].some((one) => one?.hasVisibleComponent());
const SETS = ReflectionKind.Project | ReflectionKind.Module | ReflectionKind.Namespace;

/** What is exported under a module or a namespace; another name of the same thing is described where that is. */
function* exportsOf(set) {
  for (const one of set.children ?? []) {
    if (one.kindOf(ReflectionKind.Reference)) continue;
    yield one;
    if (one.kindOf(SETS)) yield* exportsOf(one);
  }
}

const all = [...exportsOf(project)].filter((one) => !one.kindOf(ReflectionKind.Module));
const bare = all.filter((one) => !isDescribed(one));
for (const one of bare)
  console.error(`${one.getFullName()}: write a docstring (${ReflectionKind.singularString(one.kind)})`);
const isChecking = process.argv.includes('--check');
console.log(`${all.length} exports, ${bare.length} without a docstring`);
// so far it has warned that a property of several types has several docstrings, which they may
app.logger.resetWarnings();
app.logger.level = LogLevel.Warn;
app.validate(project);
if (!isChecking) await app.generateOutputs(project);
if (!isChecking) console.log('build/reference/index.html');
if (bare.length > 0 || app.logger.hasWarnings() || app.logger.hasErrors()) process.exitCode = 1;
