import { bytesOf, type Fields, numbersOf } from '../../onnx/protobuf-fields.ts';

/** TensorProto.DataType. */
export const dataType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

/** Numbers of fields of TensorProto: packed values of each type, or the bytes of any. */
const field = { float: 4, int32: 5, int64: 7, raw: 9, double: 10 } as const;

/** The numbers of a TensorProto; undefined for texts and others. */
export function tensorValues(type: number, fields: Fields): ArrayLike<number> | undefined {
  const raw = bytesOf(fields, field.raw);
  const packed = (number: number) => bytesOf(fields, number) ?? new Uint8Array(0);
  switch (type) {
    case dataType.float32:
      return new Float32Array(aligned(raw ?? packed(field.float), 4));
    case dataType.float64:
      return new Float64Array(aligned(raw ?? packed(field.double), 8));
    case dataType.int32:
      return raw ? new Int32Array(aligned(raw, 4)) : numbersOf(fields, field.int32);
    case dataType.int64:
      return raw ? bigs(aligned(raw, 8)) : numbersOf(fields, field.int64);
    case dataType.bool:
    case dataType.uint8:
      return raw ?? numbersOf(fields, field.int32);
    case dataType.int8:
      return raw ? new Int8Array(aligned(raw, 1)) : numbersOf(fields, field.int32);
    case dataType.float16:
      return Float32Array.from(halves(raw, fields), floatOfHalf);
    case dataType.bfloat16:
      return Float32Array.from(halves(raw, fields), floatOfBrain);
    default:
      return undefined;
  }
}

/** The bytes in a buffer of their own, whose length is a multiple of an element's. */
const aligned = (bytes: Uint8Array, element: number): ArrayBuffer =>
  new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % element))).buffer;

const bigs = (buffer: ArrayBuffer): readonly number[] =>
  Array.from(new BigInt64Array(buffer), Number);

const halves = (raw: Uint8Array | undefined, fields: Fields): ArrayLike<number> =>
  raw ? new Uint16Array(aligned(raw, 2)) : numbersOf(fields, field.int32);

/** IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction. */
function floatOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32. */
const floatOfBrain = (bits: number): number =>
  new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
