import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, type Facts } from './decide.ts';
import type { Change } from './fingerprint-changes.ts';

const result = { stored: true, bytes: 'here', lostObjects: 0 } as const;
const facts: Facts = { forced: false, result, published: { model: 'in place' } };
const change: Change = { of: 'value', path: 'settings.epochs', before: 8, after: 5 };
const isChanged = { type: 'change', change } as const;

test('a stage whose outputs are published is up to date, even if the store has lost their objects', () => {
  assert.deepEqual(decide(facts), { state: 'up to date' });
  assert.deepEqual(decide({ ...facts, result: { ...result, lostObjects: 2 } }), {
    state: 'up to date',
  });
});

test('outputs that were deleted or changed are restored, and the reasons say which', () => {
  assert.deepEqual(decide({ ...facts, published: { model: 'missing', history: 'changed' } }), {
    state: 'restorable',
    place: 'here',
    reasons: [
      { type: 'output missing', port: 'model' },
      { type: 'output changed', port: 'history' },
    ],
  });
  const { reasons } = decide({ ...facts, published: { model: 'missing', history: 'missing' } }) as {
    reasons: unknown;
  };
  assert.deepEqual(reasons, [{ type: 'not published' }]);
});

test('a result whose bytes are elsewhere is restorable, and a stage whose outputs are published needs no bytes', () => {
  const elsewhere: Facts = { ...facts, result: { ...result, bytes: 'elsewhere' } };
  assert.deepEqual(decide(elsewhere), { state: 'up to date' });
  assert.deepEqual(decide({ ...elsewhere, published: { model: 'missing' } }), {
    state: 'restorable',
    place: 'elsewhere',
    reasons: [{ type: 'not published' }],
  });
});

test("the stage's last result at the published path is no edit by the user, and the reason has what changed since", () => {
  const earlier = { ended: 'succeeded', changes: [change] } as const;
  assert.deepEqual(decide({ ...facts, earlier, published: { model: 'other', history: 'other' } }), {
    state: 'restorable',
    place: 'here',
    reasons: [{ type: 'other result', ports: ['model', 'history'], changes: [change] }],
  });
  assert.deepEqual(
    decide({ ...facts, earlier, published: { model: 'other', history: 'changed' } }),
    {
      state: 'restorable',
      place: 'here',
      reasons: [
        { type: 'other result', ports: ['model'], changes: [change] },
        { type: 'output changed', port: 'history' },
      ],
    },
  );
});

test('what the store cannot give back must be made again', () => {
  const published = { model: 'missing' } as const;
  const missing = { type: 'not published' };
  assert.deepEqual(decide({ ...facts, published, result: { ...result, lostObjects: 3 } }), {
    state: 'stale',
    reasons: [missing, { type: 'objects lost', count: 3 }],
  });
  assert.deepEqual(decide({ ...facts, published, result: { ...result, stored: false } }), {
    state: 'stale',
    reasons: [missing, { type: 'not kept' }],
  });
});

test('a stage without a result says what changed since its last one, whether or not the store still holds that', () => {
  const without: Facts = { ...facts, result: undefined };
  const reasonsAfter = (earlier: Facts['earlier']) => {
    const decision = decide({ ...without, earlier });
    return decision.state === 'stale' ? decision.reasons : [];
  };
  assert.deepEqual(reasonsAfter(undefined), [{ type: 'never ran' }]);
  assert.deepEqual(reasonsAfter({ ended: 'succeeded', changes: [change] }), [isChanged]);
  assert.deepEqual(reasonsAfter({ ended: 'succeeded', changes: [] }), [{ type: 'result lost' }]);
  assert.deepEqual(reasonsAfter({ ended: 'interrupted', changes: [] }), [
    { type: 'no result', lastAttempt: 'interrupted' },
  ]);
  assert.deepEqual(reasonsAfter({ ended: 'failed', changes: [change] }), [
    { type: 'no result', lastAttempt: 'failed' },
    isChanged,
  ]);
});

test('a forced stage is stale, whatever is known', () => {
  assert.deepEqual(decide({ ...facts, forced: true }), {
    state: 'stale',
    reasons: [{ type: 'forced' }],
  });
});
