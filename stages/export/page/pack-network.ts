import { io, type LayersModel } from '@tensorflow/tfjs';
import { toHalf } from './half-floats.ts';
import type { PageNetwork } from './page-facts.ts';

/** A network as the page holds it: its layers, and the bytes of its weights. */
export interface PackedNetwork {
  readonly network: PageNetwork;
  readonly weights: Buffer;
}

/**
 * The layers and weights of a model. With `isHalf`, kernels have 16 bits a number: half the bytes.
 * Vectors, such as biases and the statistics of BatchNorm, keep their 32: they are few, and some
 * are large.
 */
export async function packNetwork(
  model: LayersModel,
  { isHalf }: { readonly isHalf: boolean },
): Promise<PackedNetwork> {
  let packed: PackedNetwork | undefined;
  const save = async ({ modelTopology, weightSpecs, weightData }: io.ModelArtifacts) => {
    const all = new Float32Array(io.CompositeArrayBuffer.join(weightData));
    const parts: Buffer[] = [];
    let start = 0;
    const weights = weightSpecs!.map(({ name, shape }) => {
      const length = shape.reduce((product, side) => product * side, 1);
      const values = all.subarray(start, start + length);
      start += length;
      const isKernel = isHalf && shape.length > 1;
      const own = isKernel ? Uint16Array.from(values, toHalf) : values;
      parts.push(Buffer.from(own.buffer, own.byteOffset, own.byteLength));
      return { name, shape, isHalf: isKernel };
    });
    packed = {
      network: { topology: modelTopology as object, weights },
      weights: Buffer.concat(parts),
    };
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } };
  };
  await model.save(io.withSaveHandler(save));
  return packed!;
}
