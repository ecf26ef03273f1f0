import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parsePairs } from '../../src/learning/metrics/testing-scores.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../test/support/untrained-model.ts';
import run from './run.ts';
import { spec } from './spec.ts';
import type { DetectedEvaluation } from './testing-evaluation.ts';

const folder = mkdtempSync(join(tmpdir(), 'stage-'));
const dataset = join(folder, 'dataset');
const model = join(folder, 'model');
before(async () => {
  await writeTintedDataset(dataset, { train: 4, val: 10, test: 7, lone: 1 });
  await writeUntrainedModel(model);
});
after(() => rmSync(folder, { recursive: true }));

async function evaluated(settings: object, inputs: object = {}): Promise<StageBench> {
  const bench = new StageBench();
  await bench.run(spec, run, {
    inputs: { model, dataset, ...inputs },
    with: { draws: 50, ...settings },
  });
  return bench;
}

function outputs(bench: StageBench) {
  const text = (port: string) => readFileSync(bench.output(port, spec.outputs[port]), 'utf8');
  const scores = parsePairs(text('scores'));
  assert.ok(scores.ok);
  return { scores: scores.value, metrics: JSON.parse(text('metrics')) as DetectedEvaluation };
}

test('every image of the splits gets its two scores, and every split its metrics', async () => {
  using bench = await evaluated({ batchSize: 4 });
  const { scores, metrics } = outputs(bench);

  assert.deepEqual(
    scores.map(({ key, label, source }) => [key, label, source]),
    ['val', 'test'].flatMap((split) =>
      Array.from({ length: split === 'val' ? 10 : 7 }, (_, index) => [
        `${split}/${index}`,
        index % 2,
        'tinted',
      ]),
    ),
  );
  const { accuracy, called, confusion, images, majorityAccuracy } = metrics.splits['test']!;
  const right = scores.filter(
    ({ split, label, negative, positive }) =>
      split === 'test' && (positive > negative ? 1 : 0) === label,
  );
  assert.equal(images, 7);
  assert.equal(accuracy, right.length / 7);
  assert.equal(majorityAccuracy, 4 / 7);
  assert.equal(confusion.trueNegatives + confusion.truePositives, right.length);
  assert.equal(
    called.real,
    scores.filter(({ split, negative, positive }) => split === 'test' && positive <= negative)
      .length,
  );
  assert.equal(called.real + called.fake, 7);
  assert.deepEqual(metrics.chosenEpoch, {
    epoch: 1,
    accuracy: { val: metrics.splits['val']!.accuracy, test: accuracy },
  });
  assert.deepEqual(
    bench.highlights[0]!.rows.map((row) => row.slice(0, 3)),
    [
      ['val', 10, 1],
      ['test', 7, 1],
    ],
  );
  assert.deepEqual(bench.progress.at(-1), { done: 17, total: 17, unit: 'images', note: 'test' });
});

test('scores do not depend on the batch size, up to rounding', async () => {
  using one = await evaluated({ splits: ['test'], batchSize: 1 });
  using all = await evaluated({ splits: ['test'], batchSize: 7 });

  for (const [i, row] of outputs(one).scores.entries()) {
    const other = outputs(all).scores[i]!;
    assert.ok(
      Math.abs(row.negative - other.negative) + Math.abs(row.positive - other.positive) < 1e-6,
    );
  }
});

test('a split with one class has no AUC', async () => {
  using bench = await evaluated({ splits: ['lone'] });

  assert.equal(outputs(bench).metrics.splits['lone']!.auc, null);
  assert.deepEqual(bench.highlights[0]!.rows[0]!.at(5), 'one class only');
  assert.deepEqual(bench.warnings, [
    'lone has only real images: without both classes there is no AUC.',
  ]);
});

test('an unknown split is refused with the names of those that exist', async () => {
  await assert.rejects(evaluated({ splits: ['test2'] }), {
    name: 'StageError',
    message:
      'Expected one of the dataset\'s splits, got "test2". Did you mean "test"? There are train, val, test, lone.',
  });
});

test('classes of other names are evaluated with a warning', async () => {
  const forged = join(folder, 'forged');
  await writeTintedDataset(forged, { test: 2 }, ['original', 'forged']);
  using bench = await evaluated({ splits: ['test'] }, { dataset: forged });

  assert.deepEqual(bench.warnings, [
    'The model was trained on the classes real, fake; here they are original, forged.',
  ]);
});

test('corrupted images get other scores, the same each time and for any batch size', async () => {
  const corrupt = { noise: 20, jpeg: 30 };
  using plain = await evaluated({ splits: ['test'] });
  using one = await evaluated({ splits: ['test'], corrupt });
  using again = await evaluated({ splits: ['test'], corrupt, batchSize: 3 });
  using other = await evaluated({ splits: ['test'], corrupt, seed: 8 });

  for (const [i, { negative }] of outputs(one).scores.entries()) {
    assert.notEqual(outputs(plain).scores[i]!.negative, negative);
    assert.notEqual(outputs(other).scores[i]!.negative, negative);
    assert.ok(Math.abs(outputs(again).scores[i]!.negative - negative) < 1e-6);
  }
});

test('the logits of several views are averaged, and a table says what that changes', async () => {
  const mirrored = { flip: true };
  using plain = await evaluated({ splits: ['test'] });
  using alone = await evaluated({ splits: ['test'], testTime: { scales: [0.5] } });
  using views = await evaluated({ splits: ['test'], testTime: { ...mirrored, crop: 2 } });
  using again = await evaluated({
    splits: ['test'],
    testTime: { ...mirrored, crop: 2 },
    batchSize: 3,
  });

  for (const [i, { negative }] of outputs(views).scores.entries()) {
    assert.notEqual(outputs(plain).scores[i]!.negative, negative);
    assert.ok(Math.abs(outputs(again).scores[i]!.negative - negative) < 1e-6);
  }
  assert.deepEqual(views.infos, ['10 views of an image take 10 times as long to score.']);
  const table = views.highlights.find(({ title }) => title.startsWith('Test-time'))!;
  assert.equal(table.title, 'Test-time augmentation, 10 views of each image');
  assert.deepEqual(table.columns, [
    'split',
    'AUC, 10 views, 95 %',
    'AUC, one view',
    '10 views − one view, same images',
    'p',
  ]);
  const auc = outputs(plain).metrics.splits['test']!.auc!;
  assert.match(String(table.rows[0]![2]), new RegExp(`^${Number(auc.toFixed(4))} `));
  assert.ok(alone.highlights.some(({ title }) => title.includes('2 views')));
});

test('the most confident mistakes are shown, with their images, as a chart', async () => {
  using bench = await evaluated({ splits: ['test'], mistakes: true, corrupt: { blur: 1 } });
  const { metrics } = outputs(bench);
  const sheet = readFileSync(join(bench.output('mistakes'), 'chart.vl.json'), 'utf8');

  const { falsePositives, falseNegatives } = metrics.splits['test']!.confusion;
  assert.equal(sheet.match(/data:image\/jpeg/g)!.length, falsePositives + falseNegatives);
  assert.match(sheet, /Most confident mistakes on test/);
  assert.match(sheet, /Corrupted: blur 1\./);
});
