import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TopLevelSpec } from 'vega-lite';
import { defaultNames } from '../../src/default-class-names.ts';
import { formatDecimal, formatEstimate } from '../../src/format-numbers.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { formatScores, type ScoreRow } from '../../src/learning/metrics/scores/scores-file.ts';
import { formatPairs } from '../../src/learning/metrics/testing-scores.ts';
import { countParameters } from '../../src/learning/models/count-parameters.ts';
import { headOf } from '../../src/learning/models/feature-head.ts';
import { plainLayers, traceLayers } from '../../src/learning/models/layers/trace-net.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { netOf } from '../../src/learning/models/model-setting.ts';
import { StageError } from '../../src/stage.ts';
import { chartContent } from '../../test/support/chart-content.ts';
import { assertGolden, digestOf } from '../../test/support/golden.ts';
import { smallOnnx } from '../../test/support/small-onnx.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { competitionChart } from './chart.ts';
import { type Candidate, rank } from './leaderboard.ts';
import { rankingChart } from './ranking-chart.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const image = (size: number) => ({
  ...({ size, fit: 'cover', kernel: 'linear' } as const),
  normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] } as {
    mean: [number, number, number];
    deviation: [number, number, number];
  },
});

const infoOf = (architecture: ModelInfo['architecture'], input: ModelInfo['input']): ModelInfo => ({
  architecture,
  input,
  classes: ['real', 'fake'],
  training: {},
  chosenEpoch: 1,
  backend: 'none',
});

/** A model artifact whose weights are zeros. */
function writeModel(folder: string, info: ModelInfo): string {
  const { architecture, input } = info;
  const isHead = 'values' in input;
  const net = (isHead ? headOf : netOf)(architecture as 'my-net');
  const traced = traceLayers(net.layers, isHead ? [input.values] : [input.size, input.size, 3]);
  assert.ok(traced.ok);
  const weights = plainLayers(traced.value).flatMap(({ layer, weights }) =>
    weights.map(({ name, shape }) => ({ name: `${layer.name}/${name}`, shape, dtype: 'float32' })),
  );
  const count = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify({ weightsManifest: [{ paths: ['weights.bin'], weights }] }),
  );
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(4 * count));
  writeFileSync(join(folder, 'info.json'), JSON.stringify(info));
  return folder;
}

/** A small network with `units` units before its output layer. */
const net = (units: number): ModelInfo =>
  infoOf(
    {
      layers: [
        { conv: 4, kernel: 3, stride: 2 },
        'relu',
        'globalAveragePool',
        { dense: units },
        { dense: 2 },
      ],
    },
    image(16),
  );

/** Scores of four images of each class that rank `wrong` of the 16 pairs the wrong way round. */
function scores(wrong: number, split = 'test'): readonly BinaryRow[] {
  const ranks = [0, 1, 2, 3, 4, 5, 6, 7];
  const labels = [0, 0, 0, 0, 1, 1, 1, 1];
  for (let left = wrong, at = 3; left > 0; at--) {
    for (let i = at; left > 0 && i < 4 + at; i++, left--)
      [labels[i], labels[i + 1]] = [labels[i + 1]!, labels[i]!];
  }
  const seen = [0, 0];
  return ranks.map((fake, i) => {
    const label = labels[i]!;
    return {
      key: `${label}-${seen[label]!++}`,
      split,
      label: label as 0 | 1,
      negative: 0,
      positive: fake,
    };
  });
}

interface Entrant {
  readonly info: ModelInfo;
  readonly rows: readonly BinaryRow[];
  readonly labels?: Readonly<Record<string, string>>;
}

async function compete(
  bench: StageBench,
  entrants: readonly Entrant[],
  settings: object = {},
): Promise<void> {
  const made = entrants.map(({ info, rows, labels = {} }, index) => {
    const path = join(bench.root, `scores-${index}.csv`);
    writeFileSync(path, formatPairs(rows));
    return {
      model: { path: writeModel(join(bench.root, `model-${index}`), info), labels },
      scores: { path, labels },
    };
  });
  const inputs = {
    models: made.map(({ model }) => model),
    scores: made.map(({ scores }) => scores),
  };
  await bench.run(spec, run, { with: settings, inputs });
}

