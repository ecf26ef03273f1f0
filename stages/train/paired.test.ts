import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { datasetBatches } from '../../src/learning/training/training-data.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { digests, smallNet } from '../../test/support/training-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const settings = { model: smallNet, imageSize: 24, batchSize: 4, epochs: 1, seed: 3 };

suite('paired batches', () => {
  const folder = mkdtempSync(join(tmpdir(), 'paired-'));
  const pairs = join(folder, 'pairs');
  const triples = join(folder, 'triples');
  const alone = join(folder, 'alone');
  before(async () => {
    const write = (path: string, size: number) =>
      writeTintedDataset(path, { train: 18, val: 6 }, ['real', 'fake'], undefined, (index) =>
        size === 1 ? undefined : `family ${Math.floor(index / size)}`,
      );
    await write(pairs, 2);
    await write(triples, 3);
    await write(alone, 1);
  });
  after(() => rmSync(folder, { recursive: true }));

  const train = async (dataset: string, more: object) => {
    const bench = new StageBench();
    await bench.run(spec, run, { inputs: { dataset }, with: { ...settings, ...more } });
    return bench;
  };

  test('a photograph and its forgery lie in one batch of every epoch, in changing company', async () => {
    const resize = { width: 8, height: 8, fit: 'cover', kernel: 'linear' } as const;
    const augment = { crop: 0, flip: false };
    await using data = datasetBatches(pairs, {
      batchSize: 4,
      batches: 'paired',
      seed: 3,
      resize,
      augment,
    });
    const companies = new Set<string>();
    for (const epoch of [1, 2, 3]) {
      const seen: number[] = [];
      const ofEpoch: string[] = [];
      for await (const { indices, release } of data.training(epoch)) {
        const families = [...indices].map((index) => Math.floor(index / 2));
        assert.equal(new Set(families).size, indices.length / 2, `${[...indices]}`);
        seen.push(...indices);
        ofEpoch.push([...new Set(families)].toSorted((a, b) => a - b).join('+'));
        release();
      }
      assert.deepEqual(
        seen.toSorted((a, b) => a - b),
        Array.from({ length: 18 }, (_, i) => i),
      );
      companies.add(ofEpoch.toSorted().join());
    }
    assert.equal(companies.size, 3);
  });

  test('training with them repeats to the same bytes, differs from training without, and says that no group is divided', async () => {
    using paired = await train(pairs, { batches: 'paired' });
    assert.equal(paired.logs[0], 'Paired batches keep the images of 9 pairs together.');
    using again = await train(pairs, { batches: 'paired' });
    assert.deepEqual(digests(again), digests(paired));
    using anywhere = await train(pairs, {});
    assert.notEqual(digests(anywhere)[1], digests(paired)[1]);
    using ungrouped = await train(alone, {});
    assert.equal(digests(ungrouped)[1], digests(anywhere)[1], 'groups alone change nothing');
  });

  test('groups that the batches must divide are counted in a warning, with the batch size that serves', async () => {
    using bench = await train(triples, { batches: 'paired' });
    assert.deepEqual(bench.warnings.slice(0, 1), [
      'Paired batches divide 3 of 6 pairs in the first epoch: where pairs have 3 images, choose a batch size that is a multiple of 3.',
    ]);
  });

  test('images without groups, and groups larger than a batch, are refused', async () => {
    await assert.rejects(
      train(alone, { batches: 'paired' }),
      new StageError(
        'Expected pairs of images in train for paired batches, as forge makes them, or images of a common group, got none.',
      ),
    );
    await assert.rejects(
      train(triples, { batches: 'paired', batchSize: 2 }),
      new StageError(
        'Expected a "batchSize" of 3 or more, so that paired batches hold the images of each pair, got 2.',
      ),
    );
  });
});
