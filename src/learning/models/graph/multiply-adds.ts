import type { layers } from '@tensorflow/tfjs';
import { sizeOf } from '../layers/layer.ts';
import { GraphLayer } from './graph-layer.ts';
import { perImage } from './operators/shapes.ts';

const product = (lengths: readonly number[]): number =>
  lengths.reduce((total, length) => total * length, 1);

/**
 * Multiplications of a layer, each with its addition, for one image: of convolutions and of matrix
 * products, those of attention too, since the rest is small.
 */
export function multiplyAddsOf(layer: layers.Layer): number {
  if (layer instanceof GraphLayer) return ofNode(layer);
  // Every number of a kernel is used once at every position of the output.
  const positions = product(layer.outputShape.slice(1, -1) as number[]);
  const kernels = layer.weights.filter(({ originalName }) => originalName.endsWith('kernel'));
  const sizes = kernels.map(({ originalName: name, shape }) => {
    return sizeOf({ name, shape: shape as readonly number[] });
  });
  return positions * sizes.reduce((total, size) => total + size, 0);
}

function ofNode(layer: GraphLayer): number {
  const { operator, output } = layer.form.step;
  const values = product(output.shape) / perImage;
  if (operator === 'Conv') {
    const [kernel] = layer.form.weights;
    // Each value is a sum over the channels of its group and the positions of its window.
    return kernel === undefined ? 0 : values * product(kernel.written.slice(1));
  }
  if (operator !== 'MatMul' && operator !== 'Gemm') return 0;
  return values * summands(layer);
}

/** Products in the sum that makes a number of a matrix product: the length of the first's rows. */
function summands(layer: GraphLayer): number {
  const { operator, attributes } = layer.form.step;
  const isTurned = operator === 'Gemm' && attributes['transA'] === 1;
  return firstShape(layer).at(isTurned ? -2 : -1)!;
}

/** The shape of a node's first input in ONNX's order of axes. */
function firstShape(layer: GraphLayer): readonly number[] {
  const { step, weights } = layer.form;
  const source = step.inputs[0]!;
  if ('constant' in source) return source.constant.shape;
  if ('weight' in source) return weights[source.weight]!.written;
  if ('step' in source) return source.step.output.shape;
  const before = layer.inboundNodes[0]!.inboundLayers[source.value]!;
  return before instanceof GraphLayer
    ? before.form.step.output.shape
    : (before.outputShape as number[]);
}
