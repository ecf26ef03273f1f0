import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHistory, type History, parseHistory } from './history.ts';

const history: History = {
  splits: ['val'],
  epochs: [
    {
      epoch: 1,
      learningRate: 0.001,
      running: { loss: 0.69, accuracy: 0.5 },
      splits: { val: { loss: 0.1 + 0.2, accuracy: 2 / 3 } },
    },
  ],
  chosenEpoch: 1,
};

test('a history reads back as it was written', () => {
  assert.deepEqual(parseHistory(formatHistory(history)), { ok: true, value: history });
});

test('what is no history is refused', () => {
  const wrong = [
    '{',
    'null',
    '{"splits": ["val"], "epochs": [{}], "chosenEpoch": 1}',
    formatHistory({ ...history, splits: ['val', 'test'] }),
  ];

  for (const text of wrong) {
    const result = parseHistory(text);
    assert.match(result.ok ? '' : result.error, /^Expected a training history/);
  }
});
