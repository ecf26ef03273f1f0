import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { defaultNames } from '../../src/default-class-names.ts';
import { fills } from '../../src/learning/charts/theme.ts';
import { positiveProbabilities } from '../../src/learning/metrics/arithmetic/logits.ts';
import { compareModels } from '../../src/learning/metrics/comparison/compare-models.ts';
import { matchScores } from '../../src/learning/metrics/comparison/match-scores.ts';
import { resample } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { resampleInThreads } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { rankScores } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { formatPairs } from '../../src/learning/metrics/testing-scores.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { chartContent } from '../../test/support/chart-content.ts';
import { assertGolden, digestOf } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { precisionRecallChart, rocChart } from './curve-charts.ts';
import { detChart } from './det-chart.ts';
import type { Frame, Line } from './lines.ts';
import { type Curve, curveStatistics, type MeasuredModel, measure } from './measure.ts';
import { reliabilityChart } from './reliability-chart.ts';
import run from './run.ts';
import { spec } from './spec.ts';
import { testsTable } from './tables.ts';

/** Four images; of the four pairs, one is ranked the wrong way round: AUC 0.75. */
const rows: readonly BinaryRow[] = [
  { key: 'a', split: 'test', label: 0, negative: 0, positive: 0.1 },
  { key: 'b', split: 'test', label: 0, negative: 1, positive: 1.4 },
  { key: 'c', split: 'test', label: 1, negative: -1, positive: -0.65 },
  { key: 'd', split: 'test', label: 1, negative: 2, positive: 2.8 },
];
const validation = rows.map((row) => ({ ...row, split: 'val' }));
const options = { confidence: 0.9, draws: 100, seed: 1 };
const frame: Frame = {
  ...spec.settings.parse(options),
  unit: 'image',
  shared: {},
  sides: defaultNames,
};

/**
 * Images of a model that is right more often the larger `shift` is; all models see the same images.
 */
function drawn(count: number, shift: number, split = 'test'): BinaryRow[] {
  return Array.from({ length: count }, (_, i) => {
    const label = i % 3 === 0 ? 1 : 0;
    const fake = new Random('image', i).normal() + shift * (label - 0.5);
    return { key: `${i}.jpg`, split, label, negative: 0, positive: Number(fake.toFixed(3)) };
  });
}

const scoredAs = (label: 0 | 1, i: number, fake: number): BinaryRow => ({
  key: `${label}/${i}.jpg`,
  split: 'test',
  label,
  negative: 0,
  positive: fake,
});

/** A band of a few places, so that golden files stay short. */
function thinned(model: MeasuredModel): MeasuredModel {
  const thin = ({ points, band }: Curve): Curve => ({
    points,
    band: band.filter((_, i) => i % 25 === 0),
  });
  return {
    ...model,
    roc: thin(model.roc),
    det: thin(model.det),
    precisionRecall: thin(model.precisionRecall),
  };
}

/** Every model by itself. */
const eachAlone = (models: readonly MeasuredModel[]): readonly Line[] =>
  models.map((model) => ({ name: model.name, runs: [model] }));

const named = (name: string, rows: readonly BinaryRow[], calibration: readonly BinaryRow[] = []) =>
  measure({ name, rows, calibration, sides: defaultNames }, { ...options, threads: 1 });

/** Runs the kind on one model's scores, or on those of several by their `net`. */
const roc = async (
  bench: StageBench,
  scores: string | Readonly<Record<string, readonly BinaryRow[]>>,
  settings: object = {},
) => {
  const inputs = Object.entries(typeof scores === 'string' ? { '': scores } : scores).map(
    ([net, rows]) => {
      const path = join(bench.root, `scores-${net}.csv`);
      writeFileSync(path, typeof rows === 'string' ? rows : formatPairs(rows));
      return { path, labels: net === '' ? {} : { set: 'faces', net } };
    },
  );
  await bench.run(spec, run, { with: { draws: 100, ...settings }, inputs: { scores: inputs } });
};
const textOf = (bench: StageBench, port: string) =>
  readFileSync(bench.output(port, spec.outputs[port]), 'utf8');
const titleOf = (bench: StageBench, port: string): string =>
  JSON.parse(readFileSync(join(bench.output(port), 'chart.vl.json'), 'utf8')).title.text.join(' ');

test('images are ranked by the difference of their scores, fake being positive', async () => {
  const { negative, positive, auc, equalErrorRate, averagePrecision, roc, det, precisionRecall } =
    await named('', rows);
  assert.deepEqual([negative, positive, auc.estimate, equalErrorRate.estimate], [2, 2, 0.75, 0.5]);
  assert.ok(Math.abs(averagePrecision.estimate - 5 / 6) < 1e-12);
  const plain = (points: readonly { readonly x: number; readonly y: number }[]) =>
    points.map(({ x, y }) => [x, y]);
  assert.deepEqual(plain(roc.points), [
    [0, 0],
    [0, 0.5],
    [0.5, 0.5],
    [0.5, 1],
    [1, 1],
  ]);
  assert.deepEqual(plain(det.points), [
    [0.5, 0],
    [0.5, 0.5],
    [0, 0.5],
  ]);
  assert.deepEqual(plain(precisionRecall.points), [
    [0, 1],
    [0.5, 1],
    [0.5, 0.5],
    [1, 2 / 3],
    [1, 0.5],
  ]);
});

