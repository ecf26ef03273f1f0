import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { Random } from '../../src/random.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import type { DetectedSplit } from './detector.ts';
import type { ClassifiedSplit, EvaluatedSplit } from './evaluation.ts';
import { mistakesOn } from './mistakes-chart.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const classes = ['real', 'Deepfakes', 'FaceSwap'];

/**
 * A file of scores for three classes; images of NeuralTextures, which is none of them, look real.
 */
function file(labels: readonly string[], first = 0, split = 'test'): string {
  const random = new Random('scores', split, first);
  const lines = labels.map((label, i) => {
    const near = label === 'NeuralTextures' ? 'real' : label;
    const scores = classes.map((name) => (random.normal() + (name === near ? 2 : 0)).toFixed(3));
    const of = label === 'real' ? 'real' : 'fake';
    return [
      `${first + i}.jpg`,
      split,
      label,
      ...scores,
      of,
      label,
      `video ${i % 40}`,
      i % 3 === 0 ? 'old' : 'new',
    ].join();
  });
  const header = [
    'key',
    'split',
    'label',
    ...classes.map((name) => `score.${name}`),
    'class',
    'source',
    'group',
  ];
  return `${[...header, 'slice.camera'].join()}\n${lines.join('\n')}\n`;
}

const many = (count: number) => Array.from({ length: count }, (_, i) => classes[i % 3]!);

async function evaluated(texts: readonly string[], settings: object = {}) {
  const bench = new StageBench();
  const scores = texts.map((text, i) => {
    const path = join(bench.root, `${i}.csv`);
    writeFileSync(path, text);
    return path;
  });
  await bench.run(spec, run, {
    inputs: { scores },
    with: { splits: ['test'], draws: 50, ...settings },
  });
  const metrics = JSON.parse(
    readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'),
  );
  return { bench, split: metrics.splits.test as Extract<EvaluatedSplit, ClassifiedSplit>, metrics };
}

test('several classes are measured as a whole and each against all others, with intervals', async () => {
  const { bench, split } = await evaluated([file(many(120))]);
  using _ = bench;
  assert.deepEqual(split.counts, { real: 40, Deepfakes: 40, FaceSwap: 40 });
  assert.equal(split.classCount, 3);
  assert.ok(Math.abs(split.chanceLoss - Math.log(3)) < 1e-12);
  for (const name of ['auc', 'accuracy', 'macroF1', 'cohensKappa'] as const) {
    const [low, high] = split.intervals[name]!;
    assert.ok(low < split[name]! && split[name]! < high, name);
  }
  assert.ok(split.calibrationError! > 0 && split.classwiseCalibrationError! > 0);
  assert.deepEqual(
    [split.intervals.calibrationError, split.intervals.classwiseCalibrationError],
    [null, null],
  );
  const { confusion, classes: each } = split;
  const called = Object.values(confusion).map((row) => row['Deepfakes']!);
  assert.equal(
    each['Deepfakes']!.precision,
    confusion['Deepfakes']!['Deepfakes']! / called.reduce((a, b) => a + b),
  );
  assert.ok(each['FaceSwap']!.auc! > 0.8 && each['FaceSwap']!.intervals.auc![1] <= 1);
  assert.equal('detection' in split, false);
  assert.deepEqual(
    bench.highlights.map(({ title }) => title),
    [
      'Evaluation, 95 % intervals',
      'By class, each against all others',
      'Most confused classes',
      'By slice, the worst accuracy first',
    ],
  );
});

test('with positive classes the scores are a detector’s too, with rates by source; an unknown source counts there alone', async () => {
  const labels = [...many(120), ...Array(30).fill('NeuralTextures')];
  const { bench, split } = await evaluated([file(labels)], { positive: ['fake'] });
  using _ = bench;
  const detection = split.detection as DetectedSplit & { real: number; fake: number };
  assert.deepEqual([split.images, detection.real, detection.fake], [120, 40, 110]);
  assert.ok(detection.sources!['FaceSwap']!.calledRight! > 0.7);
  assert.ok(detection.sources!['NeuralTextures']!.calledRight! < 0.5);
  const { unknown, images, labels: names } = split.openSet!;
  assert.deepEqual([unknown, images, names], [30, 150, ['NeuralTextures']]);
  assert.ok(
    bench.infos.some((line) => /does not know NeuralTextures; .* leave out 30 images/.test(line)),
  );
});

