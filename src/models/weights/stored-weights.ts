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

/** Tensors by their names. */
export function byName(tensors: readonly StoredTensor[]): ReadonlyMap<string, StoredTensor> {
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}
