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
      splits: { val: { loss: 0.1 + 0.2, accuracy: 2 / 3, allCalled: 'fake' } },
    },
  ],
  chosenEpoch: 1,
};

test('a history reads back as it was written', () => {
  assert.deepEqual(parseHistory(formatHistory(history)), { ok: true, value: history });
});

test('a text that is no history is refused with the path of the mistake', () => {
  const message = (text: string) => {
    const result = parseHistory(text);
    return result.ok ? '' : result.error;
  };

  assert.match(message('{'), /^Expected a training history as JSON: /);
  assert.match(message('null'), /^Expected a training history, but at its top: /);
  assert.match(
    message('{"splits": [], "epochs": [{"epoch": "1"}], "chosenEpoch": 1}'),
    /, but at epochs\.0\.epoch: /,
  );
  assert.equal(
    message(formatHistory({ ...history, splits: ['val', 'test'] })),
    'Expected a training history, but at epochs: expected values of every split in every epoch',
  );
});
