/** ONNX Runtime's files beside the page. */
import { UserError } from '../../../src/errors.js';
import type { EngineFiles } from '../../../src/runtime/browser/opening.js';
import type { EngineAddresses } from '../../../src/web-folder/engine-names.js';

/** Fetches the code as bytes: servers that do not know .wasm send it with a type of which browsers complain. */
export async function fetchEngine({ module, code }: EngineAddresses): Promise<EngineFiles> {
  const answer = await fetch(code).catch((error: Error) => {
    throw new UserError(`${code} could not be fetched (${error.message})`, 'no-engine');
  });
  if (!answer.ok)
    throw new UserError(`${code} is missing beside this page (the server says ${answer.status})`, 'no-engine');
  return { module, code: await answer.arrayBuffer() };
}
