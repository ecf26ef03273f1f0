import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layers, sequential, setBackend } from '@tensorflow/tfjs';
import { predict } from './predict.ts';

test('a batch may have more logits than a call takes arguments', async () => {
  await setBackend('cpu');
  const images = 150;
  const classes = 1000;
  const model = sequential({ layers: [layers.dense({ units: classes, inputShape: [1] })] });
  const batch = {
    images: new Float32Array(images),
    labels: new Int32Array(images),
    indices: new Uint32Array(images),
    release: () => {},
  };
  async function* batches() {
    yield batch;
  }

  const { logits, labels } = await predict(model, batches());

  assert.deepEqual([logits.length, labels.length], [images * classes, images]);
});
