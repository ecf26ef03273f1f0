import { formatCount } from '../../../format-numbers.ts';
import { err, ok, type Result } from '../../../result.ts';
import type { BlockLayer, Layer, PlainLayer, Shape, WeightShape } from './layer.ts';
import { isBlock, pathsOf, showShape, sizeOf } from './layer.ts';
import { extraMultiplyAdds, layerWeights, outputShape } from './layer-kinds.ts';

/** A layer with the shape of one image before and after it. */
export type TracedLayer = TracedPlain | TracedBlock;

interface Traced<L> {
  readonly layer: L;
  readonly input: Shape;
  readonly output: Shape;
}

/** A plain layer with its shapes, weights and cost. */
export interface TracedPlain extends Traced<PlainLayer> {
  readonly weights: readonly WeightShape[];
  /**
   * Multiplications, each with its addition, for one image; of convolutions, dense layers and
   * attention, since the rest is small.
   */
  readonly multiplyAdds: number;
}

/** A block with its layers, path by path, as {@link pathsOf} has them. */
export interface TracedBlock extends Traced<BlockLayer> {
  readonly paths: readonly (readonly TracedLayer[])[];
}

/** Why a net is impossible, and the item of its list that makes it so. */
export interface NetMistake {
  readonly at: Layer['at'];
  readonly message: string;
}

/** Float32 values of 2 GiB: the most that a tensor's buffer and an ONNX graph can hold. */
const mostInWeight = 2 ** 29;

/**
 * Follows the shape of an image through the layers, without computing. The error is the first layer
 * that is impossible.
 */
export function traceLayers(
  layers: readonly Layer[],
  image: Shape,
): Result<readonly TracedLayer[], NetMistake> {
  const traced: TracedLayer[] = [];
  for (const layer of layers) {
    const input = traced.at(-1)?.output ?? image;
    const next = isBlock(layer) ? traceBlock(layer, input) : tracePlain(layer, input);
    if (!next.ok) return next;
    traced.push(next.value);
  }
  return ok(traced);
}

function tracePlain(layer: PlainLayer, input: Shape): Result<TracedPlain, NetMistake> {
  const output = outputShape(layer, input);
  if (!output.ok) return err({ at: layer.at, message: output.error });
  const weights = layerWeights(layer, input);
  const largest = Math.max(...weights.map(sizeOf));
  if (largest > mostInWeight) {
    const message = `${layer.name} would have ${formatCount(largest)} weights in one tensor, at most ${formatCount(mostInWeight)} are possible`;
    return err({ at: layer.at, message });
  }
  return ok({
    layer,
    input,
    output: output.value,
    weights,
    multiplyAdds: multiplyAdds(weights, output.value) + extraMultiplyAdds(layer, input),
  });
}

/** Every number of a kernel is used once at every position of the output. */
function multiplyAdds(weights: readonly WeightShape[], output: Shape): number {
  const positions = output.slice(0, -1).reduce((product, length) => product * length, 1);
  const kernels = weights.filter(({ name }) => name.endsWith('kernel'));
  return kernels.reduce((sum, kernel) => sum + sizeOf(kernel) * positions, 0);
}

function traceBlock(layer: BlockLayer, input: Shape): Result<TracedBlock, NetMistake> {
  const paths: (readonly TracedLayer[])[] = [];
  for (const path of pathsOf(layer)) {
    const traced = traceLayers(path, input);
    if (!traced.ok) return traced;
    paths.push(traced.value);
  }
  const outputs = paths.map((path) => path.at(-1)?.output ?? input);
  const output = join(layer, input, outputs);
  return output.ok
    ? ok({ layer, input, output: output.value, paths })
    : err({ at: layer.at, message: output.error });
}

/** The output of a block, from those of its paths, or a sentence on why they do not fit. */
function join(layer: BlockLayer, input: Shape, outputs: readonly Shape[]): Result<Shape, string> {
  const { kind, name } = layer;
  const [output, around] = outputs as readonly [Shape, Shape];
  if (kind === 'residual') {
    if (showShape(output) === showShape(around)) return ok(output);
    const hasShortcut = layer.shortcut.length > 0;
    const path = hasShortcut ? 'shortcut' : 'input';
    const advice = hasShortcut ? '' : ': give it a shortcut with the same output shape';
    return err(`${name} adds ${showShape(output)} to its ${path} of ${showShape(around)}${advice}`);
  }
  if (kind === 'gate') {
    const fits =
      output.length === input.length &&
      output.every((length, axis) => length === 1 || length === input[axis]);
    if (fits) return ok(input);
    const advice =
      output.length === 1 && input.length === 3
        ? ': end it with pixel, so that each value weighs a channel'
        : '';
    return err(`${name} weighs ${showShape(input)} by ${showShape(output)}${advice}`);
  }
  const sides = outputs.map((shape) => shape.slice(0, -1).join());
  if (new Set(sides).size > 1) {
    return err(`${name} puts ${outputs.map(showShape).join(' and ')} side by side`);
  }
  const channels = outputs.reduce((sum, shape) => sum + shape.at(-1)!, 0);
  return ok([...output.slice(0, -1), channels] as readonly number[] as Shape);
}

/** All plain layers, those of blocks in their position, path by path. */
export const plainLayers = (traced: readonly TracedLayer[]): readonly TracedPlain[] =>
  traced.flatMap((layer) => ('paths' in layer ? layer.paths.flatMap(plainLayers) : [layer]));
