/** webpack by its own interface, in the folder where this is started: its command line is another package. */
import { pathToFileURL } from 'node:url';
import { tool } from '../tools.js';

const { default: webpack } = await import(pathToFileURL(tool('webpack/lib/index.js')).href);
const { default: config } = await import(pathToFileURL('webpack.config.js').href);
webpack({ ...config, context: process.cwd() }, (error, stats) => {
  if (!error && !stats.hasErrors() && !stats.hasWarnings()) return;
  console.error(error ?? stats.toString({ all: false, errors: true, warnings: true }));
  process.exitCode = 1;
});