test('slices are listed with the worst first, and small ones cause a warning', async () => {
  const { bench, split } = await evaluated([file(many(60))]);
  using _ = bench;
  const [[first, worse], [, better]] = Object.entries(split.slices!['camera']!) as [
    [string, ClassifiedSplit],
    [string, ClassifiedSplit],
  ];
  assert.ok(worse.accuracy! <= better.accuracy!, first);
  assert.equal(worse.images + better.images, 60);
  assert.deepEqual(bench.warnings, ['test: fewer than 30 images are too few to judge camera old.']);
});

/** Scores of cats and dogs with the year of each image. */
function years(lines: readonly string[]): string {
  return `key,split,label,score.cat,score.dog,slice.year\n${lines.map((line, i) => `${i},test,${line}\n`).join('')}`;
}
const half = (year: number, right: number) => [`cat,${right},0,${year}`, `dog,0,${right},${year}`];

test('slices named by integers keep the worst first, also where more are measured than shown', async () => {
  const lines = Array.from({ length: 12 }, (_, i) => half(2010 + i, i === 11 ? -1 : 1)).flat();
  const { bench, split } = await evaluated([years(lines)]);
  using _ = bench;
  assert.deepEqual(Object.keys(split.slices!['year']!)[0], '2010');
  assert.deepEqual(split.worstFirst!['year']!.slice(0, 2), ['2021', '2010']);
  const { rows } = bench.highlights.find(
    ({ title }) => title === 'By slice, the worst accuracy first',
  )!;
  assert.deepEqual(rows[0]!.slice(0, 3), ['test', 'year', '2021']);
  assert.equal(rows.length, 10);
});

test('slices of one class, which have no AUC, come last and leave the order of the others', async () => {
  const alone = (year: string) => [`cat,1,0,${year}`];
  const named = (year: string, right: number) => [
    `cat,${right},0,${year}`,
    `dog,0,${right},${year}`,
  ];
  const lines = [
    ...named('good', 1),
    ...alone('none'),
    ...named('bad', -1),
    ...alone('null'),
    ...named('even', 0),
  ];
  const { bench, split } = await evaluated([years(lines)], { sliceBy: 'auc' });
  using _ = bench;
  assert.deepEqual(Object.keys(split.slices!['year']!), ['bad', 'even', 'good', 'none', 'null']);
});

test('slices of several classes are also measured as a detector’s, and can be ordered by its metrics', async () => {
  const settings = { positive: ['fake'], sliceBy: 'recall' };
  const { bench, split } = await evaluated([file(many(60))], settings);
  using _ = bench;
  const recalls = Object.values(split.slices!['camera']!).map(
    (of) => (of as ClassifiedSplit & { detection: DetectedSplit }).detection.recall!,
  );
  assert.ok(recalls[0]! <= recalls[1]!);
  const { columns } = bench.highlights.find(
    ({ title }) => title === 'By slice, the worst recall first',
  )!;
  assert.deepEqual(columns, ['split', 'slice', 'value', 'images', 'accuracy', 'recall']);
});

test('slices cannot be ordered by a metric that they do not have', async () => {
  await assert.rejects(evaluated([file(many(60))], { sliceBy: 'recall' }), {
    message: /^Expected a metric of the slices as "sliceBy", got "recall"\. There are .*accuracy/,
  });
  assert.equal(spec.settings.safeParse({ sliceBy: 'acuracy' }).success, false);
});

test('with a label beside two classes there is no detector, unless positive labels are named', async () => {
  const lines = ['a,test,cat,1,0', 'b,test,dog,0,1', 'c,test,owl,0,1'];
  const text = `key,split,label,score.cat,score.dog\n${lines.join('\n')}\n`;
  const { bench, split } = await evaluated([text]);
  using _ = bench;
  assert.deepEqual([split.images, split.openSet!.unknown, 'detection' in split], [2, 1, false]);
  const named = await evaluated([text], { positive: ['dog', 'owl'] });
  using _also = named.bench;
  assert.deepEqual([named.split.detection!.images, named.split.detection!.accuracy], [3, 1]);
});

test('a split with labels alone that the scores do not know is refused, with both', async () => {
  const text = 'key,split,label,score.cat,score.dog\na,test,owl,1,0\nb,test,2,0,1\n';
  await assert.rejects(evaluated([text]), {
    message:
      'Expected images of cat, dog in test, got only images of owl, 2, for which there are no scores.',
  });
});