const read = (bench: StageBench, port: 'leaderboard' | 'markdown' | 'latex' | 'metrics') =>
  readFileSync(bench.output(port, spec.outputs[port]), 'utf8');

const rankByScore = (candidates: readonly Candidate[]) => rank(candidates, 'score');

const interval = (estimate: number, low: number, high: number) => ({
  estimate,
  low,
  high,
  method: 'delong' as const,
});

test('the example of the docstring: the smaller and better one is first, and alone on the front', () => {
  const ranked = rankByScore([
    { name: 'large', parameters: 1000, auc: interval(0.9, 0.85, 0.94) },
    { name: 'small', parameters: 10, auc: interval(0.95, 0.9, 0.98) },
  ]);
  assert.deepEqual(
    ranked.map(({ name, rank, onFront }) => [name, rank, onFront]),
    [
      ['small', 1, true],
      ['large', 2, false],
    ],
  );
  assert.equal(ranked[1]!.score.estimate, 0.25);
});

test('the known answer: 34,850 parameters and an AUC of 95.8 % score 2.608, and the interval follows from that of the AUC', () => {
  const [entry] = rankByScore([
    { name: 'my-net', parameters: 34_850, auc: interval(0.958, 0.95, 0.9602) },
  ]);
  assert.equal(formatEstimate(entry!.score), '2.608 (1.804–2.886)');
});

test('equal scores share a rank, and both are on the front', () => {
  const twin = { parameters: 10, auc: interval(0.9, 0.8, 0.95) };
  const ranked = rankByScore([
    { name: 'a', ...twin },
    { name: 'worse', parameters: 20, auc: interval(0.9, 0.8, 0.95) },
    { name: 'b', ...twin },
  ]);
  assert.deepEqual(
    ranked.map(({ name, rank, onFront }) => [name, rank, onFront]),
    [
      ['a', 1, true],
      ['b', 1, true],
      ['worse', 3, false],
    ],
  );
});

test("learnable parameters count: MyNet's 34,850, no moving statistics, and of a head also those of what made its features", () => {
  using bench = new StageBench();
  const count = (info: ModelInfo) =>
    countParameters(writeModel(join(bench.root, 'counted'), info), info);
  assert.equal(count(infoOf('my-net', image(256))), 34_850);
  assert.equal(count(infoOf('xception-based', image(256))), 23_128_786);
  const of = { architecture: 'xception', layer: 'avg_pool', input: image(299) };
  const whole = count(infoOf('xception', image(299)));
  const layers = netOf('xception').layers;
  const pooled = layers.find(({ kind }) => kind === 'globalAveragePool')!.name;
  assert.equal(count(infoOf('xception', { values: 2048, of: { ...of, layer: pooled } })), whole);
  assert.throws(
    () => count(infoOf('xception', { values: 2048 })),
    new StageError(
      'Expected a model whose parameters can be counted, got a head on features from an unknown network.',
    ),
  );
});