test('scores that are probabilities are taken as such, and rank as their logits do', async () => {
  const logits = drawn(60, 2);
  const probabilities = logits.map((row) => {
    const fake = 1 / (1 + Math.exp(row.negative - row.positive));
    return { ...row, negative: 1 - fake, positive: fake };
  });
  const one = await named('', logits, logits);
  const other = await named('', probabilities, probabilities);
  assert.equal(other.auc.estimate, one.auc.estimate);
  assert.ok(Math.abs(other.calibrationError.estimate - one.calibrationError.estimate) < 1e-9);
  assert.ok(Math.abs(other.scaled!.temperature - one.scaled!.temperature) < 1e-6);
});

test('threads draw the same as one thread', async () => {
  const rows = drawn(60, 1);
  const labels = rows.map(({ label }) => label);
  const scores = rows.map(({ positive }) => positive);
  const sample = { labels, draws: 7, seed: 3 };
  const probabilities = positiveProbabilities(scores);
  const ranking = rankScores(scores);
  const statistic = curveStatistics(labels, ranking, probabilities);
  const start = () =>
    startWorker(import.meta.url, 'draw-curves-worker', { sample, ranking, probabilities });
  const resampled = await resampleInThreads(sample, () => statistic, {
    threads: 2,
    start,
    worthwhile: 0,
  });
  assert.deepEqual(resampled, resample(sample, statistic));
});

test('bands begin and end where two images of a class decide', async () => {
  const { roc, precisionRecall } = await named('', drawn(40, 0.1));
  const fakes = drawn(40, 0.1).filter(({ label }) => label === 1).length;
  const reals = 40 - fakes;
  for (const [{ band }, images] of [
    [roc, reals],
    [precisionRecall, fakes],
  ] as const) {
    const places = band.map(({ x }) => Math.round(images * Math.min(x, 1 - x) * 1e6) / 1e6);
    assert.ok(band.length > 20 && Math.min(...places) >= 2);
  }
});

test('points of the DET curve beyond its axes, at an error rate of 0, take no place in a page', async () => {
  const chart = detChart(eachAlone([await named('', drawn(40, 2))]), frame);
  const view = new View(parse(compile(chart).spec));
  const height = Number(/ height="(\d+)"/.exec(await view.toSVG())![1]);
  view.finalize();
  // The frame of 380, the axis below it and the title above.
  assert.ok(height > 380 && height < 560, `${height}`);
});

test('a bin whose images are all of one class has the bound of that many images, not the look of a certain one', async () => {
  const fakes = Array.from({ length: 9 }, (_, i) => scoredAs(1, i, i < 3 ? 0.5 : 3));
  const reals = Array.from({ length: 6 }, (_, i) => scoredAs(0, i, -3));
  const { reliability } = await named('', [...fakes, ...reals]);
  const found = reliability.map(({ items, positiveShare, ...bin }) => {
    const ends = 'shareLow' in bin ? [bin.shareLow, bin.shareHigh] : [];
    return [items, positiveShare, ...ends.map((end) => Number(end.toFixed(4)))];
  });
  // Clopper and Pearson's bound at 90 %: 0.1^(1/n) for n of n.
  assert.deepEqual(found, [
    [6, 0, 0, 0.3187],
    [3, 1, 0.4642, 1],
    [6, 1, 0.6813, 1],
  ]);
});

test('the charts of one model hold its curves, bands and marks', async () => {
  const models = [thinned(await named('', rows, validation))];
  assertGolden(
    rocChart(eachAlone(models), { ...frame, bothScores: true }),
    new URL('golden/roc.golden.json', import.meta.url),
  );
  assertGolden(
    detChart(eachAlone(models), frame),
    new URL('golden/det.golden.json', import.meta.url),
  );
  assertGolden(
    precisionRecallChart(eachAlone(models), frame),
    new URL('golden/precision-recall.golden.json', import.meta.url),
  );
  assertGolden(
    reliabilityChart(eachAlone(models), frame),
    new URL('golden/reliability.golden.json', import.meta.url),
  );
});

