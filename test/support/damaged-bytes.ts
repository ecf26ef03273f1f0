import { Random } from '../../src/random.ts';

/** Numbers that break readers of lengths and offsets. */
const extremes = [0n, 1n, 0x7fn, 0xffn, 0x7fff_ffffn, 0xffff_ffffn, 2n ** 63n - 1n, 2n ** 64n - 1n];

/**
 * The bytes with one to four changes, anywhere with equal chance: other bytes, extreme numbers,
 * parts that are gone, twice there or moved, an early end. The same seed gives the same bytes.
 */
export function damagedBytes(whole: Uint8Array, seed: number): Buffer {
  const random = new Random('damage', seed);
  let bytes = Buffer.from(whole);
  const changes = 1 + random.integer(4);
  for (let i = 0; i < changes; i++) {
    const at = random.integer(bytes.length);
    const length = Math.min(bytes.length - at, 1 + random.integer(64));
    const part = bytes.subarray(at, at + length);
    switch (random.integer(8)) {
      case 0:
      case 1:
      case 2:
        bytes[at] = random.integer(256);
        break;
      case 3: {
        const width = random.pick([1, 2, 4, 8]);
        const number = Buffer.alloc(8);
        number.writeBigUInt64LE(random.pick(extremes));
        number.copy(bytes, at, 0, Math.min(width, bytes.length - at));
        break;
      }
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
        break;
      case 6:
        part.copy(bytes, random.integer(bytes.length));
        break;
      default:
        // Most files are not cut, or hardly anything behind the cut would be tried.
        if (random.integer(4) === 0) bytes = bytes.subarray(0, Math.max(1, at));
        else bytes[at] = bytes[at]! ^ (1 << random.integer(8));
    }
  }
  return bytes;
}
