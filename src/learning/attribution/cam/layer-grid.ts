import type { layers as Layers } from '@tensorflow/tfjs';
import { Tokens } from '../../models/custom-layers.ts';
import { GraphLayer, isNormalisation, operatorOf } from '../../models/graph/graph-layer.ts';
import { perImage } from '../../models/graph/operators/shapes.ts';

// Where a layer's values lie in the image: as pixels of feature maps, or as tokens of patches.

/** The places of a layer's values in the image. */
export interface Grid {
  readonly height: number;
  readonly width: number;
  /**
   * Tokens before those of the patches: a class token, and perhaps registers (Darcet et al. 2024,
   * "Vision transformers need registers"). 0 in feature maps.
   */
  readonly placeless: number;
}

/** A class token and registers are at most so many; other networks have more behind the patches. */
const mostPlaceless = 8;

/** The grid of a convolution, or of a layer of tokens. */
export function gridOf(layer: Layers.Layer): Grid {
  const [, height, width] = layer.outputShape as [number, number, number];
  return tokenGrid(layer) ?? { height, width, placeless: 0 };
}

/** The grid of the tokens that a layer's output consists of; undefined where it has none. */
export function tokenGrid(layer: Layers.Layer): Grid | undefined {
  const [, tokens, channels] = layer.outputShape as [number, number, number];
  if (layer.outputShape.length !== 3) return undefined;
  const sources = [layer, ...layersBefore(layer)];
  if (!(layer instanceof GraphLayer)) {
    const maker = sources.find((source) => source instanceof Tokens);
    if (maker === undefined) return undefined;
    const [, height, width] = inputsOf(maker)[0]!.outputShape as [number, number, number];
    return { height, width, placeless: 1 };
  }
  if (!isTokenNode(layer)) return undefined;
  const grids = sources.filter(isConvolution).map(({ outputShape }) => {
    const [, height, width, kernels] = outputShape as [number, number, number, number];
    return { height, width, kernels, placeless: tokens - height * width };
  });
  const fits = ({ kernels, placeless }: (typeof grids)[number]) =>
    kernels === channels && placeless >= 0 && placeless <= mostPlaceless;
  return grids.find(fits) ?? mergedGrid(grids, { tokens, channels });
}

/**
 * The grid of a Swin's later stages, which merge 2 x 2 places into one of twice the channels (Liu
 * et al. 2021, "Swin transformer", section 3.1).
 */
function mergedGrid(
  grids: readonly (Grid & { readonly kernels: number })[],
  { tokens, channels }: { readonly tokens: number; readonly channels: number },
): Grid | undefined {
  for (const { height, width, kernels } of grids) {
    for (let factor = 2; factor <= Math.min(height, width); factor *= 2) {
      const merged = { height: height / factor, width: width / factor, placeless: 0 };
      if (merged.height * merged.width === tokens && kernels * factor === channels) return merged;
    }
  }
  return undefined;
}

/** All layers that a layer's output depends on. */
export function layersBefore(layer: Layers.Layer): ReadonlySet<Layers.Layer> {
  const before = new Set<Layers.Layer>();
  const waiting = [...inputsOf(layer)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (before.has(next)) continue;
    before.add(next);
    waiting.push(...inputsOf(next));
  }
  return before;
}

/**
 * Whether a node of a file may hold tokens as they go from layer to layer: a normalisation, or the
 * sum at the end of a shortcut, of `[images, tokens, channels]`. Queries, keys and values are none.
 */
function isTokenNode(layer: GraphLayer): boolean {
  const { output, operator } = layer.form.step;
  const { shape, layout, around = 1 } = output;
  const isPlain = shape.length === 3 && layout === 'written' && around === 1;
  const isSum = operator === 'Add' && inputsOf(layer).length === 2;
  return isPlain && shape[0] === perImage && (isSum || isNormalisation(layer));
}

/** The layers that a layer reads. */
export const inputsOf = (layer: Layers.Layer): readonly Layers.Layer[] =>
  layer.inboundNodes[0]!.inboundLayers;

const convolutions = new Set(['Conv2D', 'SeparableConv2D', 'DepthwiseConv2D']);

export const isConvolution = (layer: Layers.Layer): boolean =>
  convolutions.has(layer.getClassName()) || operatorOf(layer) === 'Conv';
