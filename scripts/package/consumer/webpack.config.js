import { fileURLToPath } from 'node:url';

export default {
  mode: 'production',
  entry: './page/main.js',
  experiments: { outputModule: true },
  output: { path: fileURLToPath(new URL('dist/webpack', import.meta.url)), filename: 'main.js', module: true },
  performance: { hints: false },
};
