/**
 * The values of an array of this shape with its axes in another order: axis `i` of the result is axis `order[i]`.
 * `permuteAxes([1, 2, 3, 4, 5, 6], [2, 3], [1, 0])` is `[1, 4, 2, 5, 3, 6]`.
 */
export function permuteAxes(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array<ArrayBuffer> {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const lengths = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  let to = 0;
  const copy = (axis: number, from: number): void => {
    const [length, step] = [lengths[axis]!, steps[axis]!];
    if (axis === lengths.length - 1) for (let i = 0; i < length; i++) result[to++] = values[from + i * step]!;
    else for (let i = 0; i < length; i++) copy(axis + 1, from + i * step);
  };
  copy(0, 0);
  return result;
}

/** The order that undoes one. */
export function inverseOrder(order: readonly number[]): readonly number[] {
  return order.map((_, axis) => order.indexOf(axis));
}
