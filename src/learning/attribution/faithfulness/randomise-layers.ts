import type { layers as Layers, LayersModel } from '@tensorflow/tfjs';
import { dispose } from '@tensorflow/tfjs';
import { freshSeed } from '../../models/fresh-seed.ts';
import { initialiseWeights } from '../../models/initial-weights.ts';

type Layer = Layers.Layer;

/** A place in a network from which on upwards, to the logits, weights are drawn anew. */
export interface RandomisedDepth {
  /** The lowest layer with a kernel that is drawn anew. */
  readonly layer: string;
  /** How many layers with a kernel are. */
  readonly kernels: number;
}

/**
 * The depths to which a network's weights can be drawn anew, from the layer of the logits alone to all; of a deep network so many as
 * asked, evenly, the first and the last among them.
 *
 * @param most At least 2.
 */
export function randomisedDepths(model: LayersModel, most: number): readonly RandomisedDepth[] {
  const all = model.layers
    .filter(hasKernel)
    .reverse()
    .map(({ name }, i) => ({ layer: name, kernels: i + 1 }));
  const count = Math.min(most, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / Math.max(1, count - 1))]!);
}

/**
 * Draws a network's weights anew, layer after layer from the logits down, each time with those above (cascading randomisation in the
 * model parameter test of Adebayo et al. 2018, "Sanity checks for saliency maps"), and calls `visit` at each depth. A normalisation goes with the
 * kernel before it. Whatever happens, the network has its own weights again afterwards.
 */
export async function randomiseLayers(
  model: LayersModel,
  depths: readonly RandomisedDepth[],
  seed: number,
  visit: (depth: RandomisedDepth, index: number) => Promise<void>,
): Promise<void> {
  const own = model.layers.map((layer) => layer.getWeights().map((weight) => weight.clone()));
  try {
    for (const [index, depth] of depths.entries()) {
      const from = model.layers.findIndex(({ name }) => name === depth.layer);
      // Of a layer's name and the seed alone, so what was drawn above stays.
      initialiseWeights({ layers: model.layers.slice(from) }, freshSeed(seed));
      await visit(depth, index);
    }
  } finally {
    for (const [i, layer] of model.layers.entries()) layer.setWeights(own[i]!);
    dispose(own);
  }
}

const hasKernel = ({ weights }: Layer): boolean => weights.some(({ originalName }) => originalName.endsWith('kernel'));
