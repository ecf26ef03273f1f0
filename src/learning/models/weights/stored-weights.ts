import { StageError } from '../../../stage.ts';

/** A tensor of a weight file. Its values stay on the disk until they are read. */
export interface StoredTensor {
  /** As the file calls it. */
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * All its values as float32, in row-major order, in memory of the reader's own. Throws a `StageError` where the file
   * holds another type of number, or ends before.
   */
  read(): Float32Array;
}

/** What one weight file (with the shards that belong to it) holds; open until it is disposed of. */
export interface StoredWeights extends Disposable {
  /** Where it lies, for messages. */
  readonly path: string;
  readonly format: WeightFormat;
  /** By name, in the file's order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** A tfjs-layers model or weights manifest, safetensors, or what Keras up to version 2 saves as HDF5. */
export type WeightFormat = 'tfjs' | 'safetensors' | 'keras';

/** The tensors of a file by their names. Throws a {@link StageError} where two have one. */
export function byName(path: string, tensors: readonly StoredTensor[]): ReadonlyMap<string, StoredTensor> {
  const found = new Map<string, StoredTensor>();
  for (const tensor of tensors) {
    if (found.has(tensor.name))
      throw new StageError(`Expected every tensor once in ${path}, got ${tensor.name} twice.`);
    found.set(tensor.name, tensor);
  }
  return found;
}

/**
 * A tensor's values as a network may take them: one NaN among them, and it says NaN of every image. Throws a
 * {@link StageError} that names the first value of `path` which is not finite.
 */
export function readFinite(path: string, { name, read }: StoredTensor): Float32Array {
  const values = read();
  for (let index = 0; index < values.length; index++) {
    if (Number.isFinite(values[index])) continue;
    throw new StageError(`Expected finite weights, got ${values[index]} as value ${index} of ${name} in ${path}.`);
  }
  return values;
}
