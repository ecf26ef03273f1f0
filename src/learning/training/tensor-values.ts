import type { Tensor, Variable } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';

/** Copies of the values of tensors, outside the backend. */
export async function readValues(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  // A backend may hand out its own memory, which the next step overwrites.
  return await Promise.all(tensors.map(async (each) => (await each.data<'float32'>()).slice()));
}

/** Puts values, as {@link readValues} gave them, into variables of the same shapes, in the same order. */
export function assignValues(variables: readonly Variable[], values: readonly Float32Array[]): void {
  tidy(() => {
    for (const [i, variable] of variables.entries()) variable.assign(tensor(values[i]!, variable.shape));
  });
}
