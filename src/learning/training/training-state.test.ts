import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { layers, sequential, setBackend, tensor } from '@tensorflow/tfjs';
import { betterOf } from './better-epoch.ts';
import { type BestEpoch, bestOf } from './training-state.ts';

before(() => setBackend('cpu'));

test('accuracy decides, then loss, then the earlier epoch', async () => {
  const model = sequential({
    layers: [layers.dense({ units: 1, useBias: false, inputShape: [1] })],
  });
  let best: BestEpoch | undefined;
  const epochs = [
    { accuracy: 0.5, loss: 0.6 },
    { accuracy: 0.7, loss: 0.9 },
    { accuracy: 0.6, loss: 0.1 },
    { accuracy: 0.7, loss: 0.8 },
    { accuracy: 0.7, loss: 0.8 },
  ];

  const isBest: boolean[] = [];
  for (const [epoch, values] of epochs.entries()) {
    model.setWeights([tensor([[epoch]])]);
    const earlier = best;
    best = await bestOf(earlier, values, model);
    isBest.push(best !== earlier);
  }

  assert.deepEqual(isBest, [true, true, false, true, false]);
  assert.deepEqual(best!.weights, [Float32Array.of(3)]);
});

test('another metric decides by its own direction, and an epoch without a value comes last', () => {
  const epoch = (selected?: number, loss = 0.5) => ({
    epoch: 1,
    learningRate: 1,
    running: { accuracy: 0, loss },
    splits: { val: { accuracy: 0.9, loss, ...(selected !== undefined && { selected }) } },
  });
  const low = epoch(0.1);
  const high = epoch(0.2);
  const none = epoch();
  assert.equal(betterOf(low, high, 'auc'), high);
  assert.equal(betterOf(low, high, 'equalErrorRate'), low);
  assert.equal(betterOf(none, low, 'auc'), low);
  assert.equal(betterOf(low, none, 'auc'), low);
  const better = epoch(0.1, 0.4);
  assert.equal(betterOf(low, better, 'auc'), better);
});
