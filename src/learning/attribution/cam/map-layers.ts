import type { layers as Layers, LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';
import { operatorOf } from '../../models/graph/graph-layer.ts';
import { Attention, Tokens } from '../../models/own-layers.ts';

// The layers that class activation maps can be taken from: those whose values have places in the
// image, as pixels of feature maps or as tokens of patches.

/** The places of a layer's values in the image. */
interface Grid {
  readonly height: number;
  readonly width: number;
  /** Tokens before those of the patches: 1 for a class token, 0 in feature maps. */
  readonly placeless: number;
}

/** The grid of a convolution, or of a layer of tokens. */
export function gridOf(layer: Layers.Layer): Grid {
  const tokens = tokensBefore(layer);
  const shape = (tokens === undefined ? layer.outputShape : tokens.input.shape) as number[];
  const [, height, width] = shape as [number, number, number];
  return { height, width, placeless: tokens === undefined ? 0 : 1 };
}

/** The layer that made the tokens that this layer's output consists of. */
function tokensBefore(layer: Layers.Layer) {
  let before: Layers.Layer | undefined = layer;
  while (before !== undefined && before.outputShape.length === 3) {
    if (before instanceof Tokens) return before as Tokens & { readonly input: { shape: number[] } };
    // All inputs of a layer of tokens have the same tokens.
    before = inputsOf(before)[0];
  }
  return undefined;
}

const inputsOf = (layer: Layers.Layer): readonly Layers.Layer[] =>
  layer.inboundNodes[0]!.inboundLayers;

const convolutions = new Set(['Conv2D', 'SeparableConv2D', 'DepthwiseConv2D']);

const isConvolution = (layer: Layers.Layer): boolean =>
  convolutions.has(layer.getClassName()) || operatorOf(layer) === 'Conv';

/**
 * The names of a model's convolutions whose feature maps have more than one pixel, in the order of
 * the network.
 */
export function convolutionNames(model: LayersModel): readonly string[] {
  const isLarge = ([, height = 0, width = 0]: readonly number[]) => height * width > 1;
  return model.layers
    .filter((layer) => isConvolution(layer) && isLarge(layer.outputShape as number[]))
    .map(({ name }) => name);
}

/**
 * The names of the layers of tokens that the last attention depends on, in the order of the network.
 * The class token alone is read at the end, so after that attention the score depends on no other.
 */
function tokenLayerNames(model: LayersModel, last: Attention): readonly string[] {
  const before = new Set<Layers.Layer>();
  const waiting = [...inputsOf(last)];
  for (let layer = waiting.pop(); layer !== undefined; layer = waiting.pop()) {
    if (before.has(layer)) continue;
    before.add(layer);
    waiting.push(...inputsOf(layer));
  }
  return model.layers
    .filter((layer) => before.has(layer) && tokensBefore(layer) !== undefined)
    .map(({ name }) => name);
}

/**
 * The layer that class activation maps are taken from: the one of that name, or by default the input
 * of the last attention in a network that has one, else the last convolution. Throws a
 * {@link StageError} that lists the layers that can be named.
 */
export function findMapLayer(model: LayersModel, name?: string): string {
  const convolutions = convolutionNames(model);
  const attention = model.layers.findLast((layer) => layer instanceof Attention);
  const tokens = attention === undefined ? [] : tokenLayerNames(model, attention);
  const usual = attention === undefined ? convolutions.at(-1) : inputsOf(attention)[0]!.name;
  if (usual === undefined) {
    throw new StageError(
      'Expected a network with a convolution whose feature maps have more than one pixel, got none.',
    );
  }
  const names = [...convolutions, ...tokens];
  if (name === undefined || names.includes(name)) return name ?? usual;
  const layer = model.layers.find((layer) => layer.name === name);
  const what = layer === undefined ? `"${name}"` : `the ${layer.getClassName()} "${name}"`;
  const expected =
    attention === undefined
      ? 'a convolution of the network'
      : `a convolution of the network, or a layer of tokens before its last attention "${attention.name}",`;
  throw new StageError(`Expected ${expected} for the layer, got ${what}. ${thereAre(name, names)}`);
}
