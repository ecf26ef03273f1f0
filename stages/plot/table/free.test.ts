import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageError } from '../../../src/stage.ts';
import { StageBench } from '../../../test/support/stage-bench.ts';
import run from '../run.ts';
import { spec } from '../spec.ts';
import { columnsOf, parseTable } from './parse-table.ts';
import { specMistakes, vegaLiteNames } from './spec-mistakes.ts';

const table = 'net,test.auc\nmy-net,0.75\nsimple-net,0.5\n';
const points = {
  mark: 'point',
  encoding: { x: { field: 'test.auc', type: 'quantitative' }, y: { field: 'net' } },
};

async function draw(bench: StageBench, chart: object, text = table, title?: string) {
  const path = join(bench.root, 'table');
  writeFileSync(path, text);
  const settings = { spec: chart, ...(title !== undefined && { title }) };
  await bench.run(spec, run, {
    inputs: { table: { path, labels: { seed: '2' } } },
    with: settings,
  });
  return JSON.parse(readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8'));
}

test('the user’s spec is drawn over the rows of a table, which become part of the chart', async () => {
  using bench = new StageBench();
  const chart = await draw(bench, points, table, 'AUC by network');
  assert.deepEqual(chart.data, {
    name: 'table',
    values: [
      { seed: 2, net: 'my-net', test: { auc: 0.75 } },
      { seed: 2, net: 'simple-net', test: { auc: 0.5 } },
    ],
  });
  assert.equal(chart.title, 'AUC by network');
  assert.match(readFileSync(join(bench.output('chart'), 'chart.svg'), 'utf8'), />simple-net</);
  assert.deepEqual(bench.warnings, []);
});

test('a field that the table lacks is named with those that it has, unless a transform makes it', async () => {
  using bench = new StageBench();
  const fails = (chart: object, message: string) =>
    assert.rejects(draw(bench, chart), new StageError(message));
  await fails(
    { mark: 'bar', encoding: { x: { field: 'test.acu' } } },
    'The spec names the field "test.acu", which the table lacks. Did you mean "test.auc"? There are seed, net, test.auc.',
  );
  await fails(
    { ...points, transform: [{ filter: 'datum.epoch > 3' }] },
    'The spec names the field "epoch", which the table lacks. There are seed, net, test.auc.',
  );
  await fails(
    {
      repeat: { row: ['net', 'loss'] },
      spec: { mark: 'bar', encoding: { x: { field: { repeat: 'row' } } } },
    },
    'The spec names the field "loss", which the table lacks. There are seed, net, test.auc.',
  );
  await draw(bench, {
    transform: [{ calculate: 'datum.test.auc - 0.5', as: 'more' }, { fold: ['more', 'seed'] }],
    layer: [
      {
        mark: 'bar',
        encoding: { x: { field: 'value', type: 'quantitative' }, y: { field: 'key' } },
      },
      { data: { values: [{ at: 1 }] }, mark: 'rule', encoding: { x: { field: 'at' } } },
    ],
  });
});

test('the message about a spec that Vega-Lite refuses does not repeat the spec', async () => {
  using bench = new StageBench();
  await assert.rejects(
    draw(bench, { ...points, transform: [{ calculate: 'datum.net +', as: 'more' }] }),
    (error: Error) =>
      error instanceof StageError && /^Vega-Lite does not take the spec: /.test(error.message),
  );
});

test('names that Vega-Lite does not know and data from elsewhere are mistakes with a place', () => {
  const mistakesIn = (chart: Parameters<typeof specMistakes>[0]) =>
    specMistakes(chart).map(({ at, message, unknown }) => [at.join('.'), message, unknown?.name]);
  assert.deepEqual(mistakesIn({ mark: 'point', encoding: { x: { field: 'a' } } }), []);
  assert.deepEqual(
    mistakesIn({ encodings: {}, mark: { type: 'bars' }, encoding: { colour: {} } }),
    [
      ['spec.encodings', 'expected a property of a Vega-Lite spec, got "encodings"', 'encodings'],
      ['spec.mark', 'expected a mark of Vega-Lite, got "bars"', 'bars'],
      ['spec.encoding.colour', 'expected an encoding channel of Vega-Lite, got "colour"', 'colour'],
    ],
  );
  assert.deepEqual(mistakesIn({ layer: [{ data: { url: 'a.csv' }, mark: 'bar' }, {}] }), [
    [
      'spec.layer.1',
      'expected a spec that says what is drawn, by one of mark, layer, facet, repeat, concat, hconcat, vconcat',
      undefined,
    ],
    [
      'spec.layer.0.data.url',
      'a spec reads nothing by itself: its data is the input "table"',
      undefined,
    ],
  ]);
  const refusal = (name: string) =>
    `expected a spec without "${name}": the rows of the input "table" are its data`;
  assert.deepEqual(mistakesIn({ data: { values: [{ a: 1 }] }, datasets: {}, mark: 'bar' }), [
    ['spec.data', refusal('data'), undefined],
    ['spec.datasets', refusal('datasets'), undefined],
  ]);
  const image = (url: string) =>
    `expected an image as a data URI, since a chart holds what it shows, got "${url}"`;
  assert.deepEqual(
    mistakesIn({
      layer: [
        { mark: { type: 'image', url: '/etc/logo.png' } },
        { mark: 'image', encoding: { url: { value: 'https://a.org/b.png' } } },
        {
          mark: { type: 'image', url: 'data:image/png;base64,AA==' },
          encoding: { url: { field: 'picture' } },
        },
      ],
    }),
    [
      ['spec.layer.0.mark.url', image('/etc/logo.png'), undefined],
      ['spec.layer.1.encoding.url', image('https://a.org/b.png'), undefined],
    ],
  );
});

test('an image file that a table names is not read', async () => {
  using bench = new StageBench();
  const chart = {
    mark: { type: 'image', width: 9, height: 9 },
    encoding: { url: { field: 'picture', type: 'nominal' }, description: { value: 'a > b' } },
  };
  await assert.rejects(
    draw(bench, chart, 'picture\n/etc/logo.png\n'),
    new StageError(
      'Expected the images of a chart as data URIs, since it reads no files, got "/etc/logo.png"',
    ),
  );
});

test('tables are CSV or JSON, and numbers are numbers', () => {
  assert.deepEqual(parseTable('a,b,c.d\n1,x,\n2,"y, z",0.5\n'), {
    ok: true,
    value: [
      { a: 1, b: 'x', c: { d: null } },
      { a: 2, b: 'y, z', c: { d: 0.5 } },
    ],
  });
  const rows = [{ epoch: 1 }, { epoch: 2 }];
  assert.deepEqual(parseTable(JSON.stringify(rows)), { ok: true, value: rows });
  assert.deepEqual(parseTable(JSON.stringify({ splits: ['val'], epochs: rows })), {
    ok: true,
    value: rows,
  });
  const metrics = { splits: { test: { auc: 0.7 } } };
  assert.deepEqual(parseTable(JSON.stringify(metrics)), { ok: true, value: [metrics] });
  assert.deepEqual(columnsOf([metrics, { net: 'a' }]), ['splits.test.auc', 'net']);
});

test('a malformed table is refused with the place of the mistake', () => {
  const error = (text: string) => {
    const rows = parseTable(text);
    return rows.ok ? undefined : rows.error;
  };
  assert.equal(error(''), 'Expected a table as CSV with a header, got an empty file');
  assert.equal(error('a,b\n1\n'), 'Line 2: expected 2 fields as in the header, got 1');
  assert.equal(error('a,a\n'), 'Expected columns with different names in line 1, got "a" twice');
  assert.equal(
    error('a,a.b\n'),
    'Expected names that are no part of others in line 1, got "a" and "a.…"',
  );
  assert.equal(error('[1]'), 'Expected a table as a JSON list of maps');
});

test('a misspelt name inside of a mark, a channel or its axis has its place', () => {
  const mistakes = specMistakes({
    mark: { type: 'line', strokeWidht: 2 },
    encoding: {
      x: { feild: 'net', axis: { titel: null }, scale: { domian: [0, 1] } },
      tooltip: [{ field: 'net', tpye: 'nominal' }],
      color: { field: 'net', legend: null, condition: { test: 'true', value: 'red' } },
    },
  });
  assert.deepEqual(
    mistakes.map(({ at, message }) => [at.join('.'), message]),
    [
      ['spec.mark.strokeWidht', 'expected a property of a Vega-Lite mark, got "strokeWidht"'],
      ['spec.encoding.x.feild', 'expected a property of a Vega-Lite channel, got "feild"'],
      ['spec.encoding.x.axis.titel', 'expected a property of a Vega-Lite axis, got "titel"'],
      ['spec.encoding.x.scale.domian', 'expected a property of a Vega-Lite scale, got "domian"'],
      ['spec.encoding.tooltip.0.tpye', 'expected a property of a Vega-Lite channel, got "tpye"'],
    ],
  );
});

test('the names are those of the Vega-Lite that draws', () => {
  const { spec, marks, mark, channels, channel, axis, scale, legend } = vegaLiteNames();
  const known = { spec, marks, mark, channels, channel, axis, scale, legend };
  const expected = {
    spec: ['$schema', 'layer', 'vconcat', 'repeat', 'config', 'usermeta', 'transform'],
    marks: ['bar', 'geoshape', 'boxplot', 'errorband'],
    mark: ['type', 'strokeWidth', 'extent', 'theta2Offset'],
    channels: ['x', 'strokeDash', 'facet', 'xOffset', 'time'],
    channel: ['field', 'aggregate', 'axis', 'condition', 'header', 'legend', 'value'],
    axis: ['labelExpr', 'tickCount', 'zindex'],
    scale: ['domain', 'scheme', 'zero'],
    legend: ['symbolType', 'titleAnchor', 'orient'],
  };
  for (const [part, names] of Object.entries(expected)) {
    const missing = names.filter((name) => !known[part as keyof typeof known].includes(name));
    assert.deepEqual(missing, [], part);
  }
  assert.ok(!mark.includes('field') && !channel.includes('labelExpr') && !spec.includes('type'));
});
