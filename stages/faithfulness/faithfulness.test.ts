import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { layers, sequential } from '@tensorflow/tfjs';
import type { ExchangeCurves } from '../../src/learning/attribution/faithfulness/insertion-deletion.ts';
import type { Method } from '../../src/learning/attribution/methods.ts';
import type { Question } from '../../src/learning/attribution/questions/question.ts';
import { gapWarning } from '../../src/learning/explanations/completeness-gap.ts';
import { averageRanks, correlateRanks } from '../../src/learning/metrics/spearman.ts';
import { loadModel, saveModel } from '../../src/learning/models/model-files.ts';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { chartContent } from '../../test/support/chart-content.ts';
import { assertGolden } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../test/support/untrained-model.ts';
import { curvesChart, type Frame, randomisationChart, rankingChart } from './charts.ts';
import type { MeasuredImage } from './measure-images.ts';
import { type Likeness, LikenessMeter } from './measure-likeness.ts';
import run, { alternate } from './run.ts';
import { spec } from './spec.ts';
import { faithfulnessTable, formatMetrics, formatTable } from './tables.ts';
import { type JudgedMethod, type Judgement, judge, sideOf } from './verdict.ts';

const folder = mkdtempSync(join(tmpdir(), 'faithfulness-'));
const dataset = join(folder, 'dataset');
const model = join(folder, 'model');
before(async () => {
  await writeTintedDataset(dataset, { test: 8, val: 1 });
  await writeUntrainedModel(model);
});
after(() => rmSync(folder, { recursive: true }));

const few = { method: ['gradient', 'grad-cam'], images: 4, curveSteps: 4, draws: 100 };

async function judged(bench: StageBench, settings: object = {}) {
  const inputs = { model, dataset };
  const outputs = Object.keys(spec.outputs);
  await bench.run(spec, run, { inputs, with: { ...few, ...settings }, outputs });
  return JSON.parse(readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'));
}

test('methods and the control are judged on images of both classes, and progress reaches its total', async () => {
  using bench = new StageBench();
  const metrics = await judged(bench, { randomise: true, weightDraws: 2, score: 'margin' });
  assert.deepEqual(
    [metrics.score, metrics.curveSteps, metrics.weightDraws, metrics.seed],
    ['margin', 4, 2, 7],
  );
  assert.deepEqual([metrics.images, metrics.real, metrics.fake], [4, 2, 2]);
  assert.deepEqual(Object.keys(metrics.methods).sort(), ['grad-cam', 'gradient', 'random-cam']);
  const { gradient, 'random-cam': control } = metrics.methods;
  assert.ok(
    Math.abs(gradient.insertion - gradient.deletion - gradient.insertionMinusDeletion) < 1e-9,
  );
  assert.ok(
    Math.abs(
      gradient.insertionMinusDeletion - control.insertionMinusDeletion - gradient.overControl,
    ) < 1e-9,
  );
  // The control's layer is the last convolution: above it, its map stays what it was.
  const { conv1, conv3, ...above } = control.likenessFrom;
  assert.deepEqual([above.logits, above.dense2, above.dense1], [1, 1, 1]);
  assert.ok(conv3 < 1 && conv1 < 1);
  for (const of of [gradient, control]) {
    assert.equal(of.likenessWithNewWeights, of.likenessFrom.conv1);
    const excess = of.likenessWithNewWeights - of.likenessOfOtherImages;
    assert.ok(Math.abs(excess - of.likenessExcess) < 1e-9);
    const byDraw = Object.values<number>(of.likenessExcessByDraw);
    assert.equal(byDraw.length, 2);
    assert.ok(Math.abs((byDraw[0]! + byDraw[1]!) / 2 - excess) < 1e-9);
  }
  const last = bench.progress.at(-1)!;
  assert.equal(last.done, last.total);
  for (const port of ['curves', 'ranking', 'randomisation']) {
    assert.ok(existsSync(join(bench.output(port), 'chart.png')), port);
  }
  assert.equal(bench.highlights.length, 1);
  assert.deepEqual([bench.warnings, bench.infos], [[], []]);
});

test('results do not depend on the batch size', async () => {
  using bench = new StageBench();
  const all = { method: 'grad-cam', curveSteps: 2, randomise: true, weightDraws: 2, images: 6 };
  const once = await judged(bench, all);
  const single = await judged(bench, { ...all, batchSize: 4 });
  const numbers = (value: unknown): number[] => {
    if (typeof value === 'number') return [value];
    return value instanceof Object ? Object.values(value).flatMap(numbers) : [];
  };
  const expected = numbers(once);
  const actual = numbers(single);
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(actual[i]! - value) < 1e-3, `${actual[i]}, ${value}`);
});

