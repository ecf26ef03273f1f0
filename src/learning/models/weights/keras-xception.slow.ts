import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setBackend } from '@tensorflow/tfjs';
import { writeKerasH5 } from '../../../../test/support/keras-h5.ts';
import { kerasXception } from '../../../../test/support/keras-xception.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { loadNet, weightsOf } from './testing-weights.ts';

before(() => setBackend('cpu'));

test('Keras’s file for Xception fills all but the head, and finds the unnamed layers by their order', async (t) => {
  const tensors = kerasXception();
  const path = join(temporaryFolder(t), 'xception_notop.h5');
  await writeKerasH5(path, tensors);
  const { model, random, unused, naming, normalise } = await loadNet('xception-based', 71, path);

  const values = (name: string) => tensors.find((tensor) => tensor.name === name)!.values;
  assert.deepEqual(weightsOf(model, 'block13_shortcut'), [values('conv2d_4/kernel')]);
  assert.deepEqual(
    weightsOf(model, 'block2_shortcut_bn'),
    ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) =>
      values(`batch_normalization_1/${name}`),
    ),
  );
  assert.deepEqual(weightsOf(model, 'block10_sepconv2'), [
    values('block10_sepconv2/depthwise_kernel'),
    values('block10_sepconv2/pointwise_kernel'),
  ]);
  assert.equal(tensors.length, 234);
  assert.deepEqual(unused, []);
  assert.deepEqual(random, [
    'dense1 (expected dense1/kernel of 2048 x 1000, got no tensor of that name)',
    'dense2 (expected dense2/kernel of 1000 x 256, got no tensor of that name)',
    'dense3 (expected dense3/kernel of 256 x 64, got no tensor of that name)',
    'logits (expected logits/kernel of 64 x 2, got no tensor of that name)',
  ]);
  assert.equal(naming, 'Keras');
  assert.deepEqual(normalise, { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] });
});
