import { StageError } from '../../../../stage.ts';
import { bytesOf, numbersOf } from '../../onnx/protobuf-fields.ts';
import { dataType, type StoredTensor } from './onnx-graph.ts';

/**
 * Numbers that are known before a network runs. Integers and truth values are exact in float64;
 * floats are float32.
 */
export interface Constant {
  readonly type: 'float' | 'int' | 'bool';
  readonly shape: readonly number[];
  readonly values: Float32Array | readonly number[];
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);

export const isFloat = ({ type }: StoredTensor): boolean => floats.has(type);

const floats = new Set<number>([
  dataType.float32,
  dataType.float16,
  dataType.float64,
  dataType.bfloat16,
]);

/** Decodes a tensor of a file. Throws a {@link StageError} for one of another type or length. */
export function readConstant(tensor: StoredTensor): Constant {
  const { name, shape } = tensor;
  const values = valuesOf(tensor);
  if (values === undefined) {
    throw new StageError(
      `Expected "${name}" of numbers or truth values, got type ${tensor.type} of ONNX's TensorProto.`,
    );
  }
  if (shape.some((length) => length < 0) || values.length !== sizeOf(shape)) {
    const expected = shape.join(' x ') || 'one number';
    throw new StageError(`Expected "${name}" of ${expected}, got ${values.length} values.`);
  }
  if (isFloat(tensor)) return { type: 'float', shape, values: Float32Array.from(values) };
  if (tensor.type === dataType.bool) return { type: 'bool', shape, values: Array.from(values) };
  return { type: 'int', shape, values: Array.from(values, bounded) };
}

/** Exporters write "to the end" as the largest integer of 64 bits; here it is the largest exact one. */
const bounded = (value: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));

/** Numbers of fields of TensorProto: packed values of each type, or the bytes of any. */
const field = { float: 4, int32: 5, int64: 7, raw: 9, double: 10 } as const;

function valuesOf({ type, fields }: StoredTensor): ArrayLike<number> | undefined {
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

const halves = (raw: Uint8Array | undefined, fields: StoredTensor['fields']): ArrayLike<number> =>
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
