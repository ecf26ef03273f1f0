import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asType } from '../../../../test/support/partial-value.ts';
import { readMessage, type StageMessage } from './stage-messages.ts';

const messages: readonly StageMessage[] = [
  { type: 'ready' },
  { type: 'log', message: 'began' },
  { type: 'info', message: 'seen' },
  { type: 'warn', message: 'beware' },
  { type: 'progress', done: 1, total: 2, unit: 'images' },
  {
    type: 'progress',
    done: 1,
    total: 2,
    unit: 'steps',
    note: 'epoch 1/2',
    rate: 3.5,
    secondsLeft: 4,
  },
  { type: 'point', unit: 'epoch', step: 1, total: 3, values: { loss: 0.4 } },
  { type: 'highlight', title: 'Numbers', columns: ['split', 'AUC'], rows: [['test', 0.9]] },
  { type: 'highlight', title: 'More', columns: [], rows: [], conclusion: 'Nothing differs.' },
  { type: 'note', name: 'backend', value: 'cpu' },
  { type: 'done' },
  { type: 'failed', message: 'no' },
  { type: 'failed', message: 'no', stack: 'at' },
];

test('every message crosses the channel as a line of JSON, in which a loss that is no number becomes null', () => {
  for (const message of messages)
    assert.deepEqual(readMessage(JSON.parse(JSON.stringify(message))), message);
  const point = { type: 'point', unit: 'epoch', step: 1, values: { loss: Number.NaN } };
  assert.deepEqual(readMessage(JSON.parse(JSON.stringify(point))), {
    ...point,
    values: { loss: null },
  });
});

test('a message with any part removed or replaced is rejected', () => {
  const optional = ['conclusion', 'note', 'rate', 'secondsLeft', 'stack', 'total'];
  for (const message of messages) {
    for (const path of pathsIn(message)) {
      const isOptional =
        optional.includes(path.at(-1)!) &&
        !(message.type === 'progress' && path.at(-1) === 'total');
      if (!isOptional)
        assert.equal(readMessage(replaced(message, path, undefined)), undefined, String(path));
      assert.equal(readMessage(replaced(message, path, [{}])), undefined, `${path}`);
    }
  }
});

test('anything that is not a message is rejected', () => {
  const strays = [
    null,
    undefined,
    0,
    '',
    'done',
    [],
    {},
    { type: 'toString' },
    { type: '__proto__' },
    { type: ['done'] },
  ];
  for (const stray of strays) assert.equal(readMessage(stray), undefined, JSON.stringify(stray));
});

/** The paths of all values in a message, except the type. */
function pathsIn(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value)
    .filter(([name]) => name !== 'type')
    .flatMap(([name, inner]) => [...(at.length > 0 ? [at] : []), ...pathsIn(inner, [...at, name])]);
}

function replaced(message: StageMessage, path: readonly string[], value: unknown): unknown {
  const copy = asType<Record<string, unknown>>(structuredClone(message));
  const parent = path.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, copy);
  parent[path.at(-1)!] = value;
  return copy;
}