test('impossible settings are refused before anything is computed, with the alternatives', async () => {
  using bench = new StageBench();
  const refused = async (settings: object, message: string) =>
    assert.rejects(judged(bench, settings), new StageError(message));
  await refused(
    { layer: 'dense1' },
    'Expected a convolution of the network for the layer, got the Dense "dense1". There are conv1, conv2, conv3.',
  );
  await refused(
    { class: 'fkae' },
    'Expected a class for "class" (real, fake), or label or predicted, got "fkae". Did you mean "fake"?',
  );
  await refused(
    { layer: 'dense1', class: 'fkae' },
    [
      'Expected a convolution of the network for the layer, got the Dense "dense1". There are conv1, conv2, conv3.',
      'Expected a class for "class" (real, fake), or label or predicted, got "fkae". Did you mean "fake"?',
    ].join('\n'),
  );
  await refused(
    { split: 'val' },
    'Expected images of both classes in val, got none of fake. Name another split, or give it some.',
  );
  assert.deepEqual(bench.progress, []);
  const message = (settings: unknown) =>
    spec.settings.safeParse(settings).error?.issues[0]?.message;
  assert.equal(
    message({ method: ['grad-cam', 'random-cam'] }),
    'expected no random-cam: it is the control, and always there',
  );
  assert.equal(message({ method: ['grad-cam', 'grad-cam'] }), 'expected every method once');
  const check = (settings: object) =>
    spec.check!(spec.settings.parse(settings), new Set(['model']));
  assert.deepEqual(check({ method: ['gradient', 'grad-cam'], samples: 10 }), [
    {
      at: ['samples'],
      message:
        'none of the methods uses "samples", which is a setting of smooth-grad, smooth-grad-squared and var-grad',
    },
  ]);
  assert.deepEqual(check({ steps: 10, layer: 'conv1' }), []);
  assert.deepEqual(check({ weightDraws: 2 }), [
    { at: ['weightDraws'], message: 'no weights are drawn without "randomise: true"' },
  ]);
  assert.deepEqual(check({ weightDraws: 2, randomise: true }), []);
  assert.deepEqual(spec.settings.parse({ method: 'gradient' }).method, ['gradient']);
});

test('a network whose scores are not finite is refused', async () => {
  const broken = join(folder, 'broken');
  const { model: net, info } = await loadModel(model);
  net.setWeights(net.getWeights().map((weight) => weight.mul(1e38)));
  await saveModel(broken, { model: net, info });
  using bench = new StageBench();
  const ran = bench.run(spec, run, {
    inputs: { model: broken, dataset },
    with: few,
    outputs: Object.keys(spec.outputs),
  });
  await assert.rejects(ran, /^StageError: Expected finite scores from the model, got /);
});

test('integrated gradients whose sum is far off cause a warning, and the gap is measured', async () => {
  using bench = new StageBench();
  const metrics = await judged(bench, { method: 'integrated-gradients', steps: 1 });
  const { meanRise, meanGap, relativeGap } = metrics.methods['integrated-gradients'].completeness;
  assert.ok(Math.abs(relativeGap - meanGap / meanRise) < 1e-9);
  assert.deepEqual(bench.warnings, relativeGap > 0.05 ? [gapWarning(relativeGap, 1)] : []);
  assert.ok(relativeGap > 0.05);
});

test('images of the classes alternate, and a split with fewer images than asked for is reported', async () => {
  const labels = [0, 0, 0, 1, 1];
  assert.deepEqual([...alternate(Uint32Array.of(0, 1, 2, 3, 4), labels)], [0, 3, 1, 4, 2]);
  using bench = new StageBench();
  await judged(bench, { images: 10 });
  assert.deepEqual(bench.infos, ['test has fewer than 10 images: all 8 are explained.']);
});

const methods: readonly Method[] = ['gradient', 'guided-backprop', 'grad-cam', 'random-cam'];
const depths = ['logits', 'conv2', 'conv1'].map((layer, i) => ({ layer, kernels: i + 1 }));
const frame: Frame = {
  split: 'test',
  class: 'predicted',
  curveBaseline: 'blur',
  confidence: 0.95,
  classes: ['real', 'fake'],
  labels: { net: 'simple-net' },
};
const head = { ...frame, layer: 'conv3', curveSteps: 4, score: 'score', seed: 7 } as const;

/** Curves that rise and fall the faster the greater `quickness` is, with some noise. */
function curvesOf(quickness: number, random: Random): ExchangeCurves {
  const at = (share: number) => share ** (1 / (1 + quickness + 0.1 * random.normal()));
  const insertion = Float64Array.from([0, 0.25, 0.5, 0.75, 1], (share) => 0.2 + 0.7 * at(share));
  return { insertion, deletion: insertion.map((height) => 1.1 - height) };
}

