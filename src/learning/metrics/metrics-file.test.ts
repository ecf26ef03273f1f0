import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetrics } from './metrics-file.ts';

const named = (value: unknown) => {
  const metrics = parseMetrics(JSON.stringify(value));
  assert.ok(metrics.ok);
  return Object.fromEntries(metrics.value.values);
};

test('numbers are named by their path, splits at the top by their own name', () => {
  assert.deepEqual(
    named({
      splits: {
        val: { images: 4, auc: null, confusion: { truePositives: 2 } },
        test: { auc: 0.5 },
      },
    }),
    {
      'val.images': 4,
      'val.auc': null,
      'val.confusion.truePositives': 2,
      'test.auc': 0.5,
    },
  );
  assert.deepEqual(named({ split: 'test', auc: { difference: 0.75 }, curve: [1, 2] }), {
    'auc.difference': 0.75,
  });
});

test('an interval has the name of its number, beside which it stands in a map of its own', () => {
  const text = {
    splits: {
      test: {
        auc: 0.75,
        curve: [0, 1],
        intervals: { auc: [0.7, 0.8], loss: null, atEer: { accuracy: [0.6, 0.9] } },
        sources: { Deepfakes: { auc: 1, intervals: { auc: [0.9, 1] } } },
      },
    },
    intervals: { difference: [-0.1, 0.2] },
  };
  const metrics = parseMetrics(JSON.stringify(text));

  assert.ok(metrics.ok);
  assert.deepEqual(Object.fromEntries(metrics.value.values), {
    'test.auc': 0.75,
    'test.sources.Deepfakes.auc': 1,
  });
  assert.deepEqual(Object.fromEntries(metrics.value.intervals), {
    'test.auc': [0.7, 0.8],
    'test.atEer.accuracy': [0.6, 0.9],
    'test.sources.Deepfakes.auc': [0.9, 1],
    difference: [-0.1, 0.2],
  });
});

test('a text that is no JSON object is reported', () => {
  assert.deepEqual(parseMetrics('[1]'), { ok: false, error: 'Expected metrics as a JSON object' });
  const broken = parseMetrics('{"auc": ');
  assert.ok(!broken.ok);
  assert.match(broken.error, /^Expected metrics as JSON: /);
});
