import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32c, eventFile, historyEvents } from './tensorboard.ts';

/** Made by test/golden/tensorboard.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/tensorboard.json', import.meta.url), 'utf8'),
) as {
  readonly scalars: readonly [string, number, number][];
  readonly hex: string;
};

test('an event file has the bytes that TensorBoard reads', () => {
  const scalars = golden.scalars.map(([tag, step, value]) => ({ tag, step, value }));

  assert.equal(eventFile(scalars).toString('hex'), golden.hex);
});

test('the checksum is that of RFC 3720', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
});

test('a history becomes a run for each split, with the learning rate in that of the training split', () => {
  const learningRate = 0.25;
  const running = { loss: 0.7, accuracy: 0.5 };
  const val = { loss: 0.6, accuracy: 0.75 };

  const files = historyEvents({
    splits: ['val'],
    epochs: [{ epoch: 1, learningRate, running, splits: { val } }],
    chosenEpoch: 1,
  });

  const file = 'events.out.tfevents.0.restage';
  assert.deepEqual(
    [...files],
    [
      [
        `train/${file}`,
        eventFile([
          { tag: 'running_loss', step: 1, value: 0.7 },
          { tag: 'running_accuracy', step: 1, value: 0.5 },
          { tag: 'learning_rate', step: 1, value: 0.25 },
        ]),
      ],
      [
        `val/${file}`,
        eventFile([
          { tag: 'loss', step: 1, value: 0.6 },
          { tag: 'accuracy', step: 1, value: 0.75 },
        ]),
      ],
    ],
  );
});
