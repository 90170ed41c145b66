/** Messages measured before they become objects: one of 16 MB could be eight million of them, and keep the server busy for seconds. */
import type { DescMessage } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { excessOf, type Most } from '../../../excess.js';

/** Some tens are usual: inputs, outputs, parameters, shapes. */
const MOST: Most = { objects: 10_000, levels: 8 };
/** Before each message: whether it is compressed, and its length in four bytes. */
const ENVELOPE = 5;

/**
 * The same bytes, once all are there. What is longer than the limit passes as it comes, for whoever reads it to refuse by its length.
 * @throws ConnectError for more objects than any request has
 */
export async function* measured(
  body: AsyncIterable<Uint8Array>,
  { message, limit }: { readonly message: DescMessage; readonly limit: number },
): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit + ENVELOPE) yield* chunks.splice(0);
  }
  if (length > limit + ENVELOPE) return;
  const whole = Buffer.concat(chunks);
  for (let at = 0; at + ENVELOPE <= whole.length; ) {
    const end = at + ENVELOPE + whole.readUInt32BE(at + 1);
    refuseExcess(whole.subarray(at + ENVELOPE, end), message);
    at = end;
  }
  yield whole;
}

function refuseExcess(bytes: Uint8Array, message: DescMessage): void {
  if (excess(bytes, message))
    throw new ConnectError(`expected at most ${MOST.objects} parts of a message, got more`, Code.ResourceExhausted);
}

function excess(bytes: Uint8Array, message: DescMessage): boolean {
  try {
    return excessOf(bytes, message, MOST) !== undefined;
  } catch {
    return false; // cut off or no protobuf: reading it says so
  }
}