test('two models differ in their charts by colour, dash and shape, and the better one comes first', async () => {
  const good = drawn(12, 2);
  const bad = drawn(12, 0.5);
  const models = [await named('good', good), await named('bad', bad)].map(thinned);
  assertGolden(
    rocChart(eachAlone(models), frame),
    new URL('golden/two-roc.golden.json', import.meta.url),
  );
  assertGolden(
    detChart(eachAlone(models), frame),
    new URL('golden/two-det.golden.json', import.meta.url),
  );
  assertGolden(
    precisionRecallChart(eachAlone(models), frame),
    new URL('golden/two-precision-recall.golden.json', import.meta.url),
  );
  assertGolden(
    reliabilityChart(eachAlone(models), frame),
    new URL('golden/two-reliability.golden.json', import.meta.url),
  );
});

test('a paired test uses the images that both models scored, and may contradict the ranking', async () => {
  // The images that only one of them scored reverse the order: the first is right there, the second
  // wrong.
  const own = (name: string, shift: number, elsewhere: number) => [
    ...drawn(90, shift),
    ...drawn(60, elsewhere).map((row) => ({ ...row, key: `${name}/${row.key}` })),
  ];
  const all = [
    { name: 'one', rows: own('one', 0.8, 9) },
    { name: 'other', rows: own('other', 2.5, -4) },
  ];
  const models = await Promise.all(all.map(({ name, rows }) => named(name, rows)));
  assert.ok(models[0]!.auc.estimate > models[1]!.auc.estimate);
  const matched = matchScores(all);
  assert.ok(matched.ok);
  const pairs = compareModels(matched.value, { level: 0.9, draws: 100, seed: 1 });
  const [pair, difference] = testsTable(models, pairs, 90, frame).rows[0]!;
  assert.match(`${pair}: ${difference}`, /^one − other: −0\.\d{3} \(−0\.\d{3} to −0\.\d{3}\)$/);
});

test('no temperature is fitted to images of one class', async () => {
  const logits = drawn(60, 2);
  assert.notEqual((await named('', logits, logits)).scaled, undefined);
  const real = logits.filter(({ label }) => label === 0);
  assert.equal((await named('', logits, real)).scaled, undefined);
});

/** Two splits of images whose logits are calibrated but for a `factor` and a `shift`. */
const scored = (
  seed: number,
  { count, factor = 1, shift = 0 }: { count: number; factor?: number; shift?: number },
) => {
  const random = new Random('calibrated', seed);
  const row = (split: string) => (_: unknown, i: number) => {
    const logit = 1.5 * random.normal();
    const label: 0 | 1 = random.float() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    return { key: String(i), split, label, negative: 0, positive: factor * logit + shift };
  };
  return [
    Array.from({ length: count }, row('test')),
    Array.from({ length: count }, row('val')),
  ] as const;
};

test('the interval of the temperature shows overconfidence and underconfidence, and else covers 1', async () => {
  const sides = (factor: number) =>
    Array.from({ length: 20 }, async (_, seed) => {
      const { scaled } = await named('', ...scored(seed, { count: 150, factor }));
      const [low, high] = scaled!.temperatureEnds;
      if (low > 1) return 'overconfident';
      return high < 1 ? 'underconfident' : 'calibrated';
    });
  const count = async (factor: number, side: string) =>
    (await Promise.all(sides(factor))).filter((one) => one === side).length;
  assert.ok((await count(1, 'calibrated')) >= 16); // at 90 %
  assert.ok((await count(2, 'overconfident')) >= 15);
  assert.ok((await count(0.5, 'underconfident')) >= 15);
});

test('the mean probability reveals a model that expects more fakes than there are', async () => {
  using bench = new StageBench();
  await roc(bench, formatPairs(scored(1, { count: 300, factor: 0.5, shift: 1 })[0]));
  const { meanProbability, real, fake } = JSON.parse(textOf(bench, 'metrics'));
  const share = fake / (real + fake);
  assert.ok(meanProbability > 0.65 && share < 0.6, `${meanProbability} ${share}`);
  const row = bench.highlights[0]!.rows.find(([name]) =>
    String(name).startsWith('mean probability'),
  )!;
  assert.match(String(row[0]), /^mean probability of fake \([45]\d\.\d % are fake\)$/);
  assert.equal(row[1], meanProbability.toFixed(3));
});

test('of more models than there are colours the worst calibrated are drawn, and the chart says so', async () => {
  const models = await Promise.all(
    Array.from({ length: 9 }, async (_, i) => {
      const model = await named(`net ${i}`, drawn(30, 1));
      return {
        ...model,
        calibrationError: { ...model.calibrationError, estimate: i < 2 ? 0.5 : 0.01 * i },
      };
    }),
  );
  const chart = chartContent<{
    title: { subtitle: string[] };
    vconcat: { data: { values: { series: string }[] } }[];
  }>(reliabilityChart(eachAlone(models), frame));
  assert.match(chart.title.subtitle.join(' '), /; drawn are the 7 worst calibrated of 9 models$/);
  const series = new Set(chart.vconcat[0]!.data.values.map(({ series }) => series.split(':')[0]));
  assert.deepEqual(
    [...series],
    [0, 1, 8, 7, 6, 5, 4].map((i) => models[i]!.name),
  );
});

