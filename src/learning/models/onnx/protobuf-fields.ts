/** The fields of a protobuf message by their number, each with its values in the file's order. */
export type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/** The fields of a message. Throws a RangeError for other bytes. */
export function fieldMap(bytes: number | Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  for (const [number, value] of fieldsOf(bytes)) {
    const values = fields.get(number);
    if (values === undefined) fields.set(number, [value]);
    else values.push(value);
  }
  return fields;
}

/** The messages of a repeated field. */
export const messagesOf = (fields: Fields, number: number): readonly Fields[] =>
  (fields.get(number) ?? []).map(fieldMap);

export const textsOf = (fields: Fields, number: number): readonly string[] =>
  (fields.get(number) ?? []).map((value) =>
    typeof value === 'number' ? '' : Buffer.from(value).toString(),
  );

/** Signed integers of 64 bits; they may be packed into the bytes of one field. */
export const numbersOf = (fields: Fields, number: number): readonly number[] =>
  (fields.get(number) ?? []).flatMap((value) =>
    typeof value === 'number' ? [value] : [...varints(value)],
  );

/** The bytes of a field that comes once, or of its packed values. */
export function bytesOf(fields: Fields, number: number): Uint8Array | undefined {
  const parts = (fields.get(number) ?? []).filter((value) => typeof value !== 'number');
  return parts.length > 1 ? Buffer.concat(parts) : parts[0];
}

function* varints(bytes: Uint8Array): Generator<number> {
  for (let at = 0; at < bytes.length; ) {
    const [value, next] = varint(bytes, at);
    yield value;
    at = next;
  }
}

/**
 * The fields of a protobuf message (https://protobuf.dev/programming-guides/encoding). Throws a
 * RangeError for other bytes.
 */
export function* fieldsOf(
  bytes: number | Uint8Array,
): Generator<readonly [number, number | Uint8Array]> {
  if (typeof bytes === 'number') throw new RangeError('expected a message');
  for (let at = 0; at < bytes.length; ) {
    const [key, start] = varint(bytes, at);
    const form = key % 8;
    const number = Math.floor(key / 8);
    if (form === 0) {
      const [value, end] = varint(bytes, start);
      yield [number, value];
      at = end;
    } else {
      const [length, first] = lengthAt(bytes, start, form);
      at = first + length;
      if (!(length >= 0 && at <= bytes.length)) throw new RangeError('expected a whole field');
      yield [number, bytes.subarray(first, at)];
    }
  }
}

/** The number of bytes in a field, and where they begin; NaN bytes for a form that has none. */
function lengthAt(
  bytes: Uint8Array,
  start: number,
  form: number,
): readonly [length: number, first: number] {
  if (form === 2) return varint(bytes, start);
  return [fixedLengths[form] ?? Number.NaN, start];
}

/** Bytes of 64 and 32 bits. */
const fixedLengths: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Bytes of 7 bits that a number without a rounding error has at most. */
const exactBytes = 7;
/** Bytes of 7 bits that hold 64 bits. */
const mostBytes = 10;

/**
 * The signed number of 64 bits at an offset, and the offset after it. Beyond 2^53 it loses digits.
 */
function varint(bytes: Uint8Array, start: number): readonly [value: number, end: number] {
  let value = 0;
  for (let at = start, factor = 1; ; at++, factor *= 128) {
    const byte = bytes[at];
    if (byte === undefined || at - start >= mostBytes) throw new RangeError('expected a number');
    value += (byte & 127) * factor;
    if (byte >= 128) continue;
    const end = at + 1;
    return [end - start <= exactBytes ? value : signed(bytes.subarray(start, end)), end];
  }
}

/** A long number, whose highest bit is its sign. */
function signed(bytes: Uint8Array): number {
  const bits = bytes.reduceRight((high, byte) => (high << 7n) | BigInt(byte & 127), 0n);
  return Number(BigInt.asIntN(64, bits));
}
