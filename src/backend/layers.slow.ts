import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { assertAgrees, startBackends, warnings } from '../../test/support/both-backends.ts';
import { type LayerCase, layerCases, NO_LAYERS } from './testing-layers.ts';

before(async () => {
  await startBackends();
  // Where a layer takes no seed, tfjs draws one; so both backends draw the same.
  mock.method(Math, 'random', () => 0.5);
});
after(() => mock.restoreAll());

/**
 * What a layer makes of its inputs, the gradients of a weighted sum of that with respect to inputs
 * and weights, and the weights afterwards, which a BatchNormalization in training moves.
 */
function outcome({ make, inputs, training = false, below, gradients: by }: LayerCase): Tensor[] {
  const layer = make();
  const given = inputs.map((shape, i) => tf.variable(inputOf(shape, i, below)));
  const apply = () =>
    [layer.apply(given.length === 1 ? given[0]! : given, { training })].flat() as Tensor[];
  apply();
  layer.setWeights(
    layer.getWeights().map(({ shape }, i) => tf.randomUniform(shape, 0.1, 0.9, 'float32', 50 + i)),
  );
  const outputs = apply();
  const weights = layer.trainableWeights.map((weight) => weight.read() as Variable);
  const variables = by === undefined ? [...given, ...weights] : { none: [], weights }[by];
  const gradients = gradientsOf(apply, variables);
  const weightsAfter = layer.getWeights().map((weight) => tf.clone(weight));
  tf.dispose([given, layer.weights.map((weight) => weight.read())]);
  return [...outputs, ...gradients, ...weightsAfter];
}

function inputOf(shape: readonly number[], i: number, below: number | undefined): Tensor {
  const values = tf.randomUniform([...shape], -1, 1, 'float32', 1 + i);
  return below === undefined ? values : tf.cast(tf.mul(tf.abs(values), below), 'int32');
}

function gradientsOf(apply: () => Tensor[], variables: Variable[]): Tensor[] {
  if (variables.length === 0) return [];
  const loss = () => {
    const terms = apply().map((output, i) => {
      return tf.sum(tf.mul(output, tf.randomUniform(output.shape, -1, 1, 'float32', 100 + i)));
    });
    return tf.addN(terms) as Scalar;
  };
  const { grads } = tf.variableGrads(loss, variables);
  return variables.map(({ name }) => {
    assert.ok(grads[name], `a gradient with respect to ${name}`);
    return grads[name];
  });
}

describe('every layer of tfjs-layers', () => {
  it('is in the table', () => {
    assert.deepEqual(
      Object.keys(layerCases).sort(),
      Object.keys(tf.layers)
        .filter((name) => !(NO_LAYERS as readonly string[]).includes(name))
        .sort(),
    );
  });
  for (const [name, cases] of Object.entries(layerCases)) {
    it(`computes and differentiates as on cpu: ${name}`, () => {
      for (const layer of cases) assertAgrees(() => outcome(layer), 1e-4);
    });
  }
  // BatchNorm of another axis than the last goes to cpu, whose numbers are then not what the layer
  // means.
  it('normalizes another axis than the last, which cpu does not', () => {
    const mean = tf.tensor1d([0.5, -1]);
    const variance = tf.tensor1d([4, 0.25]);
    const layer = tf.layers.batchNormalization({
      axis: 1,
      scale: false,
      center: false,
      epsilon: 0,
    });
    layer.build([1, 2, 1, 3]);
    layer.setWeights([mean, variance]);
    const output = layer.apply(tf.tensor4d([0.5, 1.5, 2.5, -1, 0, 1], [1, 2, 1, 3])) as Tensor;
    assert.deepEqual([...output.dataSync()], [0, 0.5, 1, 0, 2, 4]);
  });
  it('runs as ONNX from end to end, but for volumes, cropping and counting categories', () => {
    const onCpu = warnings.map((warning) => /^Kernel (\w+) /.exec(warning)?.[1]);
    const pools = ['AvgPool3D', 'AvgPool3DGrad', 'MaxPool3D', 'MaxPool3DGrad'];
    const volumes = ['Conv3D', 'Conv3DBackpropFilterV2', 'Conv3DBackpropInputV2', ...pools];
    assert.deepEqual(onCpu.sort(), [...volumes, 'CropAndResize', 'DenseBincount'].sort());
  });
});
