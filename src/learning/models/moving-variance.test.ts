import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Tensor, tensor2d } from '@tensorflow/tfjs';
import { buildHead } from './build-net.ts';
import { headOf } from './feature-head.ts';

test('BatchNorm’s moving variance is that of the batch, where PyTorch multiplies it by n/(n - 1)', () => {
  const model = buildHead(headOf({ layers: ['batchNorm', { dense: 2 }] }), 1);
  (model.apply(tensor2d([1, 2, 3, 6], [4, 1]), { training: true }) as Tensor).dispose();
  const index = model.weights.findIndex(({ name }) => name.includes('moving_variance'));
  const [variance] = model.getWeights()[index]!.dataSync();
  // Momentum 0.9 from 1; the four values have a variance of 3.5, and an unbiased one of 4.667.
  assert.ok(Math.abs(variance! - (0.9 + 0.1 * 3.5)) < 1e-6, `${variance}`);
  model.dispose();
});
