import { message } from '../../backend/lowering/protobuf.ts';
import type { History } from './history.ts';
import { trainSplit } from './splits.ts';

/**
 * Event files by their path in a log folder: a run for each split, so that their curves share
 * panels; steps are epochs.
 */
export function historyEvents({ splits, epochs }: History): ReadonlyMap<string, Buffer> {
  const runs = [...new Set([trainSplit, ...splits])];
  return new Map(
    runs.map((run) => {
      const events = epochs.flatMap(
        ({ epoch, learningRate, running, splits: values }): ScalarEvent[] => {
          const { loss, accuracy } = values[run] ?? {};
          const { loss: running_loss, accuracy: running_accuracy } = running;
          const ofTraining = { running_loss, running_accuracy, learning_rate: learningRate };
          const scalars = { loss, accuracy, ...(run === trainSplit && ofTraining) };
          return Object.entries(scalars).flatMap(([tag, value]) =>
            value === undefined ? [] : [{ tag, step: epoch, value }],
          );
        },
      );
      return [`${run}/events.out.tfevents.0.restage`, eventFile(events)];
    }),
  );
}

/**
 * A point of a curve: the curve's name, the position on the horizontal axis, from 0, and the
 * height.
 */
type ScalarEvent = { readonly tag: string; readonly step: number; readonly value: number };

/**
 * TFRecords of `tensorflow.Event` messages, with the fields of event.proto and summary.proto. Their
 * wall time stays 0.
 */
export function eventFile(scalars: readonly ScalarEvent[]): Buffer {
  const version = message([[3, 'brain.Event:2']]);
  const events = scalars.map(({ tag, step, value }) => {
    const point = message([
      [1, tag],
      [2, { float: value }],
    ]);
    return message([
      [2, step],
      [5, message([[1, point]])],
    ]);
  });
  return Buffer.concat([version, ...events].map((event) => record(Buffer.concat(event))));
}

/** A TFRecord: length, its checksum, the data, its checksum; little-endian. */
function record(data: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, maskedChecksum(length), data, maskedChecksum(data)]);
}

/** Rotated and shifted, so that data which contains checksums gets a good one, too. */
function maskedChecksum(data: Uint8Array): Buffer {
  const crc = crc32c(data);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

/**
 * CRC-32C (Castagnoli), reflected, as in RFC 3720: `crc32c('123456789')` is 0xe3069283. Node's zlib
 * has another polynomial.
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
