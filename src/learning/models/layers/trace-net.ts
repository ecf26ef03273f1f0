import { formatCount } from '../../../format-numbers.ts';
import { err, ok, type Result } from '../../../result.ts';
import type { Layer, PlainLayer, ResidualLayer, Shape, WeightShape } from './layer.ts';
import { showShape, sizeOf } from './layer.ts';
import { layerWeights, outputShape } from './layer-kinds.ts';

/** A layer with the shape of one image before and after it. */
export type TracedLayer = TracedPlain | TracedResidual;

interface Traced<L> {
  readonly layer: L;
  readonly input: Shape;
  readonly output: Shape;
}

/** A plain layer with its shapes, weights and cost. */
export interface TracedPlain extends Traced<PlainLayer> {
  readonly weights: readonly WeightShape[];
  /**
   * Multiplications, each with its addition, for one image; of convolutions and dense layers, since
   * the rest is small.
   */
  readonly multiplyAdds: number;
}

export interface TracedResidual extends Traced<ResidualLayer> {
  readonly body: readonly TracedPlain[];
  readonly shortcut: readonly TracedPlain[];
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
export const traceLayers = (
  layers: readonly Layer[],
  image: Shape,
): Result<readonly TracedLayer[], NetMistake> =>
  follow<Layer, TracedLayer>(layers, image, (layer, input) =>
    layer.kind === 'residual' ? traceResidual(layer, input) : tracePlain(layer, input),
  );

function follow<L extends Layer, T extends TracedLayer>(
  layers: readonly L[],
  input: Shape,
  trace: (layer: L, input: Shape) => Result<T, NetMistake>,
): Result<readonly T[], NetMistake> {
  const traced: T[] = [];
  for (const layer of layers) {
    const next = trace(layer, traced.at(-1)?.output ?? input);
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
    multiplyAdds: multiplyAdds(weights, output.value),
  });
}

/** Every number of a kernel is used once at every position of the output. */
function multiplyAdds(weights: readonly WeightShape[], output: Shape): number {
  const positions = output.length === 3 ? output[0] * output[1] : 1;
  const kernels = weights.filter(({ name }) => name.endsWith('kernel'));
  return kernels.reduce((sum, kernel) => sum + sizeOf(kernel) * positions, 0);
}

function traceResidual(layer: ResidualLayer, input: Shape): Result<TracedResidual, NetMistake> {
  const body = follow(layer.body, input, tracePlain);
  if (!body.ok) return body;
  const shortcut = follow(layer.shortcut, input, tracePlain);
  if (!shortcut.ok) return shortcut;
  const output = body.value.at(-1)!.output;
  const around = shortcut.value.at(-1)?.output ?? input;
  if (showShape(output) === showShape(around)) {
    return ok({ layer, input, output, body: body.value, shortcut: shortcut.value });
  }
  const hasShortcut = layer.shortcut.length > 0;
  const path = hasShortcut ? 'shortcut' : 'input';
  const advice = hasShortcut ? '' : ': give it a shortcut with the same output shape';
  const message = `${layer.name} adds ${showShape(output)} to its ${path} of ${showShape(around)}${advice}`;
  return err({ at: layer.at, message });
}

/**
 * All plain layers, those of residual blocks in their position, the body's before the shortcut's.
 */
export const plainLayers = (traced: readonly TracedLayer[]): readonly TracedPlain[] =>
  traced.flatMap((layer) => ('body' in layer ? [...layer.body, ...layer.shortcut] : [layer]));