test('of a class of twelve the best ten have colours and names, and the others are grey lines that tooltips name', async () => {
  const best = await named('best', drawn(60, 3));
  const lines = eachAlone(
    Array.from({ length: 12 }, (_, i) => ({ ...best, name: `student ${i + 1}` })),
  );
  interface Layer {
    readonly data?: { readonly name: string; readonly values: { readonly series: string }[] };
    readonly transform?: { readonly filter?: string }[];
    readonly mark: { readonly type: string; readonly color?: string };
    readonly encoding: { readonly color?: { readonly scale: { readonly domain: string[] } } };
  }
  interface Content {
    readonly title: { readonly subtitle: string[] };
    readonly layer: Layer[];
  }
  const student = (series: string) => Number(/^student (\d+): /.exec(series)?.[1]);
  const drawnBy = ({ data, transform }: Layer) =>
    new Set(
      data!.values
        .map(({ series }) => series)
        .filter((series) => transform?.[0]?.filter?.includes(JSON.stringify(series)) ?? true)
        .map(student),
    );
  const firstTen = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const draw of [rocChart, detChart, precisionRecallChart]) {
    const { title, layer } = chartContent<Content>(draw(lines, frame));
    assert.match(
      title.subtitle.join(' '),
      /; the best 10 by AUC in colour, 2 others in grey; all numbers are in the table/,
    );
    const curves = layer.filter(({ data }) => data?.name === 'curves');
    const [grey, coloured, tooltips] = curves as [Layer, Layer, Layer];
    assert.deepEqual([grey.mark.color, drawnBy(grey)], [fills[3], new Set([11, 12])]);
    assert.deepEqual(drawnBy(coloured), firstTen);
    assert.deepEqual(new Set(coloured.encoding.color!.scale.domain.map(student)), firstTen);
    assert.deepEqual(drawnBy(tooltips), new Set([...firstTen, 11, 12]));
    const marks = layer.find(({ data }) => data?.name === 'equal');
    if (marks !== undefined)
      assert.deepEqual(new Set(marks.data!.values.map(({ series }) => student(series))), firstTen);
  }
  const ten = chartContent<Content>(rocChart(lines.slice(0, 10), frame));
  assert.doesNotMatch(ten.title.subtitle.join(' '), /grey/);
});

test('of many images only the points that change the picture are drawn', async () => {
  const random = new Random(1);
  const points = [{ x: 0, y: 0 }];
  for (let i = 0; i < 50_000; i++) {
    const { x, y } = points[i]!;
    points.push(random.float() < 0.5 ? { x: x + 1 / 25_000, y } : { x, y: y + 1 / 25_000 });
  }
  const drawnPoints = JSON.stringify(
    rocChart(eachAlone([{ ...(await named('', rows)), roc: { points, band: [] } }]), frame),
  );
  const count = drawnPoints.match(/"point":\d+,/g)?.length ?? 0;
  assert.ok(count > 100 && count < 4000, `${count} points`);
});