/**
 * For two draws of weights, the first of which keeps more; NaN for a method whose maps are
 * constant.
 */
function likenessOf(kept: readonly number[], random: Random): Likeness {
  const own = kept.map((end) => [
    end + 0.05 + 0.05 * random.normal(),
    end - 0.05 + 0.05 * random.normal(),
  ]);
  return {
    byDepth: own.map(([one, two]) => [0.9 + 0 * one!, 0.5 + one! / 2, (one! + two!) / 2]),
    own,
    others: own.map((ofMethod) => ofMethod.map((value) => 0 * value + 0.05 * random.normal())),
  };
}

/** The judgement of 24 images, for methods of this quickness. */
function judgedOf(
  quickness: readonly number[],
  isRandomised = true,
  kept = [0.1, 0.6, 0, 0.05],
): Judgement {
  const images = Array.from({ length: 24 }, (_, index): MeasuredImage => {
    const random = new Random('judged', index);
    return {
      index,
      curves: quickness.map((quick) => curvesOf(quick, random)),
      ...(isRandomised && { likeness: likenessOf(kept, random) }),
    };
  });
  return judge(images, {
    methods: methods.slice(-quickness.length),
    depths: isRandomised ? depths : [],
    classes: 2,
    labels: images.map(({ index }) => index % 2),
    groups: images.map(() => undefined),
    confidence: 0.95,
    draws: 500,
    seed: 7,
  });
}

test('methods are ranked by their margin over the control on the same images', () => {
  const judgement = judgedOf([0.5, 0.2, 1, 0.2]);
  assert.deepEqual(
    judgement.ranked.map(({ method }) => method),
    ['grad-cam', 'gradient', 'guided-backprop'],
  );
  for (const { contrast, overControl } of judgement.ranked) {
    const expected = contrast.estimate - judgement.control.contrast.estimate;
    assert.ok(Math.abs(overControl.estimate - expected) < 1e-12);
  }
  assert.equal(judgement.kept, 0);
});

test('methods are above or below the control only if their margins are significant', () => {
  const sides = (...quickness: number[]) => {
    const { ranked } = judgedOf(quickness, false);
    return ranked.map(({ method, overControl }) => `${method} ${sideOf(overControl, 0.95)}`);
  };
  assert.deepEqual(sides(0.5, 0.8, 1, 0.2), [
    'grad-cam above',
    'guided-backprop above',
    'gradient above',
  ]);
  assert.deepEqual(sides(0.5, 0.2, 1, 0.2), [
    'grad-cam above',
    'gradient above',
    'guided-backprop neither',
  ]);
  assert.deepEqual(sides(1, 0.2), ['grad-cam above']);
  assert.deepEqual(sides(0.2, 0.2), ['grad-cam neither']);
  assert.deepEqual(sides(0.2, 0.8), ['grad-cam below']);
});

test('a judgement becomes charts, metrics and tables', () => {
  const judgement = judgedOf([0.5, 0.2, 1, 0.2]);
  const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);
  assertGolden(curvesChart(judgement, frame), golden('curves'));
  assertGolden(rankingChart(judgement, frame), golden('ranking'));
  assert.match(
    JSON.stringify(rankingChart(judgement, { ...frame, classes: ['cat', 'dog'] })),
    /12 cat and 12 dog/,
  );
  assertGolden(randomisationChart(judgement, frame), golden('randomisation'));
  assertGolden(JSON.parse(formatMetrics(judgement, head)), golden('metrics'));
  assertGolden(faithfulnessTable(judgement, frame), golden('table'));
  const [header, ...lines] = formatTable(judgement).trimEnd().split('\n');
  assert.equal(lines.length, 4);
  assert.ok(lines.every((line) => line.split(',').length === header!.split(',').length));
  assert.match(lines.at(-1)!, /^,random-cam,,,,,,0\.\d+/);
});

test('with all weights random, a method follows the image only if every draw shows it', () => {
  const following = (kept: number[]) => {
    const { rows } = faithfulnessTable(judgedOf([0.5, 0.2, 1, 0.2], true, kept), frame);
    return rows.filter((row) => row.at(-1) === 'yes').map(([method]) => method);
  };
  assert.deepEqual(following([0, 0.3, 0, 0]), ['Guided backpropagation']);
  // 0.05 above by the first draw, 0.05 below by the second.
  assert.deepEqual(following([0.04, 0.04, 0.04, 0]), []);
});

