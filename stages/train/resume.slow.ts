import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseHistory } from '../../src/learning/training/history.ts';
import type { Checkpoint } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'resume-'));
const dataset = join(folder, 'dataset');
const pairOf = (index: number) => `pair ${Math.floor(index / 2)}`;
before(() =>
  writeTintedDataset(dataset, { train: 10, val: 70 }, ['real', 'fake'], undefined, pairOf),
);
after(() => rmSync(folder, { recursive: true }));

const layers = [
  { conv: 4, kernel: 5, stride: 2 },
  'batchNorm',
  'relu',
  { dropout: 0.3 },
  { maxPool: 2 },
  'flatten',
  { dense: 8 },
  'relu',
  { dense: 2 },
];
/**
 * Validation has more batches than the runs after which unchanged weights become constants, which
 * changes the rounding.
 */
const small = {
  model: { layers },
  imageSize: 24,
  batchSize: 2,
  epochs: 3,
  seed: 3,
  augment: { crop: 2 },
};

interface Trained {
  /** After every epoch. */
  readonly checkpoints: readonly Checkpoint[];
  readonly files: readonly string[];
  readonly chosenEpoch: number;
  readonly infos: readonly string[];
  readonly progress: StageBench['progress'];
}

/** Trains, from a checkpoint if there is one. */
async function train(settings: object, from?: Checkpoint): Promise<Trained> {
  using bench = new StageBench();
  const checkpoints: Checkpoint[] = [];
  const store = {
    load: () => from,
    save: (checkpoint: Checkpoint) => void checkpoints.push(checkpoint),
  };
  await bench.run(spec, run, { inputs: { dataset }, with: settings, checkpoints: store });
  const history = readFileSync(bench.output('history', spec.outputs['history']), 'utf8');
  const model = ['model.json', 'weights.bin', 'info.json'].map((file) =>
    join(bench.output('model'), file),
  );
  const files = [...model.map((file) => readFileSync(file, 'base64')), history];
  const parsed = parseHistory(history);
  assert.ok(parsed.ok);
  const { infos, progress } = bench;
  return { checkpoints, files, chosenEpoch: parsed.value.chosenEpoch, infos, progress };
}

const ways = {
  'momentum by steps': {
    optimizer: {
      kind: 'sgd',
      learningRate: 0.01,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 0.01,
    },
    schedule: { kind: 'step', every: 2, factor: 0.5 },
  },
  'layers unfrozen one after another, averaged weights, a plateau and clipped gradients': {
    freeze: ['conv1', 'bn1', 'dense1'],
    unfreeze: [
      { epoch: 2, layers: ['dense1'] },
      { epoch: 3, layers: ['bn1'] },
    ],
    ema: { decay: 0.8 },
    optimizer: { kind: 'adam', learningRate: 0.003 },
    schedule: { kind: 'plateau', patience: 0, threshold: 0.2, warmUp: 1.5 },
    clip: { norm: 0.5 },
    loss: { labelSmoothing: 0.1 },
    epochs: 4,
  },
  'frozen layers whose features are computed once': {
    freeze: 'backbone',
    augment: { crop: 0, flip: false },
  },
  'AdamW along a cosine, with rates that fall from layer to layer,': {
    optimizer: { kind: 'adamw' },
    rates: { decay: 0.8 },
    schedule: { kind: 'cosine' },
    trainValues: 'running',
  },
  'paired batches': { batches: 'paired', batchSize: 4 },
};

for (const [name, way] of Object.entries(ways)) {
  test(`interrupted after any epoch and resumed, training with ${name} ends with the same bytes`, async () => {
    const settings = { ...small, ...way };
    const unbroken = await train(settings);
    for (const [index, checkpoint] of unbroken.checkpoints.entries()) {
      const { files, infos } = await train(settings, checkpoint);
      assert.match(
        infos[0]!,
        new RegExp(`^resumes after epoch ${index + 1} of [34], from a checkpoint$`),
      );
      assert.deepEqual(files, unbroken.files);
    }
  });
}

test('a longer training resumes after the last epoch of a shorter one, and keeps the best of all epochs', async () => {
  const long = await train({ ...small, epochs: 4 });
  const short = await train({ ...small, epochs: 2 });
  const { files, infos, progress } = await train({ ...small, epochs: 4 }, short.checkpoints.at(-1));

  assert.deepEqual(infos, ['resumes after epoch 2 of 4, from a checkpoint']);
  assert.deepEqual(files, long.files);
  const first = progress[0]!;
  assert.match(first.note!, /^epoch 3\/4, loss /);
  assert.deepEqual([first.done, first.total], [2 * 90 + 2, 4 * 90]);
});

test('a training that was stopped early is complete when it is resumed, and continues with more patience', async () => {
  const settings = (patience: number) => ({
    ...small,
    epochs: 9,
    optimizer: { kind: 'sgd', learningRate: 1e-9 },
    earlyStopping: { patience },
  });
  const single = await train(settings(1));
  const two = await train(settings(2));
  assert.equal(single.checkpoints.length, single.chosenEpoch + 1);

  const again = await train(settings(1), single.checkpoints.at(-1));
  assert.deepEqual([again.files, again.checkpoints.length], [single.files, 0]);
  assert.equal(again.infos.length, 2);
  assert.deepEqual((await train(settings(2), single.checkpoints.at(-1))).files, two.files);
});

test('with a schedule over all epochs of the last rung, the rungs together equal one training, in the kept epoch too', async () => {
  const rung = (epochs: number) => ({
    ...small,
    epochs,
    by: 'auc',
    optimizer: { kind: 'adamw', learningRate: 0.01 },
    schedule: { kind: 'cosine', epochs: 4, warmUp: 0.5 },
  });
  const unbroken = await train(rung(4));
  const first = await train(rung(1));
  const second = await train(rung(2), first.checkpoints.at(-1));
  const last = await train(rung(4), second.checkpoints.at(-1));
  assert.deepEqual(
    [first, second, last].map(({ checkpoints }) => checkpoints.length),
    [1, 1, 2],
  );
  assert.deepEqual(last.files, unbroken.files);
  const { epochs, chosenEpoch, by } = JSON.parse(last.files.at(-1)!);
  const areas = epochs.map(
    ({ splits }: { splits: { val: { selected: number } } }) => splits.val.selected,
  );
  assert.deepEqual([by, areas[chosenEpoch - 1]], ['auc', Math.max(...areas)]);
});

test('a metric that the classes do not have is refused before training', async () => {
  await assert.rejects(train({ ...small, by: 'top5Accuracy' }), {
    message:
      /^Expected a metric of 2 classes in "by", got top5Accuracy; there are auc, accuracy, .*\.$/,
  });
});
