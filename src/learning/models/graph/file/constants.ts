import { StageError } from '../../../../stage.ts';
import type { StoredTensor } from './onnx-graph.ts';
import { dataType } from './tensor-values.ts';

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
  const values = tensor.read();
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

/**
 * Exporters write "to the end" as the largest integer of 64 bits; here it is the largest exact one.
 */
const bounded = (value: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
