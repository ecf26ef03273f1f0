import type { layers as Layers, LayersModel, Tensor } from '@tensorflow/tfjs';
import { err, ok, type Result } from '../../result.ts';
import { Attention, ClassToken } from '../models/custom-layers.ts';
import { GraphLayer, operatorOf } from '../models/graph/graph-layer.ts';
import { isPerImage, type Placed, perImage } from '../models/graph/operators/shapes.ts';
import { type Grid, inputsOf, layersBefore, tokenGrid } from './cam/layer-grid.ts';

// The attention of a transformer whose class token attends to all patches: of layers of our own,
// and of the networks of files, where it is the softmax between two products.

/** A layer of attention between all tokens. */
export interface AttentionLayer {
  /** Its `onWeights` sees the weights of every pass. */
  readonly layer: Attention | GraphLayer;
  /** `[batch, tokens, tokens]` of weights as `onWeights` has them, or of their gradients. */
  meanOverHeads(weights: Tensor): Tensor;
}

/** All attention of a network, and where its tokens lie. */
export interface ClassAttention {
  /** In the order of the network. Each depends on the one before. */
  readonly layers: readonly AttentionLayer[];
  /** The grid of the patches, which come after the class token. */
  readonly grid: Grid;
}

/**
 * Finds the attention of a network. The error is the end of a sentence "Expected …, but …": why
 * the attention of its class token says nothing about patches.
 */
export function findClassAttention(model: LayersModel): Result<ClassAttention, string> {
  const readers = readersIn(model);
  const attentions = model.layers.filter((layer) => isAttention(layer, readers));
  const [first] = attentions;
  if (first === undefined) return err('it has no attention');
  const tokens = rowsOf(first);
  const partial = attentions.find((layer) => rowsOf(layer) !== tokens || !isSquare(layer));
  const grid = gridOfTokens(first, tokens);
  if (partial !== undefined || grid === undefined) {
    const { name } = partial ?? first;
    return err(
      `the attention "${name}" is not between all patches of the image, as in the windows of a Swin`,
    );
  }
  if (grid.placeless === 0) {
    return err(`its ${tokens} tokens are the ${grid.height} x ${grid.width} patches alone`);
  }
  const apart = attentions.find(
    (layer, i) => i > 0 && !layersBefore(layer).has(attentions[i - 1]!),
  );
  if (apart !== undefined) {
    return err(`the attention "${apart.name}" does not depend on the one before it`);
  }
  if (!endsInClassToken(attentions.at(-1)!, tokens, readers)) {
    return err('its scores depend on other tokens than the class token after the last attention');
  }
  return ok({ layers: attentions.map(asAttention), grid });
}

type Readers = ReadonlyMap<Layers.Layer, readonly Layers.Layer[]>;

/** The layers of a network by the layers that they read. */
function readersIn({ layers }: LayersModel): Readers {
  const readers = new Map<Layers.Layer, Layers.Layer[]>(layers.map((layer) => [layer, []]));
  for (const layer of layers) for (const input of inputsOf(layer)) readers.get(input)?.push(layer);
  return readers;
}

/**
 * Whether a layer is attention: one of our own, or a softmax of which every row weighs the rows of
 * a matrix, perhaps after a dropout.
 */
function isAttention(layer: Layers.Layer, readers: Readers): boolean {
  if (!(layer instanceof GraphLayer)) return layer instanceof Attention;
  if (operatorOf(layer) !== 'Softmax' || !isAlongRows(layer)) return false;
  const products = readers
    .get(layer)!
    .flatMap((reader) => (isDropout(reader) ? readers.get(reader)! : [reader]));
  const weighs = (product: Layers.Layer) => {
    const [weights, values] = inputsOf(product);
    const isFirst = weights === layer || (isDropout(weights!) && inputsOf(weights!)[0] === layer);
    return operatorOf(product) === 'MatMul' && values !== undefined && isFirst;
  };
  return products.length > 0 && products.every(weighs);
}

/** Whether a softmax goes along the last axis, in ONNX's order. */
function isAlongRows({ form }: GraphLayer): boolean {
  const { output, settings } = form.step;
  const { order } = settings;
  return output.layout === 'written' && Array.isArray(order) && order.length === 0;
}

const isDropout = (layer: Layers.Layer): boolean => layer.getClassName() === 'Dropout';

/** How many tokens a layer of attention is for. */
const rowsOf = (layer: Layers.Layer): number => (layer.outputShape as number[]).at(-2)!;

const isSquare = (layer: Layers.Layer): boolean =>
  layer instanceof Attention || (layer.outputShape as number[]).at(-1) === rowsOf(layer);

/** The grid of the tokens that a layer of attention reads; undefined if they are not that many. */
function gridOfTokens(attention: Layers.Layer, tokens: number): Grid | undefined {
  const grids = [...layersBefore(attention)].map(tokenGrid);
  return grids.find(
    (grid) => grid !== undefined && grid.height * grid.width + grid.placeless === tokens,
  );
}

/** Whether the scores depend on a layer of tokens through the first token alone. */
function endsInClassToken(layer: Layers.Layer, tokens: number, readers: Readers): boolean {
  const visited = new Set<Layers.Layer>();
  const waiting = [...readers.get(layer)!];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (visited.has(next) || takesFirst(next, tokens)) continue;
    visited.add(next);
    const after = readers.get(next)!;
    if (after.length === 0) return false;
    waiting.push(...after);
  }
  return true;
}

/** Whether a layer takes the first of all tokens. */
function takesFirst(layer: Layers.Layer, tokens: number): boolean {
  if (!(layer instanceof GraphLayer)) return layer instanceof ClassToken;
  const { begin, length } = layer.form.step.settings;
  if (!Array.isArray(begin) || !Array.isArray(length)) return false;
  const shape = inputsOf(layer)[0]!.outputShape as readonly (number | null)[];
  const isPart = length.some((count, axis) => count === 1 && shape[axis] === tokens);
  return isPart && begin.every((at) => at === 0);
}

function asAttention(layer: Layers.Layer): AttentionLayer {
  if (layer instanceof GraphLayer) {
    return { layer, meanOverHeads: headsMean(layer.form.step.output) };
  }
  return { layer: layer as Attention, meanOverHeads: (weights) => weights.mean(1) };
}

/**
 * The mean over all axes but the images' and the matrix's. A file may have heads and images in one
 * axis, in either order.
 */
function headsMean({ shape, around = 1 }: Placed): AttentionLayer['meanOverHeads'] {
  const lengths: number[] = [];
  const heads: number[] = [];
  for (const length of shape.slice(0, -2)) {
    const at = lengths.length;
    if (isPerImage(length)) {
      lengths.push(around, -1, length / perImage / around);
      heads.push(at, at + 2);
    } else {
      lengths.push(length);
      heads.push(at);
    }
  }
  const matrix = shape.slice(-2);
  return (weights) => weights.reshape([...lengths, ...matrix]).mean(heads);
}
