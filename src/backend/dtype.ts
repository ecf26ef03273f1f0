import type { DataType } from '@tensorflow/tfjs';

/** The tfjs types that the trace computes with; `string` and `complex64` are left to the cpu kernels. */
export type ValueType = 'float32' | 'int32' | 'bool';

/** How each type lies in host memory. A bool is one byte, 0 or 1. */
export type HostArray = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** TensorProto.DataType numbers of the ONNX types that the lowerings use. */
export const ONNX_TYPE = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const;
export type OnnxType = keyof typeof ONNX_TYPE;

export function isValueType(dtype: DataType): dtype is ValueType {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

/** An array of so many elements, all zero, or a view of a buffer. */
export function newArray(dtype: ValueType, contents: number | ArrayBuffer): HostArray {
  const types = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
  return new (types[dtype] as new (contents: number | ArrayBuffer) => HostArray)(contents);
}

export function bytesOf({ shape, dtype }: { readonly shape: readonly number[]; readonly dtype: ValueType }): number {
  return sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
}

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}
