import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { LayersModel } from '@tensorflow/tfjs';
import { ones, setBackend } from '@tensorflow/tfjs';
import { buildNet } from './build-net.ts';
import { initialiseWeights } from './initial-weights.ts';
import { netOf } from './model-setting.ts';
import { untrainedCopy } from './untrained-copy.ts';

before(() => setBackend('cpu'));

const valuesOf = (model: LayersModel) => model.getWeights().map((weight) => weight.dataSync<'float32'>());

test('a copy begins as its model began, whatever was learned, and the model keeps that', async () => {
  const [fresh, trained] = [buildNet(netOf('tiny-xception'), 64), buildNet(netOf('tiny-xception'), 64)];
  initialiseWeights(fresh, 3);
  trained.setWeights(trained.getWeights().map(({ shape }) => ones(shape)));
  const copy = await untrainedCopy(trained, 3);

  assert.deepEqual(valuesOf(copy), valuesOf(fresh));
  assert.deepEqual(
    copy.layers.map(({ name }) => name),
    trained.layers.map(({ name }) => name),
  );
  assert.ok(valuesOf(trained).every((values) => values.every((value) => value === 1)));
});
