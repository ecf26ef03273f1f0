import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { csvRecords } from '../../src/csv.ts';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { logisticRegressions } from '../linear/logistic-regression.ts';
import { fitWeights, meanOfLogits, meanOfRanks } from './fusion.ts';
import run from './run.ts';
import { spec } from './spec.ts';

test('the mean of logits is the geometric mean of probabilities', () => {
  const one = [[Math.log(0.8), Math.log(0.2)]];
  const other = [[Math.log(0.5), Math.log(0.5)]];
  const { logits, weights } = meanOfLogits([one, other]);
  assert.deepEqual(weights, [0.5, 0.5]);
  const odds = Math.exp(logits[0]![0]! - logits[0]![1]!);
  assert.ok(Math.abs(odds - Math.sqrt(4)) < 1e-12);
});

test('ranks forget the scale of a model, count ties half, and are probabilities of two classes', () => {
  const evidence = [-2, -1, -1, 3];
  const images = evidence.map((value) => [0, value]);
  const stretched = evidence.map((value) => [0, 1000 * value]);
  const fitted = { indices: [0, 1, 2, 3], labels: [0, 0, 1, 1] };
  const { logits } = meanOfRanks([images, stretched], fitted);
  const ofPositive = logits.map(([, positive]) => Math.exp(positive!));
  const wanted = [1 / 5, 2.5 / 5, 2.5 / 5, 4 / 5];
  for (const [i, rank] of wanted.entries()) {
    assert.ok(Math.abs(ofPositive[i]! - rank) < 1e-12);
    const sum = logits[i]!.reduce((total, logit) => total + Math.exp(logit), 0);
    assert.ok(Math.abs(sum - 1) < 1e-12);
  }
});

/** Evidence of two models with mean 0 and deviation 1, the first better than the second. */
function drawnEvidence(count: number) {
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const columns = [1.5, 0.5].map((shift, model) => {
    const values = labels.map(
      (label, i) => new Random('evidence', model, i).normal() + shift * (label - 0.5),
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / count);
    return values.map((value) => (value - mean) / deviation);
  });
  return { labels, columns };
}

test('fitted weights are those of a logistic regression with C = 1, whatever the scales', () => {
  const { labels, columns } = drawnEvidence(200);
  const width = columns.length;
  const values = Float32Array.from(labels.flatMap((_, i) => columns.map((column) => column[i]!)));
  const [fit] = [...logisticRegressions({ values, width, labels }, 2, [1])];
  const wanted = columns.map((_, m) => 2 * fit!.classifier.weights[2 * m + 1]!);

  const scales = [7, 0.01];
  const models = columns.map((column, m) => column.map((value) => [3, 3 + scales[m]! * value]));
  const { weights } = fitWeights(models, { indices: labels.map((_, i) => i), labels });
  for (const [m, weight] of weights.entries())
    assert.ok(Math.abs(weight * scales[m]! - wanted[m]!) < 1e-3, `${weight} of ${wanted[m]}`);
});

test('a model that says the same of every image has no weight, and one that knows all is bounded', () => {
  const labels = [0, 1, 0, 1];
  const constant = labels.map(() => [2, 2]);
  const perfect = labels.map((label) => [0, label === 1 ? 5 : -5]);
  const { weights } = fitWeights([constant, perfect], { indices: [0, 1, 2, 3], labels });
  assert.equal(weights[0], 0);
  assert.ok(weights[1]! > 0 && weights[1]! < 10);
});

/** A file of scores of two classes for val and test; `shift` says how good the model is. */
function scoresFile(bench: StageBench, name: string, shift: number, count = 1000): string {
  const lines = ['val', 'test'].flatMap((split) =>
    Array.from({ length: count }, (_, i) => {
      const label = i % 2;
      const fake = new Random(name, split, i).normal() + shift * (label - 0.5);
      return `${i}.jpg,${split},${label === 1 ? 'fake' : 'real'},0,${fake}`;
    }),
  );
  const path = join(bench.root, `${name}.csv`);
  const header = 'key,split,label,score.real,score.fake';
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
  return path;
}

const artifact = (path: string, stage: string) => ({ path, labels: { stage } });

test('two models with errors of their own are better together, and the table says by how much', async () => {
  using bench = new StageBench();
  const inputs = {
    scores: [
      artifact(scoresFile(bench, 'one', 1.5), 'one'),
      artifact(scoresFile(bench, 'other', 1.2), 'other'),
    ],
  };
  for (const by of ['logits', 'ranks', 'weights'] as const) {
    bench.highlights.length = 0;
    await bench.run(spec, run, { inputs, with: { by } });
    const text = readFileSync(bench.output('scores', spec.outputs['scores']), 'utf8');
    const fused = parseScores(text);
    assert.ok(fused.ok);
    assert.equal(fused.value.rows.length, 2000);
    const gain = bench.highlights.at(-1)!;
    assert.equal(gain.title, 'Fusion against one, the best on val');
    const [, test] = gain.rows;
    assert.match(String(test![3]), /^\+0\.0\d+ /, by);
  }
  assert.deepEqual(bench.highlights[0]!.columns, [
    'model',
    'weight',
    'spread of its logits on val',
    'share of the sum',
  ]);
  const weights = [
    ...csvRecords(readFileSync(bench.output('weights', spec.outputs['weights']), 'utf8')),
  ].map(({ fields }) => fields);
  assert.deepEqual(
    weights.map(([model]) => model),
    ['model', 'one', 'other'],
  );
  assert.ok(Number(weights[1]![1]) > Number(weights[2]![1]));
});

test('images, labels and classes that models do not share are said', async () => {
  using bench = new StageBench();
  const one = scoresFile(bench, 'one', 1);
  const change = (name: string, from: string, to: string) => {
    const path = join(bench.root, `${name}.csv`);
    writeFileSync(path, readFileSync(one, 'utf8').replaceAll(from, to));
    return path;
  };
  const failing = async (path: string, by = 'logits') => {
    const inputs = { scores: [artifact(one, 'one'), artifact(path, 'two')] };
    const attempt = bench.run(spec, run, { inputs, with: { by } });
    const error = await attempt.then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(error instanceof StageError);
    return error.message;
  };
  assert.equal(
    await failing(change('renamed', '\n7.jpg,val', '\n7b.jpg,val')),
    'Input "scores": expected the same images in the scores of all models, but "7.jpg" of val is in those of one and not in those of two; give all models the same data set and splits.',
  );
  assert.equal(
    await failing(change('relabelled', '\n7.jpg,val,fake', '\n7.jpg,val,real')),
    'Input "scores": expected one label for "7.jpg" of val, got fake in the scores of one and real in those of two.',
  );
  assert.equal(
    await failing(change('others', 'score.fake', 'score.swap')),
    'Input "scores": expected scores of the same classes, got real, fake of one and real, swap of two.',
  );
  const withoutVal = change('without', ',val,', ',train,');
  const inputs = { scores: [artifact(withoutVal, 'one'), artifact(withoutVal, 'two')] };
  await assert.rejects(
    async () => bench.run(spec, run, { inputs, with: { by: 'ranks' } }),
    new StageError(
      'Expected scores of val, to which "ranks" is fitted, got none. There are train, test.',
    ),
  );
});
