/** Where networks can be computed in this browser. */
import {
  type BrowserDevice,
  type Choice,
  fastestDevice,
  openRuntime,
  type Runtime,
} from '../../src/runtime/browser/index.js';
import { engineBeside } from '../../src/web-folder/engine-names.js';

export const deviceNames: { readonly [D in BrowserDevice]: string } = { cpu: 'WebAssembly', webgpu: 'WebGPU' };

const engine = (device: BrowserDevice) => engineBeside(document.baseURI, device);

export const runtimeOn = (device: BrowserDevice): Runtime => openRuntime({ device, engine: engine(device) });

let choice: Promise<Choice<BrowserDevice>> | undefined;

/** What computes fastest here; tried once in a page. */
export function fastestHere(): Promise<Choice<BrowserDevice>> {
  choice ??= fastestDevice({ engine });
  choice.catch(() => {
    choice = undefined; // what could not be fetched may be there next time
  });
  return choice;
}
