import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ExchangeCurves } from '../../src/attribution/faithfulness/insertion-deletion.ts';
import type { Method } from '../../src/attribution/methods.ts';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { assertGolden } from '../../test/golden.ts';
import { StageBench } from '../../test/stage-bench.ts';
import { writeTintedDataset } from '../../test/tinted-dataset.ts';
import { writeUntrainedModel } from '../../test/untrained-model.ts';
import { curvesChart } from './curves-chart.ts';
import { inTurn } from './in-turn.ts';
import { type Judgement, judge } from './judge.ts';
import type { MeasuredImage } from './measure-images.ts';
import { randomisationChart } from './randomisation-chart.ts';
import { rankingChart } from './ranking-chart.ts';
import run from './run.ts';
import { spec } from './spec.ts';
import { faithfulnessTable, formatMetrics, formatTable } from './tables.ts';
import { type Frame, rankingFinding } from './texts.ts';

const folder = mkdtempSync(join(tmpdir(), 'faithfulness-'));
const [dataset, model] = [join(folder, 'dataset'), join(folder, 'model')];
before(async () => {
  await writeTintedDataset(dataset, { test: 8, val: 1 });
  await writeUntrainedModel(model);
});
after(() => rmSync(folder, { recursive: true }));

const few = { methods: ['gradient', 'grad-cam'], images: 4, curveSteps: 4, draws: 100 };

async function judged(bench: StageBench, settings: object = {}) {
  const inputs = { model, dataset };
  const outputs = Object.keys(spec.outputs);
  await bench.run(spec, run, { inputs, with: { ...few, ...settings }, outputs });
  return JSON.parse(readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'));
}

test('methods are judged on images of both classes, the control with them, and progress comes to its end', async () => {
  using bench = new StageBench();
  const metrics = await judged(bench, { randomise: true });
  assert.deepEqual([metrics.images, metrics.real, metrics.fake], [4, 2, 2]);
  assert.deepEqual(Object.keys(metrics.methods).sort(), ['grad-cam', 'gradient', 'random-cam']);
  const { gradient, 'random-cam': control } = metrics.methods;
  assert.ok(Math.abs(gradient.insertion - gradient.deletion - gradient.insertionLessDeletion) < 1e-9);
  assert.ok(Math.abs(gradient.insertionLessDeletion - control.insertionLessDeletion - gradient.overControl) < 1e-9);
  // The control's layer is the last convolution: above it, its map stays what it was.
  const { conv1, conv3, ...above } = control.likenessFrom;
  assert.deepEqual([above.logits, above.dense2, above.dense1], [1, 1, 1]);
  assert.ok(conv3 < 1 && conv1 < 1);
  const last = bench.progress.at(-1)!;
  assert.equal(last.done, last.total);
  for (const port of ['curves', 'ranking', 'randomisation']) {
    assert.ok(existsSync(join(bench.output(port), 'chart.png')), port);
  }
  assert.equal(bench.highlights.length, 1);
  assert.deepEqual([bench.warnings, bench.told], [[], []]);
});

test('the same seed gives the same bytes, and the size of batches changes nothing that counts', async () => {
  using bench = new StageBench();
  const [once, again, single] = [await judged(bench), await judged(bench), await judged(bench, { batchSize: 1 })];
  assert.deepEqual(again, once);
  const numbers = (value: unknown): number[] =>
    typeof value === 'number' ? [value] : value instanceof Object ? Object.values(value).flatMap(numbers) : [];
  const [expected, actual] = [numbers(once), numbers(single)];
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(actual[i]! - value) < 1e-3, `${actual[i]}, ${value}`);
});

test('what cannot be is refused before anything is computed, with what there is', async () => {
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
    { split: 'val' },
    'Expected images of both classes in val, got none of fake. Name another split, or give it some.',
  );
  assert.deepEqual(bench.progress, []);
  const message = (settings: unknown) => spec.settings.safeParse(settings).error?.issues[0]?.message;
  assert.equal(
    message({ methods: ['grad-cam', 'random-cam'] }),
    'expected no random-cam: it is the control, and always there',
  );
  assert.equal(message({ methods: ['grad-cam', 'grad-cam'] }), 'expected every method once');
  const check = (settings: object) => spec.check!(spec.settings.parse(settings), new Set());
  assert.deepEqual(check({ methods: ['gradient', 'grad-cam'], samples: 10 }), [
    {
      at: ['samples'],
      message:
        'none of the methods heeds "samples", which is a setting of smooth-grad, smooth-grad-squared and var-grad',
    },
  ]);
  assert.deepEqual(check({ steps: 10, layer: 'conv1' }), []);
});

