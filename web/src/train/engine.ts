/** ONNX Runtime's files beside the page. */
import type { EngineFiles } from '../../../src/runtime/browser/opening.js';
import type { EngineAddresses } from '../devices.js';

/** Fetches the code as bytes: servers that do not know .wasm send it with a type of which browsers complain. */
export async function fetchEngine({ module, code }: EngineAddresses): Promise<EngineFiles> {
  const answer = await fetch(code);
  if (!answer.ok) throw new Error(`${code} is missing beside this page (the server says ${answer.status})`);
  return { module, code: await answer.arrayBuffer() };
}
