import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { layers, sequential, setBackend, tensor } from '@tensorflow/tfjs';
import { type BestEpoch, bestOf } from './training-state.ts';

before(() => setBackend('cpu'));

test('accuracy decides, then loss, then the earlier epoch', async () => {
  const model = sequential({ layers: [layers.dense({ units: 1, useBias: false, inputShape: [1] })] });
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
