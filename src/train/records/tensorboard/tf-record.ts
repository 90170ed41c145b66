import { crc32c } from './crc32c.js';

/** Sums of data that holds sums itself are masked: tensorflow/core/lib/hash/crc32c.h. */
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

/** A record as TFRecord files hold it: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details */
export function tfRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(masked(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(masked(data), 12 + data.length);
  return record;
}
