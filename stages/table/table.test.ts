import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageError } from '../../src/stage.ts';
import { assertGolden, digestOf } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { tableChart } from './chart.ts';
import { collect, type Item } from './collect.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);
const confidence = 0.95;

/** Two nets with three seeds each; of the second net, one AUC is undefined. */
const accuracies = { small: [0.5, 0.625, 0.75], large: [0.875, 0.75, 0.875] };
const items: readonly Item[] = Object.entries(accuracies).flatMap(([net, accuracies]) =>
  accuracies.map((accuracy, index) => ({
    labels: { net, seed: `${index + 1}` },
    values: new Map<string, number | null>([
      ['test.accuracy', accuracy],
      ['test.auc', net === 'large' && index === 1 ? null : accuracy + 0.125],
    ]),
  })),
);

async function tabled(bench: StageBench, settings: object, list = items) {
  const metrics = list.map(({ labels, values }, index) => {
    const test = Object.fromEntries(
      Array.from(values, ([name, value]) => [name.replace('test.', ''), value]),
    );
    const path = join(bench.root, `metrics-${index}.json`);
    writeFileSync(path, JSON.stringify({ splits: { test } }));
    return { path, labels };
  });
  await bench.run(spec, run, {
    with: { values: ['test.accuracy', 'test.auc'], ...settings },
    inputs: { metrics },
  });
  const text = (port: string) => readFileSync(bench.output(port, spec.outputs[port]), 'utf8');
  return {
    csv: text('table'),
    markdown: text('markdown'),
    latex: text('latex'),
    json: JSON.parse(text('json')),
  };
}

test('the setting names replaces labels, and the axes that head them', async () => {
  using bench = new StageBench();
  const names = { net: 'network', small: 'SmallNet', large: 'XceptionBased' };
  const { csv } = await tabled(bench, { over: ['seed'], names });
  assert.match(
    csv,
    /^network,value,n,.*\nSmallNet,test\.accuracy,3,0\.625,[\s\S]*\nXceptionBased,test\.accuracy,3,/,
  );
  await assert.rejects(
    tabled(bench, { names: { tiny: 'TinyXception' } }),
    /in "names", got "tiny"\. There are net, small,/,
  );
});

test('metrics become a table, a row for each, named by their axes', async () => {
  using bench = new StageBench();
  const { csv, markdown, json } = await tabled(bench, {});
  assert.equal(
    csv,
    `net,seed,test.accuracy,test.auc
small,1,0.5,0.625
small,2,0.625,0.75
small,3,0.75,0.875
large,1,0.875,1
large,2,0.75,
large,3,0.875,1
`,
  );
  assert.equal(
    markdown,
    `| net | seed | Accuracy on test | AUC on test |
| --- | --- | ---: | ---: |
| small | 1 | 0.5000 | 0.6250 |
| small | 2 | 0.6250 | 0.7500 |
| small | 3 | 0.7500 | 0.8750 |
| large | 1 | 0.8750 | 1 |
| large | 2 | 0.7500 | – |
| large | 3 | 0.8750 | 1 |
`,
  );
  assert.deepEqual(json.rows[4], {
    labels: { net: 'large', seed: '2' },
    values: { 'test.accuracy': 0.75, 'test.auc': null },
  });
  assert.deepEqual(readdirSync(bench.output('chart')), ['chart.png', 'chart.svg', 'chart.vl.json']);
  assert.deepEqual(bench.warnings, []);
});

test('over the seeds a row is the mean of its seeds, with its interval and every single number', async () => {
  using bench = new StageBench();
  const { csv, markdown, json } = await tabled(bench, { over: ['seed'] });
  assert.equal(
    markdown,
    `| net | n | Accuracy on test | AUC on test |
| --- | ---: | ---: | ---: |
| small | 3 | 0.6250 ± 0.3105 | 0.7500 ± 0.3105 |
| large | 3 | 0.8333 ± 0.1793 | 1 ± 0 (2 of 3) |

±: half of the 95 % interval of the mean over seed (Student's t)
`,
  );
  const [header, first, , , last] = csv.split('\n');
  assert.equal(header, 'net,value,n,mean,low,high,points');
  assert.match(first!, /^small,test\.accuracy,3,0\.625,0\.3144\d+,0\.9355\d+,0\.5 0\.625 0\.75$/);
  assert.equal(last, 'large,test.auc,2,1,1,1,1 1');
  assert.deepEqual(json.rows[1].values['test.auc'], {
    mean: 1,
    low: 1,
    high: 1,
    points: [
      { labels: { seed: '1' }, value: 1 },
      { labels: { seed: '3' }, value: 1 },
    ],
  });
  assert.deepEqual(bench.highlights[0]!.columns, ['net', 'n', 'Accuracy on test', 'AUC on test']);
  assert.match(bench.highlights[0]!.title, /^Mean over seed\. ±: half of the 95 % interval/);
});

