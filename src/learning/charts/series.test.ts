import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameSeries, seedsTogether, seriesName, seriesScales, tellApart } from './series.ts';

test('up to 35 series differ in colour or dash, and the first five in both', () => {
  const names = Array.from({ length: 35 }, (_, index) => `run ${index}`);
  const { color, strokeDash } = seriesScales(names);
  const looks = names.map((_, index) => `${color.range[index]} ${strokeDash.range[index]}`);
  assert.equal(new Set(looks).size, 35);
  assert.equal(new Set(color.range.slice(0, 5)).size, 5);
  assert.equal(new Set(strokeDash.range.slice(0, 5).map(String)).size, 5);
  assert.deepEqual(color.domain, names);
});

test('a series is named by its labels, a number with its axis', () => {
  assert.equal(seriesName({ net: 'my-net', seed: '2' }), 'my-net, seed 2');
  assert.equal(seriesName({}), '');
});

test('the seeds of a model follow one another, in the order of the models', () => {
  const items = [
    { labels: { seed: '1', rate: '0.1' } },
    { labels: { seed: '1', rate: '0.01' } },
    { labels: { seed: '2', rate: '0.1' } },
    { labels: { seed: '2', rate: '0.01' } },
  ];
  assert.deepEqual(seedsTogether(items), [items[0], items[2], items[1], items[3]]);
});

test('several series are named by the labels that distinguish them, and the title has the rest', () => {
  const series = [
    { net: 'my-net', set: 'a', seed: '1' },
    { net: 'my-net', set: 'b', seed: '1' },
  ];
  assert.deepEqual(nameSeries(series), { names: ['a', 'b'], shared: { net: 'my-net', seed: '1' } });
  assert.deepEqual(nameSeries(series.slice(0, 1)), { names: [''], shared: series[0] });
  assert.deepEqual(nameSeries([]), { names: [], shared: {} });
});

test('equal names are distinguished by a number', () => {
  assert.deepEqual(tellApart(['a', 'b', 'a'], 'model'), ['a (1)', 'b', 'a (2)']);
  assert.deepEqual(tellApart(['', ''], 'model'), ['model (1)', 'model (2)']);
  assert.deepEqual(tellApart([''], 'model'), ['']);
});
