/**
 * A protobuf message, after https://protobuf.dev/programming-guides/encoding: its bytes, in pieces.
 */
export type Message = readonly Uint8Array[];

/** A plain number is written as a varint. */
export type Field = readonly [
  number: number,
  value: number | string | Uint8Array | Message | { readonly float: number },
];

/**
 * Shorter messages are joined at once, since many pieces are slow; longer ones hold arrays that are
 * copied only once.
 */
const LONG = 4096;

/** A message with its fields in the given order. */
export function message(fields: readonly Field[]): Message {
  const pieces = fields.flatMap(([number, value]) => {
    if (typeof value === 'number') return [varint(number * 8), varint(value)];
    if (typeof value === 'object' && 'float' in value) {
      return [varint(number * 8 + 5), new Uint8Array(Float32Array.of(value.float).buffer)];
    }
    const inner = piecesOf(value);
    return [varint(number * 8 + 2), varint(lengthOf(inner)), ...inner];
  });
  return lengthOf(pieces) < LONG ? [Buffer.concat(pieces)] : pieces;
}

function piecesOf(value: string | Uint8Array | Message): Message {
  if (typeof value === 'string') return [Buffer.from(value)];
  return value instanceof Uint8Array ? [value] : value;
}

function lengthOf(pieces: Message): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The same field for each of some values. */
export const repeated = (number: number, values: readonly Field[1][]): Field[] =>
  values.map((value) => [number, value]);

function varint(value: number): Uint8Array {
  // A negative int64 is written as its 64-bit two's complement, ten bytes long.
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