test('a run leaves the leaderboard in every form, the chart, and the drawing of the winner', async () => {
  using bench = new StageBench();
  const entrants = [
    { info: net(8), rows: scores(2), labels: { net: 'wide' } },
    { info: net(2), rows: scores(2), labels: { net: 'narrow' } },
    { info: net(3), rows: scores(5), labels: { net: 'weak' } },
  ];
  await compete(bench, entrants);
  assert.deepEqual(bench.warnings, []);
  const [header, ...lines] = read(bench, 'leaderboard').trim().split('\n');
  assert.equal(
    header,
    'rank,model,parameters,auc,auc_low,auc_high,score,score_low,score_high,on_front',
  );
  assert.deepEqual(
    lines.map((line) => line.split(',').filter((_, i) => [0, 1, 2, 3, 9].includes(i))),
    [
      ['1', 'narrow', '128', '0.875', '1'],
      ['2', 'wide', '170', '0.875', '0'],
      ['3', 'weak', '135', '0.6875', '0'],
    ],
  );
  assert.match(
    read(bench, 'markdown'),
    /^\| rank \| model .*\n\| ---: .*\n\| 1 \| narrow \| 128 \| 0\.8750 \(0\.\d{4}–0\.\d{4}\) \| 0\.102 \(/,
  );
  const metrics = JSON.parse(read(bench, 'metrics'));
  assert.deepEqual([metrics.split, metrics.images, metrics.winner], ['test', 8, 'narrow']);
  const { intervals, ...narrow } = metrics.candidates.narrow;
  assert.deepEqual(
    { ...narrow, score: formatDecimal(narrow.score, 4) },
    { rank: 1, auc: 0.875, score: '0.1018', parameters: 128 },
  );
  assert.deepEqual(Object.keys(intervals), ['auc', 'score']);
  assert.deepEqual(
    bench.highlights[0]?.rows.map(([rank, name]) => [rank, name]),
    [
      ['1', 'narrow'],
      ['2', 'wide'],
      ['3', 'weak'],
    ],
  );
  assert.deepEqual(readdirSync(bench.output('drawing')), ['winner.png', 'winner.svg']);
  assert.match(
    readFileSync(join(bench.output('drawing'), 'winner.svg'), 'utf8'),
    /narrow at 16 x 16/,
  );
});

test('the leaderboard for LaTeX is the one for a report, with what its intervals are, and the class can set it as it is', async () => {
  using bench = new StageBench();
  await compete(bench, [
    { info: net(2), rows: scores(2), labels: { net: 'ada_lovelace' } },
    { info: net(3), rows: scores(5), labels: { net: 'ben & cem' } },
  ]);
  const cells = read(bench, 'markdown')
    .trim()
    .split('\n')
    .map((line) => line.slice(2, -2).split(' | '));
  const [columns, , ada, ben] = cells as [string[], string[], string[], string[]];
  const latex = (row: readonly string[]) =>
    `  ${row.join(' & ').replace('_', '\\_').replaceAll('–', '--')} \\\\`;
  assert.equal(
    read(bench, 'latex'),
    [
      '\\begin{tabular}{rlrlll}',
      '  \\toprule',
      latex(columns),
      '  \\midrule',
      latex(ada),
      latex(ben).replace('ben & cem', 'ben \\& cem'),
      '  \\bottomrule',
      '\\end{tabular}',
      '',
      '{\\footnotesize 95 \\% intervals in brackets; 4 real and 4 fake images of test}',
      '',
    ].join('\n'),
  );
});

test('where size does not count, the AUC alone ranks: people see no score, and the lead is that of the AUC', async () => {
  using bench = new StageBench();
  const entrants = [
    { info: net(2), rows: scores(3), labels: { net: 'narrow' } },
    { info: net(8), rows: scores(2), labels: { net: 'wide' } },
    { info: net(3), rows: scores(3), labels: { net: 'twin' } },
  ];
  await compete(bench, entrants, { rankBy: 'auc' });
  const { columns, rows } = bench.highlights[0]!;
  assert.deepEqual(columns, ['rank', 'model', 'learnable parameters', 'AUC', 'Pareto front']);
  assert.deepEqual(
    rows.map(([rank, name, , , front]) => [rank, name, front]),
    [
      ['1', 'wide', 'yes'],
      ['2', 'narrow', 'yes'],
      ['2', 'twin', ''],
    ],
  );
  assert.doesNotMatch(read(bench, 'markdown') + read(bench, 'latex'), /score/);
  const chart = readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8');
  assert.doesNotMatch(chart, /"Score"/);
  assert.match(read(bench, 'leaderboard'), /^rank,.*,score,.*\n1,wide,170,0\.875,/);
  const { rankBy, winner, lead } = JSON.parse(read(bench, 'metrics'));
  assert.deepEqual([rankBy, winner, lead.over], ['auc', 'wide', 'narrow']);
  assert.deepEqual(
    [lead.difference, lead.ratio, Object.keys(lead.intervals)],
    [0.0625, undefined, ['difference']],
  );
  const table = bench.highlights[1]!;
  assert.deepEqual(table.columns, ['over', 'AUC, first − second, 95 %', 'p']);
  assert.match(String(table.rows[0]![1]), /^\+0\.063 \(−0\.\d{3} to \+0\.\d{3}\)$/);

  // The small network would win by score.
  await compete(bench, entrants.slice(0, 1).concat({ ...entrants[1]!, rows: scores(3) }));
  assert.equal(JSON.parse(read(bench, 'metrics')).winner, 'narrow');
});

test('near chance a score is 0.000 for people, and the CSV keeps its digits', async () => {
  using bench = new StageBench();
  await compete(bench, [
    { info: net(2), rows: scores(8), labels: { net: 'guess' } },
    { info: net(3), rows: scores(15), labels: { net: 'worse' } },
  ]);
  const [, guess, worse] = read(bench, 'leaderboard').split('\n');
  assert.match(guess!, /^1,guess,128,0\.5,.*,3\.\d+e-9,/);
  assert.match(worse!, /^2,worse,135,0\.0625,/);
  for (const port of ['markdown', 'latex'] as const)
    assert.doesNotMatch(read(bench, port), /\de[-+]?\d/);
  const [board, lead] = bench.highlights;
  assert.match(String(board!.rows[0]![4]), /^0\.000 \(0\.000–/);
  assert.match(String(lead!.rows[0]!.slice(1, 3)), /^0\.000,1,000\+ \(/);
});

test('a single candidate wins; without a label it is named by its place, and a perfect AUC has a bound', async () => {
  using bench = new StageBench();
  await compete(bench, [{ info: net(2), rows: scores(0) }]);
  const { winner, candidates } = JSON.parse(read(bench, 'metrics'));
  assert.equal(winner, 'model 1');
  assert.equal(candidates['model 1'].auc, 1);
  assert.equal(candidates['model 1'].intervals.auc[1], 1);
});

test('a tie for first place is reported', async () => {
  using bench = new StageBench();
  await compete(
    bench,
    [1, 2].map((seed) => ({ info: net(2), rows: scores(3), labels: { seed: `${seed}` } })),
  );
  assert.deepEqual(bench.warnings, ['seed 1, seed 2 share first place; the drawing shows seed 1.']);
  const { candidates } = JSON.parse(read(bench, 'metrics'));
  assert.deepEqual([candidates['seed 1'].rank, candidates['seed 2'].rank], [1, 1]);
});

test('the lead of the first over the second is tested on the same images', async () => {
  using close = new StageBench();
  const narrow = { net: 'narrow' };
  const wide = { net: 'wide' };
  await compete(close, [
    { info: net(2), rows: scores(2), labels: narrow },
    {
      info: net(8),
      rows: scores(3).map((row) => ({ ...row, key: `${row.label}-${3 - Number(row.key[2])}` })),
      labels: wide,
    },
  ]);
  const { lead } = JSON.parse(read(close, 'metrics'));
  assert.deepEqual([lead.over, lead.p > 0.05], ['wide', true]);
  const [low, high] = lead.intervals.ratio;
  assert.ok(low < 1 && lead.ratio > 1 && high > lead.ratio);
  const { columns, rows } = close.highlights[1]!;
  assert.deepEqual(columns, ['over', 'score, first − second', 'score, times as high, 95 %', 'p']);
  const [over, difference, ratio] = rows[0]!;
  assert.match(`${over}: ${difference}, ${ratio}`, /^wide: 0\.\d+, 18\.488 \(0\.000–1,000\+\)$/);
  using far = new StageBench();
  const thrice = (rows: readonly BinaryRow[]) =>
    [1, 2, 3].flatMap((time) => rows.map((row) => ({ ...row, key: `${time}-${row.key}` })));
  await compete(far, [
    { info: net(2), rows: thrice(scores(0)), labels: narrow },
    { info: net(8), rows: thrice(scores(12)), labels: wide },
  ]);
  assert.ok(JSON.parse(read(far, 'metrics')).lead.p < 0.05);
});

test('a winner that cannot be drawn still wins, with a warning', async () => {
  using bench = new StageBench();
  const info = net(2);
  await compete(bench, [{ info, rows: scores(1), labels: { net: 'odd' } }]);
  const model = join(bench.root, 'model-0');
  writeFileSync(
    join(model, 'info.json'),
    JSON.stringify({ ...info, architecture: 'of another time' }),
  );
  const path = join(bench.root, 'scores-0.csv');
  const labels = { net: 'odd' };
  await bench.run(spec, run, {
    inputs: { models: [{ path: model, labels }], scores: [{ path, labels }] },
  });
  assert.deepEqual(bench.warnings, [
    'odd, the winner, could not be drawn: expected a network of known layers, got "of another time".',
  ]);
  assert.equal(JSON.parse(read(bench, 'metrics')).winner, 'odd');
  assert.match(
    readFileSync(join(bench.output('drawing'), 'winner.svg'), 'utf8'),
    /odd could not be drawn: /,
  );
  assert.ok(existsSync(join(bench.output('drawing'), 'winner.png')));
});

test('a winner that is an ONNX file is drawn by its modules', async () => {
  using bench = new StageBench();
  const info = net(2);
  const labels = { net: 'small' };
  await compete(bench, [{ info, rows: scores(1), labels }]);
  const model = join(bench.root, 'model-0');
  const path = join(bench.root, 'scores-0.csv');
  writeFileSync(join(model, 'model.onnx'), smallOnnx());
  const architecture = 'onnx';
  const input = { ...info.input, size: 8 };
  const onnx = { parameters: 62, probabilities: false };
  writeFileSync(join(model, 'info.json'), JSON.stringify({ ...info, architecture, input, onnx }));
  await bench.run(spec, run, {
    inputs: { models: [{ path: model, labels }], scores: [{ path, labels }] },
  });
  const drawing = readFileSync(join(bench.output('drawing'), 'winner.svg'), 'utf8');
  assert.match(drawing, />small at 8 x 8</);
  assert.match(drawing, />layer1\.1</);
  assert.deepEqual(bench.warnings, []);

  rmSync(join(model, 'model.onnx'));
  await bench.run(spec, run, {
    inputs: { models: [{ path: model, labels }], scores: [{ path, labels }] },
  });
  assert.deepEqual(bench.warnings, [
    `small, the winner, could not be drawn: Expected model.onnx in ${model}, since info.json there is of an ONNX file, got none.`,
  ]);
});

test('images that only some have scored are left out, with a warning', async () => {
  using bench = new StageBench();
  await compete(bench, [
    { info: net(2), rows: scores(2), labels: { net: 'a' } },
    { info: net(3), rows: scores(2).filter(({ key }) => key !== '0-0'), labels: { net: 'b' } },
  ]);
  assert.deepEqual(bench.warnings, [
    'Images that some candidates have not scored are left out: 1 of a.',
  ]);
  assert.equal(JSON.parse(read(bench, 'metrics')).images, 7);
});

test('scores without the split, of one class, or of other models are refused', async () => {
  using bench = new StageBench();
  const good = { info: net(2), rows: scores(1), labels: { net: 'good' } };
  await assert.rejects(
    compete(bench, [good, { info: net(2), rows: scores(1, 'val'), labels: { net: 'other' } }]),
    new StageError(
      'input "scores" of other: expected images of the split "test", got none. There is only val. Set "split".',
    ),
  );
  await assert.rejects(
    compete(bench, [
      { info: net(2), rows: scores(1).filter(({ label }) => label === 1), labels: { net: 'one' } },
    ]),
    new StageError(
      'input "scores": expected real and fake images that all models scored, got 4 fake ones alone.',
    ),
  );
  await assert.rejects(
    bench.run(spec, run, { inputs: { models: [bench.root], scores: [] } }),
    new StageError('Expected scores for each of 1 models, got 0.'),
  );
});

const tested = {
  split: 'test',
  unit: 'image',
  negative: 1400,
  positive: 700,
  sides: defaultNames,
} as const;
const drawnBy = { confidence: 0.95, rankBy: 'score' } as const;

test('the chart joins the Pareto front, and labels every candidate where there is room', () => {
  const of = (
    name: string,
    parameters: number,
    [estimate, low, high]: readonly [number, number, number],
  ): Candidate => ({
    name,
    parameters,
    auc: interval(estimate, low, high),
  });
  const ranked = rankByScore([
    of('my-net', 34_850, [0.958, 0.949, 0.966]),
    of('simple-net', 1_625_650, [0.941, 0.93, 0.951]),
    of('xception', 20_865_578, [0.979, 0.973, 0.985]),
    of('tiny', 1500, [0.82, 0.8, 0.84]),
  ]);
  const chart = competitionChart(ranked, tested, drawnBy);
  assertGolden(chart, new URL('golden/four-candidates.golden.json', import.meta.url));
  const ranking = rankingChart(ranked, tested, drawnBy);
  assertGolden(ranking, new URL('golden/four-ranked.golden.json', import.meta.url));
});

type Rows = readonly Readonly<Record<string, unknown>>[];

interface Content {
  readonly title: { readonly subtitle: readonly string[] };
  readonly data: { readonly values: Rows };
  readonly layer: readonly { readonly data?: { readonly name: string; readonly values: Rows } }[];
}

const subtitleOf = (chart: TopLevelSpec): string =>
  chartContent<Content>(chart).title.subtitle.join(' ');

test('of a class of thirty the winner has a name even in a crowd, the chart says that others lack theirs, and the ranking names all', () => {
  // An arc under the upper edge of the chart: the points on both sides of the winner take its room.
  const ranked = rank(
    Array.from({ length: 30 }, (_, i) => ({
      name: `student ${i + 1}`,
      parameters: Math.round(1000 * 10 ** (i / 29)),
      auc: interval(1 - Math.abs(i - 14) / 1e4, 0.9, 1),
    })),
    'auc',
  );
  const chart = competitionChart(ranked, tested, drawnBy);
  const layers = chartContent<Content>(chart).layer;
  const labels = layers.find(({ data }) => data?.name === 'labels')!.data!.values;
  assert.deepEqual(
    labels.filter(({ isFirst }) => isFirst).map(({ label }) => label),
    ['student 15'],
  );
  assert.ok(labels.length < 30);
  assert.equal(
    subtitleOf(chart),
    '1,400 real and 700 fake images; filled: on the Pareto front; bold: the first; names where there is room',
  );
  const rows = chartContent<Content>(rankingChart(ranked, tested, drawnBy)).data.values;
  assert.deepEqual(
    [rows.length, rows[0], rows[29]!['name']],
    [
      30,
      { name: '1. student 15', value: 1, low: 0.9, high: 1, text: '1.000 (0.900–1.000)' },
      '30. student 30',
    ],
  );
});

test('the ranking marks chance where a network is near it, and says what ranks', () => {
  const candidates = [
    { name: 'guess', parameters: 10, auc: interval(0.51, 0.4, 0.62) },
    { name: 'good', parameters: 1000, auc: interval(0.9, 0.85, 0.94) },
  ];
  const near = rankingChart(rankByScore(candidates), tested, drawnBy);
  assert.match(subtitleOf(near), /; ranked by AUC and size; dashed: chance$/);
  const above = rank(candidates.slice(1), 'auc');
  const far = rankingChart(above, tested, { ...drawnBy, rankBy: 'auc' });
  assert.equal(subtitleOf(far), '1,400 real and 700 fake images; lines: 95 % intervals');
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  await compete(bench, [
    { info: net(8), rows: scores(2), labels: { net: 'wide' } },
    { info: net(2), rows: scores(5), labels: { net: 'narrow' } },
  ]);
  const outputs = (['leaderboard', 'markdown', 'latex', 'metrics'] as const).map((port) =>
    bench.output(port, spec.outputs[port]),
  );
  const drawn = ['chart/chart.vl.json', 'ranking/chart.vl.json', 'drawing/winner.svg'].map((path) =>
    join(bench.root, 'outputs', path),
  );
  assert.deepEqual(
    { version: spec.version, digest: digestOf(...outputs, ...drawn) },
    { version: 16, digest: 'd354eda335302bab' },
  );
});

test('models of several classes compete as detectors of the positive ones', async () => {
  using bench = new StageBench();
  const layers = [{ conv: 4, kernel: 3, stride: 2 }, 'relu', 'globalAveragePool', { dense: 3 }];
  const info = infoOf({ layers } as ModelInfo['architecture'], image(16));
  const model = writeModel(join(bench.root, 'model'), { ...info, classes: ['cat', 'dog', 'owl'] });
  const given = join(bench.root, 'scores.csv');
  const lines = ['a,test,cat,2,0,0', 'b,test,cat,0,1,1', 'c,test,dog,0,2,0', 'd,test,owl,1,0,1'];
  writeFileSync(given, ['key,split,label,score.cat,score.dog,score.owl', ...lines].join('\n'));
  const inputs = { models: [model], scores: [given] };
  await bench.run(spec, run, { with: { positive: ['dog', 'owl'] }, inputs });
  const { candidates, winner, negative, positive } = JSON.parse(read(bench, 'metrics'));
  assert.deepEqual([candidates[winner].auc, negative, positive], [0.75, 2, 2]);
  await assert.rejects(
    bench.run(spec, run, { inputs }),
    /expected "positive" to say which of the classes cat, dog, owl count as positive/,
  );
});

test('videos are ranked by their images, and both levels stand beside each other', async () => {
  using bench = new StageBench();
  const people = ['a', 'b', 'c', 'd', 'e', 'f'];
  // The highest image of each real video of the first model looks forged; its other images do not.
  const scoresOf = (odd: number) =>
    people.flatMap((video, index) =>
      [0, 1, 2].map((frame): ScoreRow => {
        const label = index % 2;
        const fake = label === 1 ? 0.6 + frame / 20 + index / 100 : 0.3 + index / 100;
        const score = label === 0 && frame === 2 ? odd : fake;
        return {
          key: `${video}/${frame}`,
          split: 'test',
          label,
          scores: [1 - score, score],
          group: video,
          video,
        };
      }),
    );
  const entrant = (name: string, odd: number, units: number) => {
    const path = join(bench.root, `${name}.csv`);
    const unscored = [{ split: 'test', label: 1, video: 'g', group: 'g' }];
    const classes = ['real', 'fake'];
    const rows = scoresOf(odd);
    writeFileSync(
      path,
      formatScores({ classes, names: classes, scale: 'probabilities', rows, unscored }),
    );
    const labels = { net: name };
    return {
      model: { path: writeModel(join(bench.root, name), net(units)), labels },
      scores: { path, labels },
    };
  };
  const entrants = [entrant('odd', 0.95, 2), entrant('even', 0.4, 3)];
  const inputs = {
    models: entrants.map(({ model }) => model),
    scores: entrants.map(({ scores }) => scores),
  };
  const measured = async (settings: object) => {
    await bench.run(spec, run, { with: { by: 'video', ...settings }, inputs });
    const levels = bench.highlights.findLast(({ title }) => title === 'Images and videos')!;
    return levels.rows.map(([name, judged, number, auc]) => [
      name,
      judged,
      number,
      String(auc).slice(0, 5),
    ]);
  };
  assert.deepEqual(await measured({}), [
    ['odd', 'images', 18, '0.667'],
    ['odd', 'videos', 7, '0.750'], // the video without images has 0.5, less than each real one
    ['even', 'images', 18, '1.000'],
    ['even', 'videos', 7, '1.000'],
  ]);
  assert.deepEqual(await measured({ aggregate: 'max', missing: 'excluded' }), [
    ['odd', 'images', 18, '0.667'],
    ['odd', 'videos', 6, '0.000'],
    ['even', 'images', 18, '1.000'],
    ['even', 'videos', 6, '1.000'],
  ]);

  // Scores that an earlier stage joined need no `by`, and are called videos, too.
  for (const [i, { scores }] of entrants.entries()) {
    const rows = people.map((video, index): ScoreRow => {
      const label = index % 2;
      const fake = label === 1 && i === 0 ? 0.5 : 0.4 + label / 5;
      return { key: video, split: 'test', label, scores: [1 - fake, fake], video };
    });
    const classes = ['real', 'fake'];
    writeFileSync(
      scores.path,
      formatScores({ classes, names: classes, scale: 'probabilities', rows }),
    );
  }
  await bench.run(spec, run, { inputs });
  const metrics = readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8');
  assert.equal(JSON.parse(metrics).videos, 6);
  const svg = readFileSync(join(bench.output('chart'), 'chart.svg'), 'utf8');
  assert.match(svg, /3 real and 3 fake videos;/);
});
