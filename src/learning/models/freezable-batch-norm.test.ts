import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { layers, sequential, setBackend, type Tensor, tensor } from '@tensorflow/tfjs';
import { freezableBatchNorm } from './freezable-batch-norm.ts';

before(() => setBackend('cpu'));

const byBatch = [-1, 1];
const byMovingStatistics = [(1 - 2) / 2, (5 - 2) / 2];

test('it normalises by the statistics of the batch and remembers them; while frozen, by its moving statistics', () => {
  const layer = freezableBatchNorm({ momentum: 0.5, epsilon: 1e-12 });
  const model = sequential({ layers: [layers.inputLayer({ inputShape: [1] }), layer] });
  layer.setWeights([tensor([1]), tensor([0]), tensor([2]), tensor([4])]);
  const train = () => {
    const output = model.apply(tensor([[1], [5]]), { training: true }) as Tensor;
    return [...output.dataSync()];
  };
  const statistics = () =>
    layer
      .getWeights()
      .slice(2)
      .map((values) => values.dataSync()[0]);

  layer.trainable = false;
  assert.deepEqual([train(), statistics()], [byMovingStatistics, [2, 4]]);
  layer.trainable = true;
  assert.deepEqual([train(), statistics()], [byBatch, [2.5, 4]]);
});

test('it is saved as tfjs’s own', () => {
  const described = (make: typeof freezableBatchNorm) => {
    const layer = make({ name: 'bn', momentum: 0.5 });
    return { className: layer.getClassName(), config: layer.getConfig() };
  };
  const ours = described(freezableBatchNorm);
  const theirs = described(layers.batchNormalization);

  assert.deepEqual(ours, theirs);
});
