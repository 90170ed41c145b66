/** Types in a page. */
import { type ClassScore, load, openRuntime, type PageModel } from 'resmirror/browser';

export async function ask(file: File): Promise<readonly ClassScore[]> {
  const runtime = openRuntime({ engine: { module: '/engine.js', code: '/engine.wasm' }, device: 'webgpu' });
  const model: PageModel = await load('/model.safetensors', { runtime });
  // @ts-expect-error a page has no files by name
  await model.classify('cat.jpg');
  return model.classify(file, { top: 3 });
}
