import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetrics } from './metrics-file.ts';

const named = (value: unknown) => {
  const metrics = parseMetrics(JSON.stringify(value));
  assert.ok(metrics.ok);
  return Object.fromEntries(metrics.value);
};

test('numbers are named by their path, splits at the top by their own name', () => {
  assert.deepEqual(
    named({ splits: { val: { images: 4, auc: null, confusion: { truePositives: 2 } }, test: { auc: 0.5 } } }),
    {
      'val.images': 4,
      'val.auc': null,
      'val.confusion.truePositives': 2,
      'test.auc': 0.5,
    },
  );
  assert.deepEqual(named({ split: 'test', auc: { difference: 0.75 }, curve: [1, 2] }), { 'auc.difference': 0.75 });
});

test('what is no JSON object is told', () => {
  assert.deepEqual(parseMetrics('[1]'), { ok: false, error: 'Expected metrics as a JSON object' });
  const broken = parseMetrics('{"auc": ');
  assert.ok(!broken.ok);
  assert.match(broken.error, /^Expected metrics as JSON: /);
});
