/** The engine in the thread that asks, which stands still while a network computes. */
import { answered, type Call, Calls, type Channel } from '../channel.js';
import { createEngine, type Requests } from '../engine.js';

export class SameThread implements Channel {
  private engine: Promise<Requests> | undefined;
  private readonly calls = new Calls((call, transfer) => {
    // as a message to another thread would be: memory moves, or is copied
    const sent = { ...call, request: structuredClone(call.request, { transfer }) };
    void this.answer(sent);
  });
  readonly call = this.calls.call;

  async close(): Promise<void> {
    this.calls.fail(new Error('the runtime is closed'));
    const engine = await this.engine?.catch(() => undefined); // whoever called it knows
    await engine?.end({});
  }

  private async answer(call: Call): Promise<void> {
    this.engine ??= import('onnxruntime-node').then((ort) => createEngine(ort, { fillsOutputs: true }));
    const engine = await this.engine.catch((error: Error) => this.calls.fail(error));
    if (engine) this.calls.settle(await answered(engine, call));
  }
}
