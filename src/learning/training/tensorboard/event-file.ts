import { crc32c } from './crc32c.ts';

/** A number that TensorBoard draws as a point of a curve. */
export interface ScalarEvent {
  /** The curve's name. */
  readonly tag: string;
  /** Where it is on the horizontal axis, from 0. */
  readonly step: number;
  readonly value: number;
}

/**
 * The bytes of an event file of TensorBoard: TFRecords of `tensorflow.Event` messages (event.proto and summary.proto of
 * TensorBoard, of which only the fields for scalars are written). Their wall time is left at 0, so that the same numbers give
 * the same bytes.
 */
export function eventFile(scalars: readonly ScalarEvent[]): Buffer {
  const version = field(3, Buffer.from('brain.Event:2'));
  const events = scalars.map(({ tag, step, value }) => {
    const point = Buffer.concat([field(1, Buffer.from(tag)), Buffer.of((2 << 3) | 5), float32(value)]);
    return Buffer.concat([Buffer.of(2 << 3), varint(step), field(5, field(1, point))]);
  });
  return Buffer.concat([version, ...events].map(record));
}

/** A TFRecord: length, its checksum, the data, its checksum; little-endian. */
function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, maskedChecksum(length), data, maskedChecksum(data)]);
}

/** Turned and shifted, so that the checksum of data that holds checksums is a good one, too. */
function maskedChecksum(data: Buffer): Buffer {
  const crc = crc32c(data);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

/** A protobuf field of bytes, after https://protobuf.dev/programming-guides/encoding; the number below 16. */
const field = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2), varint(bytes.length), bytes]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Buffer.of(...bytes, left);
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}
