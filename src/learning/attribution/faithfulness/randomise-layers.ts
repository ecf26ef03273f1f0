import { dispose, type layers as Layers, type LayersModel } from '@tensorflow/tfjs';
import { averageRanks, correlateRanks } from '../../metrics/spearman.ts';
import { initialiseWeights } from '../../models/initial-weights.ts';
import { freshSeed } from '../../models/untrained-copy.ts';

/** A depth down to which the weights of a network are randomised, from the logits on. */
export interface RandomisedDepth {
  readonly layer: string;
  readonly kernels: number;
}

/**
 * The depths to which weights are randomised, from the logits' layer alone to all layers; at most
 * `most`, evenly spaced.
 */
export function randomisedDepths(model: LayersModel, most: number): readonly RandomisedDepth[] {
  const all = model.layers
    .filter(hasKernel)
    .reverse()
    .map(({ name }, i) => ({ layer: name, kernels: i + 1 }));
  const count = Math.min(most, all.length);
  return Array.from(
    { length: count },
    (_, i) => all[Math.round((i * (all.length - 1)) / Math.max(1, count - 1))]!,
  );
}

/**
 * Randomises a network's weights layer by layer from the logits down, each time together with the
 * layers above (cascading randomisation of Adebayo et al. 2018, "Sanity checks for saliency maps"),
 * and calls `visit` at each depth. A normalisation goes with the kernel before it. Whatever
 * happens, the network has its own weights afterwards.
 */
export async function randomiseLayers(
  model: LayersModel,
  depths: readonly RandomisedDepth[],
  seed: number,
  visit: (depth: RandomisedDepth, index: number) => Promise<void>,
): Promise<void> {
  const learned = model.layers.map((layer) => layer.getWeights().map((weight) => weight.clone()));
  try {
    for (const [index, depth] of depths.entries()) {
      const from = model.layers.findIndex(({ name }) => name === depth.layer);
      // Weights depend on the layer's name and the seed alone, so those of the layers above stay.
      initialiseWeights({ layers: model.layers.slice(from) }, freshSeed(seed));
      await visit(depth, index);
    }
  } finally {
    for (const [i, layer] of model.layers.entries()) layer.setWeights(learned[i]!);
    dispose(learned);
  }
}

const hasKernel = ({ weights }: Layers.Layer): boolean =>
  weights.some(({ originalName }) => originalName.endsWith('kernel'));

/**
 * The ranks of a map's values, which {@link mapLikeness} compares. Throws a RangeError for a value
 * that is not finite.
 */
export function rankMap(map: Float32Array) {
  return { ranks: averageRanks(map), isConstant: map.every((value) => value === map[0]) };
}
export type RankedMap = Readonly<ReturnType<typeof rankMap>>;

/**
 * Spearman's rank correlation of two maps, as Adebayo et al. 2018 compare maps of absolute values:
 * 1 for the same order. 0 if the second is constant: nothing of the first is left. NaN if the first
 * is constant, which has nothing to lose.
 */
export function mapLikeness(before: RankedMap, after: RankedMap): number {
  if (before.isConstant) return Number.NaN;
  return after.isConstant ? 0 : correlateRanks(before.ranks, after.ranks);
}
