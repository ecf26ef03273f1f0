import {
  cast,
  fill,
  greater,
  less,
  logicalAnd,
  mul,
  type NamedAttrMap,
  registerGradient,
  type Tensor,
  unregisterGradient,
  util,
} from '@tensorflow/tfjs';

/**
 * Replaces the gradients of Sum and Mean, for every backend, by cheaper ones with the same numbers.
 * tfjs multiplies by an array of ones that it fills on the host: for BatchNorm alone, twice all of
 * a net's activations in every step. A `fill` is only a number until somebody reads it.
 *
 * The gradient of ReLU6 is computed from its output, which the layer after it keeps anyway, and not
 * from its input. Where the output is 6, it is 0, as in TensorFlow and PyTorch.
 */
export function registerGradients(): void {
  for (const kernelName of ['Sum', 'Mean'] as const) {
    unregisterGradient(kernelName);
    registerGradient({
      kernelName,
      inputsToSave: ['x'],
      gradFunc: (dy, [x], attributes) => ({
        x: () => spread(dy as Tensor, x as Tensor, attributes, kernelName),
      }),
    });
  }
  unregisterGradient('Relu6');
  registerGradient({
    kernelName: 'Relu6',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => mul(dy as Tensor, cast(logicalAnd(greater(y!, 0), less(y!, 6)), 'float32')),
    }),
  });
}

/** The gradient of a sum or mean, `dy`, at each of the elements of `x`. */
function spread(dy: Tensor, x: Tensor, attributes: NamedAttrMap, of: 'Sum' | 'Mean'): Tensor {
  const axes = util.parseAxisParam(attributes['axis'] as number[], x.shape);
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const count = x.size / util.sizeFromShape(kept);
  const share = of === 'Sum' ? dy : dy.div(count);
  return share.reshape(kept).mul(fill(x.shape, 1));
}
