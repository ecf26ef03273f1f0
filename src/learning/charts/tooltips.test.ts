import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { chartContent } from '../../../test/support/chart-content.ts';
import { chart, inPercent, quantity } from './encoders.ts';
import { lineLayers } from './line-layers.ts';
import type { Part } from './spec-part.ts';
import { intervalOf, numberText, rowOf, shareText, withoutPointer } from './tooltips.ts';

const x = quantity('epoch', 'Epoch');
const y = quantity('share', 'Accuracy (%)', { labelExpr: 'round(1000 * datum.value) / 10' });
const lines = (names: readonly string[]) => lineLayers(names, { x, y, legend: null });
const panels = chartContent<{ vconcat: readonly { layer: readonly Part[] }[] }>(
  chart('Two panels', '', 300, {
    vconcat: [
      { layer: [...lines(['a', 'b']), { mark: 'rule', encoding: { x } }] },
      { layer: lines(['a']) },
    ],
  }),
);
const layers = panels.vconcat.flatMap(({ layer }) => layer);

test('a mark without a tooltip of its own has none, however a page is configured', () => {
  const silent = layers.filter(({ encoding }) => (encoding as Part)['tooltip'] === undefined);
  assert.deepEqual(
    silent.map(({ mark }) => mark),
    [
      { type: 'line', tooltip: null },
      { type: 'rule', tooltip: null },
      { type: 'line', tooltip: null },
    ],
  );
});

test('what reacts to the pointer lies above all marks of its panel, and has a name that no other panel has', () => {
  assert.deepEqual(
    panels.vconcat.map(({ layer }) => layer.at(-1)!['name']),
    ['tooltips1', 'tooltips2'],
  );
  const params = panels.vconcat.map(
    ({ layer }) => (layer.at(-1)!['params'] as readonly Part[])[0]!['name'],
  );
  assert.deepEqual(params, ['tooltips1', 'tooltips2']);
});

test('a row has the title of its axis and the unit of its labels; several series have a heading', () => {
  const titles = panels.vconcat.map(({ layer }) =>
    ((layer.at(-1)!['encoding'] as Part)['tooltip'] as readonly Part[]).map(({ title }) => title),
  );
  assert.deepEqual(titles, [
    ['title', 'Epoch', 'Accuracy (%)'],
    ['Epoch', 'Accuracy (%)'],
  ]);
  assert.equal(rowOf(y).text, 'round(1000 * datum["share"]) / 10');
  assert.equal(
    rowOf({ field: 'layer', type: 'ordinal', title: null }, 'Layer').text,
    'datum["layer"]',
  );
  assert.match(
    intervalOf(y, 'Interval').text,
    /^isValid\(datum\["low"\]\) \? \(round.*\) \+ ' to ' \+ \(round.*\) : '–'$/,
  );
  assert.match(numberText('datum.a'), /^\(.*\)$/, 'in brackets, so that a text may follow');
});

test('a tooltip rounds as tables do: a tie goes away from zero', () => {
  const text = (expr: string, value: number) => {
    const transform = [{ type: 'formula' as const, expr, as: 'text' }];
    const data = [{ name: 'rows', values: [{ value }], transform }];
    return new View(parse({ data })).run().data('rows')[0].text as string;
  };
  assert.equal(text(numberText('datum.value'), 0.77125), '0.7713');
  assert.equal(text(numberText('datum.value'), -0.77125), '−0.7713');
  assert.equal(text(shareText('datum.value'), 0.0725), '7.3 %');
  assert.equal(String(text(inPercent.labelExpr, 1.0005)), '100.1');
});

test('a picture has nothing for the pointer', () => {
  const picture = withoutPointer(panels);
  assert.deepEqual(
    picture.vconcat.map(({ layer }) => layer.length),
    [2, 1],
  );
});

test('a chart is drawn whatever the name of a curve: Vega-Lite writes titles into expressions', () => {
  for (const name of ['two\nlines', 'C:\\loss\\', '\u2028x', `"quoted" and 'so'`]) {
    const y = quantity('share', name);
    const spec = chart(name, '', 300, {
      data: { values: [{ epoch: 1, share: 0.5, series: name }] },
      layer: lineLayers([name, 'b'], { x, y, legend: null }),
    });
    assert.doesNotThrow(() => new View(parse(compile(spec).spec)), name);
  }
  assert.equal(quantity('share', 'two\nlines \\ x')['title'], 'two lines ∖ x');
});
