import { formatCount } from '../../../format-numbers.ts';
import { countLearnable, sizeOf } from './layer.ts';
import { backbone } from './net-parts.ts';
import { netPicture } from './net-picture.ts';
import { plainLayers, type TracedBlock, type TracedLayer, type TracedPlain } from './trace-net.ts';

/**
 * Learnable parameters, moving statistics that are kept besides, and multiply-adds for one image.
 */
export function totals(traced: readonly TracedLayer[]) {
  const layers = plainLayers(traced);
  const weights = layers.flatMap((layer) => layer.weights);
  const learnable = countLearnable(weights);
  const movingStatistics = weights.reduce((sum, weight) => sum + sizeOf(weight), 0) - learnable;
  return {
    learnable,
    movingStatistics,
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
}

/**
 * `34,850 learnable parameters; 176,993,256 multiply-adds an image`, with moving statistics where
 * there are any.
 */
export function formatTotals(traced: readonly TracedLayer[]): string {
  const { learnable, movingStatistics, multiplyAdds } = totals(traced);
  const beside =
    movingStatistics === 0 ? '' : `, beside ${formatCount(movingStatistics)} moving statistics`;
  return `${formatCount(learnable)} learnable parameters${beside}; ${formatCount(multiplyAdds)} multiply-adds an image`;
}

/** A network in numbers, from its shapes alone. */
export function netFacts(traced: readonly TracedLayer[]) {
  const before = backbone(traced.map(({ layer }) => layer)).length;
  const { learnable, movingStatistics, multiplyAdds } = totals(traced);
  const backboneParameters = totals(traced.slice(0, before)).learnable;
  const path = onPath(traced);
  const blocks = blocksIn(traced);
  const residuals = blocks.filter(({ layer }) => layer.kind === 'residual');
  const shortcuts = residuals.flatMap(({ paths }) => plainLayers(paths[1]!));
  const count = (layers: readonly TracedPlain[], ...kinds: readonly string[]) =>
    layers.filter(({ layer }) => kinds.includes(layer.kind)).length;
  const flat = path.find(({ input, output }) => input.length > 1 && output.length === 1);
  return {
    // Papers count frozen layers too; moving statistics, which training updates without a
    // gradient, count apart.
    parameters: {
      learnable,
      backbone: backboneParameters,
      head: learnable - backboneParameters,
      movingStatistics,
    },
    multiplyAdds,
    /** Number of values that the head begins with; null for a network that never becomes flat. */
    features: flat?.output[0] ?? null,
    /** On the path from the image to the head; a separable one counts once. */
    convolutions: count(path, 'conv', 'separableConv', 'depthwiseConv'),
    separableConvolutions: count(path, 'separableConv'),
    shortcutConvolutions: count(shortcuts, 'conv', 'separableConv', 'depthwiseConv'),
    dense: count(path, 'dense'),
    /**
     * Framed blocks of the drawing: residual blocks, and layers in a row that are named after one
     * block.
     */
    modules: netPicture(traced, '', '').blocks.filter(({ name }) => name !== undefined).length,
    /**
     * Residual blocks, and those that are wider inside than at both ends (Sandler et al. 2018,
     * figure 3).
     */
    additions: residuals.length,
    invertedResiduals: residuals.filter(isInverted).length,
  };
}

/** The plain layers between image and head: without those of shortcuts and gates. */
const onPath = (traced: readonly TracedLayer[]): readonly TracedPlain[] =>
  traced.flatMap((entry) => {
    if (!('paths' in entry)) return [entry];
    const { kind } = entry.layer;
    if (kind === 'gate') return [];
    return (kind === 'residual' ? entry.paths.slice(0, 1) : entry.paths).flatMap(onPath);
  });

const blocksIn = (traced: readonly TracedLayer[]): readonly TracedBlock[] =>
  traced.flatMap((entry) => ('paths' in entry ? [entry, ...entry.paths.flatMap(blocksIn)] : []));

function isInverted({ input, output, paths }: TracedBlock): boolean {
  const widest = Math.max(...onPath(paths[0]!).map((inner) => inner.output.at(-1)!));
  return widest > Math.max(input.at(-1)!, output.at(-1)!);
}
