import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { scoredOf } from '../../src/learning/metrics/detector-scores.ts';
import { resample } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { resampleInThreads } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { detectorStatistics } from '../../src/learning/metrics/split-statistics.ts';
import { formatPairs, parsePairs } from '../../src/learning/metrics/testing-scores.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { StageError } from '../../src/stage.ts';
import { digestOf } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import run from './run.ts';
import { spec } from './spec.ts';
import type { DetectedEvaluation } from './testing-evaluation.ts';

const folder = mkdtempSync(join(tmpdir(), 'stage-'));
const dataset = join(folder, 'dataset');
before(() => writeTintedDataset(dataset, { test: 4 }));
after(() => rmSync(folder, { recursive: true }));

/** Images of one split by their differences, fake minus real. */
function rowsOf(
  split: string,
  label: 0 | 1,
  differences: readonly number[],
  more: Partial<BinaryRow> = {},
): BinaryRow[] {
  return differences.map((fake, i) => ({
    key: `${more.source ?? label}/${i}`,
    split,
    label,
    negative: 0,
    positive: fake,
    ...more,
  }));
}

/**
 * One fake of val is below one real image, and most images of both classes lie above 0, the usual
 * threshold.
 */
const val = [...rowsOf('val', 0, [-1, 0.5, 1, 2]), ...rowsOf('val', 1, [1.5, 3, 4, 5])];
const testing = [...rowsOf('test', 0, [0, 1, 2.5, 1.8]), ...rowsOf('test', 1, [1, 3, 3.5, 6])];

async function scored(
  rows: readonly BinaryRow[],
  settings: object = {},
  inputs: object = {},
): Promise<StageBench> {
  const bench = new StageBench();
  const scores = join(bench.root, 'given.csv');
  writeFileSync(scores, formatPairs(rows));
  await bench.run(spec, run, { inputs: { scores, ...inputs }, with: { draws: 100, ...settings } });
  return bench;
}