test('with a baseline, significant differences from it are marked in Markdown and LaTeX', async () => {
  using bench = new StageBench();
  const far = items.map(({ labels, values }) => ({
    labels,
    values: new Map(
      [...values].map(([name, value]) => [
        name,
        labels['net'] === 'large' ? 0.99 + value! / 1000 : value,
      ]),
    ),
  }));
  const settings = { over: ['seed'], values: ['test.accuracy'], baseline: 'small' };
  const { markdown, latex } = await tabled(bench, settings, far);
  assert.match(
    markdown,
    /\| small \| 3 \| 0\.6250 ± 0\.3105 \|\n\| large \| 3 \| 0\.9908 ± 0\.00018\* \|\n\n±: half of .*\. Against small: \* p < 0\.05, .*Welch's test over seed/,
  );
  assert.match(
    latex,
    /^\\begin\{tabular\}\{lrr\}\n[\s\S]* {2}large & 3 & 0\.9908 \$\\pm\$ 0\.00018\* \\\\\n[\s\S]*tabular\}\n\n\{\\footnotesize \$\\pm\$: half of the 95 \\% interval of the mean over seed \(Student's t\)\. Against small: \* p \$<\$ 0\.05, /,
  );
  assert.match(
    bench.highlights[0]!.title,
    /^Mean over seed\. ±: .*\. Against small: \* p < 0\.05, /,
  );
  await tabled(bench, settings);
  assert.match(bench.highlights.at(-1)!.title, /Against small: no difference is shown \(Welch's/);
  await assert.rejects(tabled(bench, { over: ['seed'], baseline: 'tiny' }), {
    message: 'Expected "baseline" to name one row, got 0 with "tiny". Known: small, large.',
  });
});

test('a baseline may be a number, as the values of an axis are', async () => {
  using bench = new StageBench();
  const rates = items.map(({ labels, values }) => ({
    labels: { rate: labels['net'] === 'small' ? '0.0003' : '0.001', seed: labels['seed']! },
    values,
  }));
  const { markdown } = await tabled(bench, { over: ['seed'], baseline: 0.0003 }, rates);
  assert.match(markdown, /Against 0\.0003: /);
});

test('a baseline without axes to average over is a mistake of the file, since nothing would be marked', () => {
  const mistakes = (given: object) =>
    spec.check!(spec.settings.parse({ values: ['test.auc'], ...given }), new Set());
  assert.deepEqual(mistakes({ baseline: 'small' }), [
    {
      at: ['baseline'],
      message:
        '"baseline" needs "over", the axes whose spread tells what differs, such as over: [seed]; add it, or leave "baseline" out',
    },
  ]);
  assert.deepEqual([mistakes({ baseline: 'small', over: ['seed'] }), mistakes({})], [[], []]);
});

test('numbers below 0 have the minus sign of charts in Markdown, and one that programs read in CSV', async () => {
  using bench = new StageBench();
  const below = items
    .slice(0, 1)
    .map(({ labels }) => ({ labels, values: new Map([['test.accuracy', -0.25]]) }));
  const { csv, markdown } = await tabled(bench, { values: ['test.accuracy'] }, below);
  assert.match(markdown, /\| −0\.2500 \|/);
  assert.match(csv, /,-0\.25\n$/);
});

test('a single seed has a mean and no interval', async () => {
  using bench = new StageBench();
  const { csv, markdown, json } = await tabled(
    bench,
    { over: ['seed'], values: ['test.accuracy'] },
    items.slice(0, 1),
  );
  assert.equal(csv, 'net,value,n,mean,low,high,points\nsmall,test.accuracy,1,0.5,,,0.5\n');
  assert.match(markdown, /\| small \| 1 \| 0\.5000 \|/);
  const { mean, low, high } = json.rows[0].values['test.accuracy'];
  assert.deepEqual([mean, low, high], [0.5, null, null]);
});

test('the chart has a panel for each value: dots alone, or dots with mean and interval', () => {
  const values = ['test.accuracy', 'test.auc'];
  assertGolden(tableChart(collect(items, { values, over: [], confidence })), golden('each'));
  assertGolden(
    tableChart(collect(items, { values, over: ['seed'], confidence }), 'Nets'),
    golden('over-seeds'),
  );
});

test('a row of the chart is named by its axes: their fields, which the table has, would leave no room', () => {
  const trials = [0.1, 0.2].map((rate, index) => ({
    labels: { trial: `${index + 1}`, 'trial.rate': `${rate}` },
    values: new Map([['test.auc', rate]]),
  }));
  const chart = tableChart(collect(trials, { values: ['test.auc'], over: [], confidence }));
  assert.match(JSON.stringify(chart), /"By trial"/);
  assert.match(JSON.stringify(chart), /"name":"1"|"name":"trial 1"/);
  assert.doesNotMatch(JSON.stringify(chart), /trial\.rate/);
});

interface PanelSpec {
  readonly data: { readonly values: readonly object[] };
  readonly layer: readonly {
    readonly data?: { readonly values: readonly object[] };
    readonly encoding: { readonly x: { readonly scale: object } };
  }[];
}
const panelsOf = (chart: unknown) => (chart as { concat: readonly PanelSpec[] }).concat;

test('numbers that are all equal keep an axis that is not degenerate', () => {
  const [panel] = panelsOf(
    tableChart(collect(items.slice(3, 4), { values: ['test.auc'], over: [], confidence })),
  );
  assert.deepEqual(panel!.layer[0]!.encoding.x.scale, {
    zero: false,
    domain: [0.99, 1],
    nice: false,
  });
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  await tabled(bench, { over: ['seed'] });
  const outputs = ['table', 'markdown', 'json'].map((port) =>
    bench.output(port, spec.outputs[port]),
  );
  const digest = digestOf(join(bench.output('chart'), 'chart.vl.json'), ...outputs);
  assert.deepEqual({ version: spec.version, digest }, { version: 13, digest: '4e389132937af5eb' });
});

test('a number that no metrics have is refused with those that they have', async () => {
  using bench = new StageBench();
  await assert.rejects(
    tabled(bench, { values: ['val.eer'] }),
    new StageError(
      'Expected a number of the metrics in "values", got "val.eer". There are test.accuracy, test.auc.',
    ),
  );
});

test('the same metrics twice would make an interval too narrow, and are refused', async () => {
  using bench = new StageBench();
  await assert.rejects(
    tabled(bench, {}, [...items, items[0]!]),
    new StageError('Expected every metrics once, got two of net=small, seed=1.'),
  );
});

test('a file that holds no metrics is named', async () => {
  using bench = new StageBench();
  const path = join(bench.root, 'broken.json');
  writeFileSync(path, '[]');
  await assert.rejects(
    bench.run(spec, run, {
      with: { values: ['auc'] },
      inputs: { metrics: [{ path, labels: { seed: '2' } }] },
    }),
    new StageError('input "metrics" of seed=2: Expected metrics as a JSON object'),
  );
});

test('the axis of a share ends at 1, and an interval beyond it ends in an arrow', () => {
  const options = { values: ['test.accuracy'], over: ['seed'], confidence };
  const chart = tableChart(collect(items.slice(3, 5), options));
  const [{ layer }] = panelsOf(chart) as readonly [PanelSpec];
  assert.deepEqual(layer[0]!.encoding.x.scale, { zero: false, domain: [0, 1], nice: false });
  assert.deepEqual(layer[1]!.data!.values, [{ name: 'large', end: 1, angle: 90 }]);
  assert.deepEqual((chart as { title: { text: readonly string[] } }).title.text, [
    'Mean over seed',
  ]);
});