test('by its first score a model makes the opposite mistakes: area and error rates of both sum to 1', async () => {
  using bench = new StageBench();
  const scored = drawn(60, 1);
  await roc(bench, formatPairs(scored), { bothScores: true });
  const { auc, firstScoreAuc, equalErrorRate } = JSON.parse(textOf(bench, 'metrics'));
  assert.ok(auc > 0.6 && Math.abs(auc + firstScoreAuc - 1) < 1e-12);
  const { layer } = JSON.parse(readFileSync(join(bench.output('det'), 'chart.vl.json'), 'utf8'));
  const data = (name: string) =>
    layer.find((one: { data: { name?: string } }) => one.data.name === name).data.values;
  const rates = data('equal').map(({ text }: { text: string }) => Number.parseFloat(text.slice(4)));
  assert.match(titleOf(bench, 'roc'), /^ROC on test: AUC 0\.\d{3}$/);
  assert.match(
    readFileSync(join(bench.output('roc'), 'chart.svg'), 'utf8'),
    />first score \(real\): 0\.\d{3} \(/,
  );
  assert.deepEqual(rates.map((rate: number) => rate.toFixed(1)).sort(), [
    (100 * equalErrorRate).toFixed(1),
    (100 - 100 * equalErrorRate).toFixed(1),
  ]);
  assert.deepEqual(
    [...new Set(data('curves').map(({ series }: { series: string }) => series.split(',')[0]))]
      .length,
    2,
  );
  await assert.rejects(
    roc(bench, { one: scored, other: scored }, { bothScores: true }),
    new StageError(
      'expected one model with bothScores: true, got 2: give one, or leave the setting out',
    ),
  );
});

test('one model gives four charts, metrics with intervals, and a highlight', async () => {
  using bench = new StageBench();
  const own = [...validation, ...drawn(12, 1)];
  await roc(bench, formatPairs(own), { confidence: 0.9 });
  const {
    temperature,
    scaledCalibrationError,
    calibrationError,
    averagePrecision,
    intervals,
    ...numbers
  } = JSON.parse(textOf(bench, 'metrics'));
  assert.deepEqual(numbers, {
    split: 'test',
    by: 'image',
    confidence: 0.9,
    images: 12,
    real: 8,
    fake: 4,
    auc: numbers.auc,
    equalErrorRate: numbers.equalErrorRate,
    firstScoreAuc: 1 - numbers.auc,
    meanProbability: numbers.meanProbability,
    methods: { auc: 'DeLong', equalErrorRate: 'bootstrap', averagePrecision: 'bootstrap' },
  });
  assert.equal(intervals.calibrationError, null); // none covers the truth
  assert.ok(
    intervals.averagePrecision[0] < averagePrecision &&
      averagePrecision < intervals.averagePrecision[1],
  );
  assert.ok(temperature > 0 && scaledCalibrationError >= 0 && calibrationError > 0);
  assert.ok(intervals.auc[0] < numbers.auc && intervals.auc[1] > numbers.auc);
  for (const port of ['roc', 'det', 'precisionRecall', 'reliability']) {
    assert.deepEqual(readdirSync(bench.output(port)), ['chart.png', 'chart.svg', 'chart.vl.json']);
  }
  assert.equal(titleOf(bench, 'roc'), `ROC on test: AUC ${numbers.auc.toFixed(3)}`);
  assert.doesNotMatch(readFileSync(join(bench.output('roc'), 'chart.svg'), 'utf8'), /first score/);
  assert.equal(textOf(bench, 'table').split('\n').length, 3);
  assert.equal(textOf(bench, 'tests').split('\n').length, 2);
  const [{ title, columns, rows: shown }] = bench.highlights as [(typeof bench.highlights)[0]];
  assert.deepEqual([title, columns], ['Ranking of test', ['measure', 'value', '90 %', 'by']]);
  assert.deepEqual(shown[0]!.slice(0, 2), ['AUC', numbers.auc.toFixed(3)]);
  assert.deepEqual(shown[3]!.slice(2), ['–', '–']);
  assert.deepEqual(bench.warnings, []);
});

test('several models are ranked and tested against each other, with what they share in the title', async () => {
  using bench = new StageBench();
  await roc(bench, { bad: drawn(90, 0.2), good: drawn(90, 2.5), middle: drawn(90, 1) });
  assert.equal(titleOf(bench, 'roc'), 'ROC on test, set faces');
  const svg = readFileSync(join(bench.output('roc'), 'chart.svg'), 'utf8');
  assert.deepEqual(
    [...svg.matchAll(/>(\w+): 0\.\d{3} \(0\.\d{3}–[01]\.\d{3}\)</g)].map(([, name]) => name),
    ['good', 'middle', 'bad'],
  );
  const labels = Array.from(
    readFileSync(join(bench.output('det'), 'chart.svg'), 'utf8').matchAll(/>([\d.]+)<\/text>/g),
    ([, label]) => label,
  );
  const all = '0.1 0.2 0.5 1 2 5 10 20 40 60 80 90 95 98 99 99.5 99.8 99.9'.split(' ');
  // The labels of the vertical axis, where all of them have room.
  assert.deepEqual(labels.slice(-all.length), all);
  const metrics = JSON.parse(textOf(bench, 'metrics'));
  assert.deepEqual(Object.keys(metrics.models), ['good', 'middle', 'bad']);
  const pairs = textOf(bench, 'tests').trim().split('\n').slice(1);
  assert.deepEqual(
    pairs.map((line) => line.split(',').slice(0, 3)),
    [
      ['good', 'middle', '90'],
      ['good', 'bad', '90'],
      ['middle', 'bad', '90'],
    ],
  );
  assert.deepEqual(
    bench.highlights.map(({ title }) => title),
    [
      'Models by AUC on test, with 95 % intervals',
      'Paired tests on 90 shared images; p adjusted by Holm, 95 % intervals of each pair alone',
    ],
  );
  assert.deepEqual(bench.warnings, []);
});

test('models with different images are drawn but not tested; those that share some are tested on these', async () => {
  using bench = new StageBench();
  const other = drawn(30, 1).map((row) => ({ ...row, key: `elsewhere/${row.key}` }));
  await roc(bench, { one: drawn(30, 2), other });
  assert.deepEqual(bench.warnings, [
    'The models cannot be tested against each other: expected the same images in the scores of all models, matched by ' +
      'split and key, got 0 in common: one has 30 such as "0.jpg" of test; other has 30 such as "elsewhere/0.jpg" of test',
  ]);
  assert.equal(textOf(bench, 'tests').split('\n').length, 2);

  using again = new StageBench();
  await roc(again, { one: drawn(30, 2), some: drawn(24, 1) });
  assert.deepEqual(again.warnings, [
    'Paired tests are on the 24 images that all models scored, without 6 of one, 0 of some; curves on all.',
  ]);
});

test('over seeds, the spread over runs is given apart from that over images', async () => {
  using bench = new StageBench();
  // Three runs of one model on the same images, each with noise of its own.
  const runs = Object.fromEntries(
    [1, 2, 3].map((seed) => {
      const random = new Random('run', seed);
      const rows = drawn(300, 1.5).map((row) => ({
        ...row,
        positive: row.positive + 0.5 * random.normal(),
      }));
      return [String(seed), rows] as const;
    }),
  );
  await roc(bench, runs, { over: ['net'] });
  for (const port of ['roc', 'precisionRecall', 'reliability'] as const) {
    assert.match(titleOf(bench, port), / 0\.\d{3}$/);
    assert.match(
      readFileSync(join(bench.output(port), 'chart.svg'), 'utf8'),
      />0\.\d{3}, 0\.\d{3} to 0\.\d{3} over 3 nets</, // no brackets, which hold intervals
    );
  }
  const { overRuns, models } = JSON.parse(textOf(bench, 'metrics'));
  const { runs: count, aucOverRuns, aucOverImages, aucDeviation, intervals } = overRuns.all;
  const areas = ['1', '2', '3'].map((seed) => models[`net ${seed}`].auc as number);
  const mean = areas.reduce((sum, value) => sum + value / 3, 0);
  assert.equal(count, 3);
  assert.ok(Math.abs(aucOverRuns - mean) < 1e-12 && aucOverImages === aucOverRuns);
  assert.ok(
    Math.abs(aucDeviation - Math.sqrt(areas.reduce((sum, a) => sum + (a - mean) ** 2, 0) / 2)) <
      1e-12,
  );
  const widthOf = ([low, high]: readonly [number, number]) => high - low;
  const images = widthOf(intervals.aucOverImages);
  const seeds = widthOf(intervals.aucOverRuns);
  const half = (4.3027 * aucDeviation) / Math.sqrt(3);
  assert.ok(Math.abs(seeds / 2 - half) < 1e-4, `${seeds}`);
  assert.ok(images > 0.05 && images < 0.15, `${images}`);
  const shown = bench.highlights.find(({ title }) => title.startsWith('Over net'))!;
  assert.deepEqual(shown.columns, [
    'measure',
    'runs',
    'mean',
    'deviation',
    '95 % over net',
    '95 % over images',
  ]);
  assert.deepEqual(shown.rows[0]!.slice(0, 4), [
    'AUC',
    3,
    mean.toFixed(3),
    aucDeviation.toFixed(3),
  ]);

  using fewer = new StageBench();
  await roc(fewer, { ...runs, 3: runs['3']!.slice(6) }, { over: ['net'] });
  assert.equal(
    fewer.warnings.at(-1),
    'Runs are put together on the 294 images that all scored, without 6 of net 1, 6 of net 2, 0 of net 3.',
  );
});

test('over two seeds that differ much, the interval of an area stays within 0 to 1', async () => {
  using bench = new StageBench();
  await roc(bench, { good: drawn(60, 3), poor: drawn(60, 0) }, { over: ['net'] });
  const { intervals } = JSON.parse(textOf(bench, 'metrics')).overRuns.all;
  assert.deepEqual(intervals.aucOverRuns, [0, 1]);
});

test('over seeds, the runs of a model share a colour in the charts and are one side of a test', async () => {
  using bench = new StageBench();
  const scores = ['a', 'b'].flatMap((net, model) =>
    ['1', '2'].map((seed, i) => {
      const path = join(bench.root, `${net}-${seed}.csv`);
      writeFileSync(path, formatPairs(drawn(90, 2 - model + i / 4)));
      return { path, labels: { net, seed } };
    }),
  );
  await bench.run(spec, run, { inputs: { scores }, with: { draws: 100 } });
  assert.deepEqual(bench.infos, [
    'Some models differ in their seed alone. With over: [seed] they are drawn and tested as runs of one model.',
  ]);
  bench.infos.length = 0;
  bench.highlights.length = 0;
  await bench.run(spec, run, { inputs: { scores }, with: { draws: 100, over: ['seed'] } });
  assert.deepEqual(bench.infos, []);
  assert.equal(titleOf(bench, 'roc'), 'ROC on test');
  const svg = readFileSync(join(bench.output('roc'), 'chart.svg'), 'utf8');
  assert.equal(svg.match(/>[ab]: 0\.\d+, 0\.\d+ to 0\.\d+ over 2 seeds</g)?.length, 2);
  const [, ...tests] = textOf(bench, 'tests').trim().split('\n');
  assert.deepEqual(
    tests.map((line) => line.split(',').slice(0, 3)),
    [['a', 'b', '90']],
  );
  assert.match(tests[0]!, /,Welch over runs and images,.*,Welch over runs and images,,$/);
  assert.equal(textOf(bench, 'table').trim().split('\n').length, 5);
  assert.deepEqual(
    bench.highlights.map(({ title }) => title),
    [
      'Over seed, on test: how much other runs, and other images, would differ',
      'Paired tests on 90 shared images',
    ],
  );
});

test('frames are resampled by their videos, or judged as videos', async () => {
  const frames = drawn(60, 0.1).map((row, i) => ({
    ...row,
    group: `video ${row.label} ${i % 15}`,
  }));
  using bench = new StageBench();
  await roc(bench, formatPairs(frames));
  assert.deepEqual(bench.warnings, [
    'test has few groups: 10 of real and 5 of fake. With fewer than 20 of a class, intervals are wide, and tests find only large differences.',
  ]);
  assert.equal(JSON.parse(textOf(bench, 'metrics')).methods.auc, 'DeLong of groups');
  await roc(bench, formatPairs(frames), { by: 'group' });
  const { groups, images, methods } = JSON.parse(textOf(bench, 'metrics'));
  assert.deepEqual([groups, images, methods.auc], [15, undefined, 'DeLong']);
  assert.match(textOf(bench, 'table'), /^rank,model,groups,real,fake,auc,/);
  using two = new StageBench();
  await roc(two, { one: frames, other: frames.slice(0, 56) }, { by: 'group' });
  const [ranking, tests] = two.highlights as [
    (typeof two.highlights)[0],
    (typeof two.highlights)[0],
  ];
  assert.deepEqual(
    [ranking.columns[1], tests.title],
    ['groups', 'Paired tests on 15 shared groups'],
  );
  await assert.rejects(
    roc(bench, formatPairs(rows), { by: 'group' }),
    new StageError(
      'input "scores": expected a column "group", by which images are averaged (by: group), got none: ' +
        'give the data set groups, or judge by: image',
    ),
  );
});

test('a perfect model has a bound, no mistakes to draw, and no warnings', async () => {
  using bench = new StageBench();
  await roc(bench, formatPairs(rows.map((row) => ({ ...row, negative: 0, positive: row.label }))));
  assert.equal(titleOf(bench, 'roc'), 'ROC on test: AUC 1.000');
  assert.equal(titleOf(bench, 'det'), 'DET on test: equal error rate 0.0 %');
  assert.deepEqual(bench.warnings, []);
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  await roc(bench, { one: [...validation, ...rows], two: drawn(12, 1) });
  const charts = ['roc', 'det', 'precisionRecall', 'reliability'].map((port) =>
    join(bench.output(port), 'chart.vl.json'),
  );
  const digest = digestOf(
    ...charts,
    ...['metrics', 'table', 'tests'].map((port) => bench.output(port, spec.outputs[port])),
  );
  assert.deepEqual({ version: spec.version, digest }, { version: 21, digest: 'd4c6d78be92b9aaa' });
});

test('the names of the settings stand in legends and tables, and the title in place of the split', async () => {
  using bench = new StageBench();
  const settings = { names: { a: 'MyNet', b: 'MyNet in PyTorch' }, title: 'Two frameworks' };
  await roc(bench, { a: drawn(30, 2), b: drawn(30, 1) }, settings);
  assert.match(textOf(bench, 'table'), /\n1,MyNet,30,.*\n2,MyNet in PyTorch,30,/);
  assert.deepEqual(
    ['roc', 'det'].map((port) => titleOf(bench, port)),
    ['Two frameworks: ROC', 'Two frameworks: DET'],
  );
  await assert.rejects(
    roc(bench, { a: drawn(30, 2), b: drawn(30, 1) }, { names: { c: 'Xception' } }),
    new StageError(
      'Expected a stage, an axis or an axis value of the scores in "names", got "c". There are set, faces, net, a, b.',
    ),
  );
});

test('a split of one class has nothing to rank, and the stage says so', async () => {
  using bench = new StageBench();
  await assert.rejects(
    roc(bench, { a: rows, b: rows.slice(0, 2) }),
    new StageError(
      'input "scores" of b: expected real and fake images in the split "test", got 2 real and 0 fake',
    ),
  );
});

test('an unknown split is refused with the names of those in the scores', async () => {
  using bench = new StageBench();
  await assert.rejects(
    roc(bench, formatPairs([...validation, ...rows]), { split: 'tset' }),
    new StageError(
      'input "scores": expected images of the split "tset", got none. Did you mean "test"? There are val, test. Set "split".',
    ),
  );
});

test('malformed scores are refused with the line', async () => {
  using bench = new StageBench();
  await assert.rejects(
    roc(bench, 'key,split,label,real,fake\na,test,2,0,1\n'),
    /^StageError: input "scores", \/.*\.csv: Line 2: expected the label 0 \(real\) or 1 \(fake\), got "2"$/,
  );
});

test('of more than two classes each is a curve against all others, unless some are positive', async () => {
  const random = new Random('three');
  const lines = Array.from({ length: 60 }, (_, i) => {
    const label = ['cat', 'dog', 'owl'][i % 3]!;
    const scores = ['cat', 'dog', 'owl'].map(
      (name) => random.normal() + (name === label ? 1.5 : 0),
    );
    return [i, 'test', label, ...scores].join();
  });
  const text = `key,split,label,score.cat,score.dog,score.owl\n${lines.join('\n')}\n`;
  using bench = new StageBench();
  await roc(bench, text);
  const { models } = JSON.parse(textOf(bench, 'metrics'));
  assert.deepEqual(Object.keys(models).sort(), ['cat', 'dog', 'owl']);
  assert.deepEqual([models.owl.negative, models.owl.positive], [40, 20]);
  assert.deepEqual(bench.warnings, []);
  const spec = JSON.stringify(
    JSON.parse(readFileSync(join(bench.output('roc'), 'chart.vl.json'), 'utf8')),
  );
  assert.match(spec, /60 images, each class against all others/);
  await roc(bench, text, { positive: ['dog', 'owl'] });
  const { negative, positive, auc } = JSON.parse(textOf(bench, 'metrics'));
  assert.deepEqual([negative, positive], [20, 40]);
  assert.ok(auc > 0.6);
  await assert.rejects(
    roc(bench, text, { positive: ['fox'] }),
    /expected classes as positive, got "fox"/,
  );
  await assert.rejects(
    roc(bench, text, { bothScores: true }),
    /needs two sides: name the positive classes/,
  );
});

test('over seeds of more than two classes, each class is one line, with its spread over runs', async () => {
  const names = ['cat', 'dog', 'owl'];
  using bench = new StageBench();
  const scores = ['1', '2', '3'].map((seed) => {
    const random = new Random('seed', Number(seed));
    const lines = Array.from({ length: 90 }, (_, i) => {
      const label = names[i % 3]!;
      const values = names.map((name) => random.normal() + (name === label ? 1.5 : 0));
      return [i, 'test', label, ...values].join();
    });
    const path = join(bench.root, `${seed}.csv`);
    writeFileSync(path, `key,split,label,score.cat,score.dog,score.owl\n${lines.join('\n')}\n`);
    return { path, labels: { seed } };
  });
  const single = await Promise.all(
    scores.map(async ({ path }) => {
      using one = new StageBench();
      await one.run(spec, run, {
        inputs: { scores: [{ path, labels: {} }] },
        with: { draws: 100 },
      });
      return JSON.parse(textOf(one, 'metrics')).models;
    }),
  );
  await bench.run(spec, run, { inputs: { scores }, with: { draws: 100, over: ['seed'] } });
  const { overRuns, models } = JSON.parse(textOf(bench, 'metrics'));
  assert.deepEqual(Object.keys(overRuns).sort(), names);
  for (const name of names) {
    const areas = single.map((models) => models[name].auc as number);
    assert.deepEqual(
      ['1', '2', '3'].map((seed) => models[`${name}, seed ${seed}`].auc),
      areas,
      'a run is measured as it is alone',
    );
    const mean = areas.reduce((sum, area) => sum + area / 3, 0);
    assert.ok(Math.abs(overRuns[name].aucOverRuns - mean) < 1e-12);
    assert.equal(overRuns[name].runs, 3);
  }
  const svg = readFileSync(join(bench.output('roc'), 'chart.svg'), 'utf8');
  assert.equal(
    svg.match(/>(cat|dog|owl): 0\.\d+, 0\.\d+ to 0\.\d+ over 3 seeds</g)?.length,
    3,
    'a line for each class',
  );
  assert.match(svg, /90 images, each class against all others/);
  await assert.rejects(
    bench.run(spec, run, { inputs: { scores }, with: { draws: 100 } }),
    /name it, as in|positive/,
    'without over, three scores are three models',
  );
});

test('the setting scoresAre overrides what the sums of scores suggest', async () => {
  using bench = new StageBench();
  const text =
    'key,split,label,real,fake\na,test,0,0.75,0.25\nb,test,1,0.25,0.75\nc,test,1,0.25,0.75\n';
  const meanOf = async (settings: object): Promise<number> => {
    await roc(bench, text, settings);
    return JSON.parse(textOf(bench, 'metrics')).meanProbability;
  };
  const sigmoid = 1 / (1 + Math.exp(-0.5));
  assert.ok(Math.abs((await meanOf({})) - 1.75 / 3) < 1e-9);
  assert.equal(await meanOf({ scoresAre: 'probabilities' }), await meanOf({}));
  assert.ok(Math.abs((await meanOf({ scoresAre: 'logits' })) - (1 + sigmoid) / 3) < 1e-9);
});
