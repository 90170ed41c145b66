// Overwrites one file without end, to be killed by safetensors.test.ts. Every version has all its elements equal to its number.
// A line on standard output says that the file exists.

import { writeSafetensors } from '../../src/weights/safetensors-file.js';

const ELEMENTS = 100_000;

for (let version = 0; ; version++) {
  const tensors = ['a', 'b', 'c'].map(
    (name) => [name, { dtype: 'float32', shape: [ELEMENTS], data: new Float32Array(ELEMENTS).fill(version) }] as const,
  );
  await writeSafetensors(process.argv[2]!, { metadata: { version: String(version) }, tensors });
  if (version === 0) console.log('written');
}