function metricsOf(bench: StageBench): DetectedEvaluation {
  return JSON.parse(readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'));
}

function scoresOf(bench: StageBench): readonly BinaryRow[] {
  const scores = parsePairs(readFileSync(bench.output('scores', spec.outputs['scores']), 'utf8'));
  assert.ok(scores.ok);
  return scores.value;
}

test('threads draw the same as one thread', async () => {
  const scored = scoredOf([...testing, ...val], 'logits');
  const sample = { labels: scored.labels, draws: 7, seed: 3 };
  const fitted = { equalErrorThreshold: 1, youdenThreshold: 2, temperature: 0.5 };
  const statistic = detectorStatistics(scored, fitted);
  const start = () => startWorker(import.meta.url, 'draw-split-worker', { sample, scored, fitted });
  const resampled = await resampleInThreads(sample, () => statistic, {
    threads: 2,
    start,
    worthwhile: 0,
  });
  assert.deepEqual(resampled, resample(sample, statistic));
});

test('scores of any origin get the metrics that those of a model get', async () => {
  using bench = await scored([...testing, ...val]);
  const metrics = metricsOf(bench);

  assert.deepEqual(scoresOf(bench), [...val, ...testing]);
  const { images, real, fake, accuracy, majorityAccuracy, auc, called, intervals } =
    metrics.splits['test']!;
  assert.deepEqual(
    { images, real, fake, accuracy, majorityAccuracy, auc, called },
    {
      images: 8,
      real: 4,
      fake: 4,
      accuracy: 4.5 / 8, // one of the real images has two equal scores, and is half right
      majorityAccuracy: 0.5,
      auc: 13.5 / 16,
      called: { real: 0.5, fake: 7.5 },
    },
  );
  for (const [low, high] of [intervals.accuracy!, intervals.auc!, intervals.equalErrorRate!])
    assert.ok(low < high);
  assert.equal(metrics.chosenEpoch, undefined);
  assert.deepEqual(bench.warnings, [
    'test: the highest score of 1 of 8 images is shared by several classes. Each of them counts as called all of these classes, in equal parts.',
  ]);
});

test('a number that the images cannot show is null, and so is an interval that would not cover the truth', async () => {
  const spread = (count: number, shift: number) =>
    Array.from({ length: count }, (_, i) => shift + (7 * i) / count);
  const splitOf = async (negatives: number, positives: number) => {
    const rows = [
      ...rowsOf('test', 0, spread(negatives, -4.1)),
      ...rowsOf('test', 1, spread(positives, -3.3)),
    ];
    using bench = await scored(rows, { splits: ['test'] });
    return metricsOf(bench).splits['test']!;
  };
  const few = await splitOf(9, 40);
  const more = await splitOf(100, 40);

  // One per cent of 99 real images is less than one of them, and so are ten per cent of nine.
  assert.deepEqual([few.tprAt1PercentFpr, few.tprAt10PercentFpr], [null, null]);
  assert.ok(more.tprAt1PercentFpr! > 0 && more.tprAt10PercentFpr! > more.tprAt1PercentFpr!);
  assert.deepEqual(
    [more.intervals.tprAt1PercentFpr, more.intervals.calibrationError],
    [null, null],
  );
  assert.ok(more.intervals.tprAt10PercentFpr![0] < more.tprAt10PercentFpr!);
  assert.ok(more.intervals.loss![1] > more.loss!);
  assert.equal(few.intervals.loss, null);
});

test('the models of folds may score at different levels, so their images are also ranked fold by fold', async () => {
  const fold = (index: number, level: number): BinaryRow[] => {
    const differences = [0, 1, 2, 3, 4, 5].map((step) => level + step);
    const all = [
      ...rowsOf('test', 0, differences),
      ...rowsOf(
        'test',
        1,
        differences.map((value) => value + 2.5),
      ),
    ];
    return all.map((row) => ({ ...row, key: `fold ${index}/${row.key}` }));
  };
  const bench = new StageBench();
  using _ = bench;
  const files = [0, 20, -20].map((level, index) => {
    const path = join(bench.root, `fold-${index}.csv`);
    writeFileSync(path, formatPairs(fold(index, level)));
    return path;
  });
  await bench.run(spec, run, { inputs: { scores: files }, with: { draws: 100, splits: ['test'] } });
  const { auc, withinFolds } = metricsOf(bench).splits['test']!;

  // Of 36 pairs of a fold, those of a fake and a real image at least three steps higher are in the
  // wrong order: 3 + 2 + 1.
  assert.deepEqual([withinFolds!.folds, withinFolds!.auc], [3, 30 / 36]);
  // Half of the pairs of images from different folds are in order, whatever the images show.
  assert.equal(auc!.toFixed(12), ((3 * 30 + 3 * 36) / (9 * 36)).toFixed(12));
  const [low, high] = withinFolds!.intervals.auc!;
  assert.ok(low < 30 / 36 && high > 30 / 36 && high - low < 0.5);
  const table = bench.highlights.find(({ title }) => title === 'AUC over folds')!;
  assert.deepEqual(table.columns, [
    'split',
    'folds',
    'mean of the folds',
    'images of all folds ranked together',
  ]);
  assert.deepEqual(table.rows[0]!.slice(0, 2), ['test', 3]);

  using alone = await scored(testing, { splits: ['test'] });
  assert.equal('withinFolds' in metricsOf(alone).splits['test']!, false);
});

test('few groups cause a warning, since intervals and tests of them say little', async () => {
  const films = (label: 0 | 1, count: number) =>
    Array.from({ length: 4 * count }, (_, i) => ({
      ...rowsOf('test', label, [label + 0.1 + ((i * 7) % 11) / 5])[0]!,
      key: `${label}/${i}`,
      group: `${label} film ${i % count}`,
    }));
  using few = await scored([...films(0, 9), ...films(1, 25)], { splits: ['test'] });
  assert.deepEqual(few.warnings, [
    'test has few groups: 9 of real. With fewer than 20 of a class, intervals are wide, and tests find only large differences.',
  ]);
  using enough = await scored([...films(0, 20), ...films(1, 25)], { splits: ['test'] });
  assert.deepEqual(enough.warnings, []);
});

test('thresholds and temperature are fitted to val alone, and applied to the other splits alone', async () => {
  using bench = await scored([...val, ...testing]);
  using changed = await scored([
    ...val,
    ...testing.map((row) => ({ ...row, positive: row.positive - 4 })),
  ]);
  const { fittedOnVal, splits } = metricsOf(bench);

  assert.deepEqual(metricsOf(changed).fittedOnVal, fittedOnVal);
  // At 1.75 one of four images of each class is on the wrong side; at 2.5 one fake is, and no real
  // image.
  assert.deepEqual([fittedOnVal!.equalErrorThreshold, fittedOnVal!.youdenThreshold], [1.75, 2.5]);
  assert.ok(fittedOnVal!.temperature! > 0);
  const { atValEqualErrorThreshold: at, withValTemperature, loss } = splits['test']!;
  assert.equal(at!.falsePositiveRate, 2 / 4);
  assert.equal(at!.falseNegativeRate, 1 / 4);
  assert.equal(at!.accuracy, 5 / 8);
  assert.deepEqual(at!.called, { real: 3, fake: 5 });
  assert.notEqual(withValTemperature!.loss, loss);
  assert.equal('atValEqualErrorThreshold' in splits['val']!, false);
  assert.deepEqual(
    bench.highlights.at(-1)!.rows.map((row) => row.slice(0, 4)),
    [
      ['test', 'equal error threshold', '1.750', 'accuracy'],
      ['test', 'best threshold', '2.500', 'accuracy'],
      ['test', 'temperature', fittedOnVal!.temperature!.toFixed(3), 'calibration error'],
      ['test', 'temperature', fittedOnVal!.temperature!.toFixed(3), 'loss'],
    ],
  );
});

test('no temperature is fitted if sharper scores are always better, or always worse, and the reason is given', async () => {
  using bench = await scored([
    ...rowsOf('val', 0, [-1, -2]),
    ...rowsOf('val', 1, [1, 2]),
    ...testing,
  ]);
  const { fittedOnVal, splits } = metricsOf(bench);

  assert.deepEqual(fittedOnVal, { equalErrorThreshold: 0, youdenThreshold: 0, temperature: null });
  assert.equal('withValTemperature' in splits['test']!, false);
  assert.deepEqual(bench.infos, [
    'No temperature is fitted to val: all predictions on it are right, so sharper scores always lower the loss.',
  ]);
  using wrong = await scored([
    ...rowsOf('val', 0, [1, 2, -1]),
    ...rowsOf('val', 1, [-1, -2, 1]),
    ...testing,
  ]);
  assert.deepEqual(wrong.infos, [
    'No temperature is fitted to val: its scores mostly point to the wrong class, so flatter scores always lower the loss.',
  ]);
});

test('scores that are probabilities are as well calibrated as the logits that they come from', async () => {
  const given = [...val, ...testing];
  const probable = given.map(({ negative: _, positive, ...row }) => {
    const share = 1 / (1 + Math.exp(-positive));
    return { ...row, negative: 1 - share, positive: share };
  });
  using logits = await scored(given);
  using probabilities = await scored(probable);

  const numbersOf = (bench: StageBench) => {
    const { fittedOnVal, splits } = metricsOf(bench);
    const { loss, brier, calibrationError, withValTemperature } = splits['test']!;
    const numbers = [
      fittedOnVal!.temperature,
      loss,
      brier,
      calibrationError,
      withValTemperature!.loss,
    ];
    return numbers.map((value) => value!.toFixed(9));
  };
  assert.deepEqual(numbersOf(probabilities), numbersOf(logits));
});

test('without val nothing is fitted', async () => {
  using bench = await scored(testing, { splits: ['test'] });

  assert.equal(metricsOf(bench).fittedOnVal, undefined);
  assert.equal('withValTemperature' in metricsOf(bench).splits['test']!, false);
});

test('a source of one class is ranked against all images of the other class; the only source of a class is left out', async () => {
  const rows = [
    ...rowsOf('test', 0, [-1, 1], { source: 'camera' }),
    ...rowsOf('test', 1, [0.5, 2], { source: 'swap' }),
    ...rowsOf('test', 1, [3, 4, 5], { source: 'blend' }),
  ];
  using bench = await scored(rows, { splits: ['test'] });
  const { sources } = metricsOf(bench).splits['test']!;

  const texts = Object.entries(sources!).map(
    ([name, { class: of, images, against, calledRight, auc }]) => [
      name,
      of,
      images,
      against,
      calledRight,
      auc,
    ],
  );
  assert.deepEqual(texts, [
    ['swap', 'fake', 2, 2, 1, 0.75],
    ['blend', 'fake', 3, 2, 1, 1],
  ]);
  // Three of three are called right: at least 37 %, at 95 %.
  assert.equal(
    sources!['blend']!.intervals.calledRight![0].toFixed(6),
    (0.05 ** (1 / 3)).toFixed(6),
  );
});

test('groups are judged by the mean of their images’ scores', async () => {
  const rows = [
    ...rowsOf('test', 0, [-3, 1], { group: 'film 1', source: 'a' }),
    ...rowsOf('test', 1, [4, -1], { group: 'film 2', source: 'b' }),
  ];
  using bench = await scored(rows, { splits: ['test'], by: 'group' });

  assert.deepEqual(
    scoresOf(bench).map(({ key, positive, group }) => [key, positive, group]),
    [
      ['film 1', -1, 'film 1'],
      ['film 2', 1.5, 'film 2'],
    ],
  );
  assert.equal(metricsOf(bench).splits['test']!.accuracy, 1);
  assert.deepEqual(bench.highlights[0]!.columns.slice(0, 2), ['split', 'groups']);
  const [counted] = Object.keys(metricsOf(bench).splits['test']!);
  assert.equal(counted, 'groups');
  const lone = rows.map(({ group: _, ...row }) => ({ ...row, split: 'val' }));
  await assert.rejects(
    scored([...rows, ...lone], { by: 'group' }),
    new StageError(
      'Expected groups of the images of val, by which scores are averaged (by: group), got none. ' +
        'Give the data set groups, or judge by: image.',
    ),
  );
});

test('a dataset beside the scores gives source and images, by key', async () => {
  const rows = ([0, 1, 0, 1] as const).map((label, i) => ({
    key: `test/${i}`,
    split: 'test',
    label,
    negative: 0,
    positive: 1,
  }));
  using bench = await scored(rows, { splits: ['test'], mistakes: true }, { dataset });

  assert.deepEqual(
    scoresOf(bench).map(({ source }) => source),
    ['tinted', 'tinted', 'tinted', 'tinted'],
  );
  assert.match(
    readFileSync(join(bench.output('mistakes'), 'chart.svg'), 'utf8'),
    /real, called fake, 2 of 2/,
  );
  await assert.rejects(
    scored([{ ...rows[0]!, key: 'x' }], { splits: ['test'] }, { dataset }),
    new StageError('Expected the key of an image of test in the scores, such as test/0, got x.'),
  );
  await assert.rejects(
    scored([{ ...rows[0]!, label: 1 }], { splits: ['test'] }, { dataset }),
    new StageError('Expected the class real for test/0 of test, got fake in the scores.'),
  );
});

test('mistakes in scores are reported', async () => {
  await assert.rejects(
    scored(testing),
    new StageError(
      'Expected one of the splits of the scores, got "val". There is only test. Write splits: [test] under "with".',
    ),
  );
  await assert.rejects(
    scored([...testing, testing[0]!], { splits: ['test'] }),
    /^StageError: Input "scores", \/.*\/given\.csv: Line 10: expected every image once, got "0\/0" of test again$/,
  );
});

test('a model needs images or features, scores need neither, and mistakes and corruption need images', () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(inputs)).map(({ at, message }) =>
      [...at, message].join(': '),
    );

  assert.deepEqual(check({}, 'model', 'dataset'), []);
  assert.deepEqual(check({}, 'scores'), []);
  assert.deepEqual(check({ mistakes: true }, 'scores', 'dataset'), []);
  assert.deepEqual(check({}, 'model', 'scores'), [
    'expected one of the inputs "model", "onnx" and "scores", got "model" and "scores"',
  ]);
  assert.deepEqual(check({}, 'model'), [
    'expected one of the inputs "dataset" and "features", got neither',
  ]);
  assert.deepEqual(check({}, 'scores', 'features'), [
    'expected no "features" beside "scores", which need no model',
  ]);
  assert.deepEqual(check({ mistakes: true }, 'model', 'features'), [
    'mistakes: expected a "dataset", which has the images that are shown',
  ]);
  assert.deepEqual(check({ corrupt: {} }, 'model', 'dataset'), [
    'corrupt: expected one or more of blur, noise, contrast, blocks, pixelate, scale, earlierJpeg, jpeg, webp, h264',
  ]);
  assert.deepEqual(check({ testTime: {} }, 'model', 'dataset'), [
    'testTime: expected flip: true, crop or scales',
  ]);
  assert.deepEqual(check({ testTime: { flip: true } }, 'scores', 'dataset'), [
    'testTime: expected a "model" and a "dataset", since the model sees several views of each image',
  ]);
  assert.deepEqual(check({ corrupt: { jpeg: 40 } }, 'scores', 'dataset'), [
    'corrupt: expected a "model" and a "dataset", since images are corrupted before a model sees them',
  ]);
});

test('results change only with the version of the kind', async () => {
  using bench = await scored([...val, ...testing]);
  const digest = digestOf(
    ...['scores', 'metrics'].map((port) => bench.output(port, spec.outputs[port])),
  );
  assert.deepEqual({ version: spec.version, digest }, { version: 13, digest: 'f322dfe6af9e85ba' });
});
