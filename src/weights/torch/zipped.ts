/** PyTorch's files since 1.6: an archive of data.pkl and a record for each storage, all in one folder. */
import type { Archive } from '../archive.js';
import { type ByteSource, unreadable } from '../byte-source.js';
import { ELEMENT_BYTES } from '../stored-tensor.js';
import { MAX_PICKLE_BYTES } from './legacy.js';
import { unpickle } from './machine.js';
import { persistentIn } from './storages.js';
import type { Value } from './values.js';

const PICKLE = /^(?:[^/]+\/)?data\.pkl$/;

export const isTorchArchive = (archive: Archive): boolean => archive.names.some((name) => PICKLE.test(name));

/** The pickled object of an archive. Its tensors are read when they are asked for. */
export async function readZipped(file: ByteSource, archive: Archive): Promise<Value> {
  const fail = (reason: string, remedy?: string) => unreadable(file.name, reason, remedy);
  const name = archive.names.find((one) => PICKLE.test(one))!;
  const folder = name.slice(0, -'data.pkl'.length);
  if (archive.names.includes(`${folder}constants.pkl`))
    throw fail('it is a TorchScript program, not a checkpoint', 'Save the weights: torch.save(model.state_dict(), …).');
  const order = archive.names.includes(`${folder}byteorder`) ? await archive.record(`${folder}byteorder`) : undefined;
  if (order && new TextDecoder().decode(await order.read(0, Math.min(order.size, 8))) !== 'little')
    throw fail('its numbers are big-endian, which is not supported');
  const persistent = persistentIn(file.name, ({ key, dtype, size }) => {
    const record = `${folder}data/${key}`;
    const [bytes, needed] = [archive.sizeOf(record), size * ELEMENT_BYTES[dtype]];
    if (bytes === undefined) throw fail(`its record ${record} is missing`);
    if (bytes < needed) throw fail(`its record ${record} has ${bytes} bytes, but its tensors expect ${needed}`);
    return () => archive.record(record);
  });
  const pickle = await archive.record(name);
  if (pickle.size > MAX_PICKLE_BYTES)
    throw fail(`its pickle has ${pickle.size} bytes; the most that is read is ${MAX_PICKLE_BYTES}`);
  return unpickle(await pickle.read(0, pickle.size), { name: file.name, persistent }).value;
}