test('images come in turn of one class and the other, and where there are fewer, that is said', async () => {
  const labels = [0, 0, 0, 1, 1];
  assert.deepEqual([...inTurn(Uint32Array.of(0, 1, 2, 3, 4), labels)], [0, 3, 1, 4, 2]);
  using bench = new StageBench();
  await judged(bench, { images: 10 });
  assert.deepEqual(bench.told, ['test has fewer than 10 images: all 8 are explained.']);
});

const methods: readonly Method[] = ['gradient', 'guided-backprop', 'grad-cam', 'random-cam'];
const depths = ['logits', 'conv2', 'conv1'].map((layer, i) => ({ layer, kernels: i + 1 }));
const frame: Frame = {
  ...{
    split: 'test',
    class: 'predicted',
    score: 'score',
    layer: 'conv3',
    curveBaseline: 'blur',
    curveSteps: 4,
    confidence: 0.95,
  },
  labels: { net: 'simple-net' },
};

/** Curves that rise and fall by `quickness`, and a little luck. */
function curvesOf(quickness: number, random: Random): ExchangeCurves {
  const at = (share: number) => share ** (1 / (1 + quickness + 0.1 * random.normal()));
  const insertion = Float64Array.from([0, 0.25, 0.5, 0.75, 1], (share) => 0.2 + 0.7 * at(share));
  return { insertion, deletion: insertion.map((height) => 1.1 - height) };
}

/** Images on which methods are so quick. */
function judgedOf(quickness: readonly number[], isRandomised = true): Judgement {
  const images = Array.from({ length: 24 }, (_, index): MeasuredImage => {
    const random = new Random('judged', index);
    const kept = [0.1, 0.6, 0, 0.05];
    return {
      index,
      curves: quickness.map((quick) => curvesOf(quick, random)),
      likeness: isRandomised ? kept.map((end) => [0.9, 0.5 + end / 2, end + 0.05 * random.normal()]) : [[], [], [], []],
      toAnother: index === 0 ? kept.map(() => Number.NaN) : kept.map(() => 0.1 * random.normal()),
    };
  });
  return judge(images, {
    ...{ methods: methods.slice(-quickness.length), depths: isRandomised ? depths : [] },
    labels: images.map(({ index }) => index % 2),
    groups: images.map(() => undefined),
    ...{ confidence: 0.95, draws: 500, seed: 7 },
  });
}

test('methods are ranked by what they are above the control on the same images', () => {
  const judgement = judgedOf([0.5, 0.2, 1, 0.2]);
  assert.deepEqual(
    judgement.ranked.map(({ method }) => method),
    ['grad-cam', 'gradient', 'guided-backprop'],
  );
  for (const { contrast, overControl } of judgement.ranked) {
    const expected = contrast.estimate - judgement.control.contrast.estimate;
    assert.ok(Math.abs(overControl.difference - expected) < 1e-12);
  }
  assert.equal(judgement.kept, 0);
});

test('the title says which methods are told to beat the control, or that none is', () => {
  const finding = (...quickness: number[]) =>
    rankingFinding(judgedOf(quickness, false), 0.95).replace(/[+−][\d. (+−to)]+$/, '…');
  assert.equal(finding(0.5, 0.8, 1, 0.2), 'all 3 methods beat RandomCAM, Grad-CAM by most, …');
  assert.equal(finding(0.5, 0.2, 1, 0.2), '2 of 3 methods beat RandomCAM, Grad-CAM by most, …');
  assert.equal(finding(0.2, 0.2, 1, 0.2), 'of 3 methods Grad-CAM alone is told to beat RandomCAM, …');
  assert.equal(
    finding(0.2, 0.2, 0.2, 0.8),
    'no method can be told to beat RandomCAM; Guided backpropagation, the first, is at …',
  );
  assert.equal(finding(1, 0.2), 'Grad-CAM beats RandomCAM, …');
  assert.equal(finding(0.2, 0.2), 'Grad-CAM cannot be told from RandomCAM, …');
});

test('the charts, numbers and tables say what the images said', () => {
  const judgement = judgedOf([0.5, 0.2, 1, 0.2]);
  const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);
  assertGolden(curvesChart(judgement, frame), golden('curves'));
  assertGolden(rankingChart(judgement, frame), golden('ranking'));
  assertGolden(randomisationChart(judgement, frame), golden('randomisation'));
  assertGolden(JSON.parse(formatMetrics(judgement, frame)), golden('metrics'));
  assertGolden(faithfulnessTable(judgement, frame), golden('table'));
  const [header, ...lines] = formatTable(judgement).trimEnd().split('\n');
  assert.equal(lines.length, 4);
  assert.ok(lines.every((line) => line.split(',').length === header!.split(',').length));
  assert.match(lines.at(-1)!, /^,random-cam,,,,,,0\.\d+/);
});
