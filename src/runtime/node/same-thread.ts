/** The engine in the thread that asks, which stands still while a network computes. */
import { answered, Calls, type Channel } from '../channel.js';
import { createEngine, type Requests } from '../engine.js';

export class SameThread implements Channel {
  private readonly engine: Promise<Requests> = import('onnxruntime-node').then((ort) =>
    createEngine(ort, { fillsOutputs: true }),
  );
  private readonly calls = new Calls((call, transfer) => {
    // as a message to another thread would be: memory moves, or is copied
    const sent = { ...call, request: structuredClone(call.request, { transfer }) };
    void this.answer(sent);
  });
  readonly call = this.calls.call;

  async close(): Promise<void> {
    this.calls.fail(new Error('the runtime is closed'));
    await (await this.engine).end({});
  }

  private async answer(call: Parameters<typeof answered>[1]): Promise<void> {
    const engine = await this.engine.catch((error: Error) => this.calls.fail(error));
    if (engine) this.calls.settle(await answered(engine, call));
  }
}