test('constant maps leave dashes in the table, and the axes complete', () => {
  const none = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const judgement = judgedOf([0.5, 0.2, 1, 0.2], true, none);
  const chart = JSON.stringify(randomisationChart(judgement, frame));
  assert.match(chart, /"name":"likeness","values":\[\]/);
  assert.match(chart, /"domain":\["none","logits","conv2","conv1","other image"\]/);
  for (const text of [
    chart,
    JSON.stringify(faithfulnessTable(judgement, frame)),
    formatMetrics(judgement, head),
  ]) {
    assert.doesNotMatch(text, /NaN/);
  }
  assert.deepEqual(faithfulnessTable(judgement, frame).rows[0]!.slice(-4), [
    '–',
    '–',
    '–',
    'not shown',
  ]);
  const { newWeights } = judgedOf([0.5, 0.2, 1, 0.2], true, [0.1, Number.NaN, 0, 0]).control;
  assert.ok(newWeights!.excess.p <= 1);
});

test('numbers of methods that hardly differ have more digits', () => {
  const near = judgedOf([0.5, 0.2, 1, 0.2], false);
  const shrink = (value: number) => 0.5 + (value - 0.5) / 1000;
  const squeeze = <M extends JudgedMethod>(method: M): M => ({
    ...method,
    insertion: { ...method.insertion, estimate: shrink(method.insertion.estimate) },
    deletion: { ...method.deletion, estimate: shrink(method.deletion.estimate) },
    curves: {
      insertion: method.curves.insertion.map(shrink),
      deletion: method.curves.deletion.map(shrink),
    },
  });
  const chart = chartContent<{
    hconcat: { data: { values: { series: string; probability: number }[] } }[];
  }>(
    curvesChart(
      { ...near, ranked: near.ranked.map(squeeze), control: squeeze(near.control) },
      frame,
    ),
  );
  const rows = chart.hconcat[0]!.data.values;
  assert.equal(new Set(rows.map(({ series }) => series.replace(/^.*: /, ''))).size, 4);
  assert.ok(new Set(rows.map(({ probability }) => probability)).size > 12);
});

test('each image is compared with the maps of others under random weights, in batches of any size', async () => {
  const net = sequential({
    layers: [layers.dense({ units: 2, inputShape: [16], name: 'logits' })],
  });
  const images = 7;
  const of = new Random('of');
  const fixed = new Random('fixed');
  const pictures = Array.from({ length: images }, () =>
    Float32Array.from({ length: 16 }, () => of.float()),
  );
  const always = Float32Array.from({ length: 16 }, () => fixed.float());
  const weigh = (seed: number, picture: Float32Array) => {
    const weight = new Random('weight', seed).between(-1, 1);
    return picture.map((value) => weight * value);
  };
  const map = (values: Float32Array) => ({ height: 4, width: 4, values });
  // One map is the image, one is the same for all, and one is the image times a random weight, as
  // RandomCAM of one channel.
  const mapsOf = async ({ classes, seeds }: Question) => [
    Array.from(classes, (i) => map(pictures[i]!)),
    Array.from(classes, () => map(always)),
    Array.from(classes, (i, slot) => map(weigh(seeds[slot]!, pictures[i]!))),
  ];
  const measure = async (batches: readonly (readonly number[])[]) => {
    const options = {
      model: net,
      depths: [{ layer: 'logits', kernels: 1 }],
      draws: 400,
      seed: 1,
      mapsOf,
    };
    const meter = new LikenessMeter(options);
    for (const batch of batches) {
      const question: Question = {
        images: new Float32Array(0),
        score: 'score',
        classes: Int32Array.from(batch),
        seeds: batch,
      };
      await meter.add(question, await mapsOf(question));
    }
    return meter.finish();
  };
  const likeness = await measure([[0, 1, 2, 3, 4, 5, 6]]);
  assert.deepEqual(await measure([[0, 1, 2], [3], [4, 5], [6]]), likeness);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  for (const [i, { own, others, byDepth }] of likeness.entries()) {
    const before = [1, 2, 3, 4].map((k) =>
      correlateRanks(
        averageRanks(pictures[i]!),
        averageRanks(pictures[(i - k + images) % images]!),
      ),
    );
    assert.ok(Math.abs(others[0]![0]! - mean(before)) < 1e-12);
    assert.deepEqual(
      [own[0]![0], own[1]![0], others[1]![0]].map((value) => value!.toFixed(9)),
      Array(3).fill('1.000000000'),
    );
    assert.equal(byDepth[2]![0], mean(own[2]!));
    // The random weight is redrawn with those of the network; otherwise the map of an image would
    // not change.
    assert.ok(Math.abs(mean(own[2]!)) < 0.2);
  }
});
