import type { layers as Layers, LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';
import { Attention } from '../../models/custom-layers.ts';
import { GraphLayer, isNormalisation, operatorOf } from '../../models/graph/graph-layer.ts';
import { perImage } from '../../models/graph/operators/shapes.ts';
import { inputsOf, isConvolution, layersBefore, tokenGrid } from './layer-grid.ts';

// The layers that class activation maps can be taken from: those whose values have places in the
// image, as pixels of feature maps or as tokens of patches.

/**
 * Whether a node of a file gives feature maps of more than one pixel: images with their channels
 * last, as a Swin of torchvision also has them, `[images, height, width, channels]`.
 */
function isMapNode(layer: Layers.Layer): boolean {
  if (!(layer instanceof GraphLayer)) return false;
  const { shape, layout, around = 1 } = layer.form.step.output;
  const isAtEnd = layout === 'channelsLast' || isNormalisation(layer);
  return shape.length === 4 && shape[0] === perImage && around === 1 && isAtEnd && isLarge(layer);
}

/** The softmax of attention between all tokens, or a layer of attention. */
function isAttentionOf(layer: Layers.Layer, tokens: ReadonlySet<number>): boolean {
  if (!(layer instanceof GraphLayer)) return layer instanceof Attention;
  const [rows, columns] = layer.form.step.output.shape.slice(-2);
  return operatorOf(layer) === 'Softmax' && rows === columns && tokens.has(rows!);
}

/** Whether feature maps have more than one pixel. */
function isLarge({ outputShape }: Layers.Layer): boolean {
  const [, height = 0, width = 0] = outputShape as number[];
  return height * width > 1;
}

/**
 * The names of the layers whose feature maps have more than one pixel, in the order of the network:
 * convolutions, and in the network of a file what normalises or adds maps, and the last maps before
 * it becomes flat.
 */
export function mapNames({ layers }: LayersModel): readonly string[] {
  const last = layers.findLast(isMapNode);
  const isMap = (layer: Layers.Layer) =>
    isMapNode(layer) && (operatorOf(layer) === 'Add' || isNormalisation(layer));
  const isTaken = (layer: Layers.Layer) =>
    (isConvolution(layer) && isLarge(layer)) || layer === last || isMap(layer);
  return layers.filter(isTaken).map(({ name }) => name);
}

/**
 * A network's last attention, and the layers of tokens that it depends on, in the order of the
 * network.
 */
interface BeforeAttention {
  readonly attention: Layers.Layer;
  readonly names: readonly string[];
  /** The layer that the attention reads. */
  readonly read: string;
}

/**
 * What the last attention of a transformer depends on; undefined for any other network. The class
 * token alone is read at the end, so after that attention the score depends on no other token.
 */
function beforeLastAttention({ layers }: LayersModel): BeforeAttention | undefined {
  const tokenLayers = layers.filter((layer) => tokenGrid(layer) !== undefined);
  const counts = new Set(tokenLayers.map(({ outputShape }) => outputShape[1] as number));
  const attention = layers.findLast((layer) => isAttentionOf(layer, counts));
  if (attention === undefined) return undefined;
  const before = layersBefore(attention);
  const names = tokenLayers.filter((layer) => before.has(layer)).map(({ name }) => name);
  const read = attention instanceof Attention ? inputsOf(attention)[0]!.name : names.at(-1);
  return read === undefined ? undefined : { attention, names, read };
}

/**
 * The layer that class activation maps are taken from: the one of that name, or by default what the
 * last attention reads in a transformer, else the last convolution; in the network of a file the
 * last maps, since its last convolution may be a shortcut, or one branch of several. Throws a
 * {@link StageError} that lists the layers that can be named.
 */
export function findMapLayer(model: LayersModel, name?: string): string {
  const maps = mapNames(model);
  const tokens = beforeLastAttention(model);
  const usual = tokens?.read ?? maps.at(-1);
  if (usual === undefined) {
    throw new StageError(
      'Expected a network with a convolution whose feature maps have more than one pixel, got none.',
    );
  }
  const names = [...new Set([...maps, ...(tokens?.names ?? [])])];
  if (name === undefined || names.includes(name)) return name ?? usual;
  const layer = model.layers.find((layer) => layer.name === name);
  const what = layer === undefined ? `"${name}"` : `the ${layer.getClassName()} "${name}"`;
  const expected =
    tokens === undefined
      ? 'a convolution of the network'
      : `a convolution of the network, or a layer of tokens before its last attention "${tokens.attention.name}",`;
  throw new StageError(`Expected ${expected} for the layer, got ${what}. ${thereAre(name, names)}`);
}