test('the scores of folds are put together, and an image in two of them is refused', async () => {
  const { bench, split } = await evaluated([file(many(60)), file(many(60), 60)]);
  using _ = bench;
  assert.equal(split.images, 120);
  await assert.rejects(evaluated([file(many(3)), file(many(3))]), {
    message:
      'Expected every image in one of the scores, got "0.jpg" of test in two. Several scores are put together, as those of ' +
      'the folds of a cross-validation. To evaluate each by itself, give each a stage of its own.',
  });
});

test('scores of several seeds are no folds: the message says how each gets its own evaluation', async () => {
  using bench = new StageBench();
  const scores = [1, 2].map((seed) => {
    const path = join(bench.root, `${seed}.csv`);
    writeFileSync(path, file(many(3)));
    return { path, labels: { seed: String(seed) } };
  });
  await assert.rejects(bench.run(spec, run, { inputs: { scores }, with: { splits: ['test'] } }), {
    message:
      'Expected every image in one of the scores, got "0.jpg" of test in two. Several scores are put together, as those of ' +
      'the folds of a cross-validation. To evaluate each by itself, leave the brackets out, as in scores: fit.scores.',
  });
});

test('labels that may be wrong are ranked, the least likely first', async () => {
  const lines = ['a,test,cat,9,0,0', 'b,test,cat,0,9,0', 'c,test,owl,0,0.5,0', 'd,test,newt,0,0,9'];
  const text = ['key,split,label,score.cat,score.dog,score.owl', ...lines].join('\n');
  const { bench } = await evaluated([text], { labelErrors: true });
  using _ = bench;
  const ranked = readFileSync(
    bench.output('labelErrors', spec.outputs['labelErrors']),
    'utf8',
  ).split('\n');
  assert.deepEqual(
    ranked.map((line) => line.split(',').slice(0, 4).join()),
    ['key,split,label,called', 'b,test,cat,dog', 'c,test,owl,dog', ''],
  );
});

test('a class without images is left out of means, and the temperature of val is applied', async () => {
  const labels = many(60).filter((label) => label !== 'FaceSwap');
  const text = file(labels) + file(many(90), 0, 'val').split('\n').slice(1).join('\n');
  const { bench, split, metrics } = await evaluated([text], { splits: ['val', 'test'] });
  using _ = bench;
  assert.ok(metrics.fittedOnVal.temperature > 0);
  assert.ok(split.withValTemperature!.loss! > 0);
  assert.equal(split.classes['FaceSwap']!.recall, null);
  assert.ok(
    bench.warnings.includes(
      'test has no images of FaceSwap, which is left out of means over classes.',
    ),
  );
});

test('of several classes, mistakes are drawn for the most confused pairs', () => {
  const table = parseScores(file([...many(120), 'NeuralTextures']));
  assert.ok(table.ok);
  const pairs = mistakesOn('test', table.value);
  assert.ok(
    pairs.length > 0 && pairs.every(({ label, called, count }) => label !== called && count > 0),
  );
  assert.deepEqual(
    pairs.toSorted((a, b) => b.count - a.count),
    pairs,
  );
  for (const { worst, called } of pairs)
    assert.ok(worst.every(({ scores }) => Math.max(...scores) === scores[called]));
});

test('classes named by integers stay on their sides in the tables', async () => {
  const lines = ['a,test,1,1,0', 'b,test,1,0,1', 'c,test,1,0,1', 'd,test,0,0,1'];
  const { bench } = await evaluated([`key,split,label,score.1,score.0\n${lines.join('\n')}\n`]);
  using _ = bench;
  const { columns, rows } = bench.highlights.find(({ title }) => title === 'Confusion matrix')!;
  const names = ['split', '1 as 1', '1 as 0', '0 as 1', '0 as 0', 'all as 1', 'all as 0'];
  assert.deepEqual([columns, rows[0]], [names, ['test', 1, 2, 0, 1, 1, 3]]);
});

test('the setting scoresAre overrides what the sums of scores suggest', async () => {
  const text = 'key,split,label,score.cat,score.dog,score.owl\na,test,cat,0.5,0.25,0.25\n';
  const lossOf = async (settings: object) => {
    const { bench, split } = await evaluated([text], settings);
    using _ = bench;
    return split.loss!;
  };
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} ${b}`);
  near(await lossOf({}), Math.log(2));
  near(await lossOf({ scoresAre: 'probabilities' }), Math.log(2));
  near(await lossOf({ scoresAre: 'logits' }), Math.log(1 + 2 * Math.exp(-0.25)));
});
