import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessage, type StageMessage } from './stage-protocol.ts';

const messages: readonly StageMessage[] = [
  { type: 'ready' },
  { type: 'progress', progress: { done: 1, total: 2, unit: 'images' } },
  { type: 'progress', progress: { done: 1, total: 2, unit: 'steps', note: 'epoch 1/2', rate: 3.5, secondsLeft: 4 } },
  { type: 'point', point: { unit: 'epoch', step: 1, total: 3, values: { loss: 0.4 } } },
  { type: 'notice', line: 'seen' },
  { type: 'warning', line: 'beware' },
  { type: 'highlight', table: { title: 'Numbers', columns: ['split', 'AUC'], rows: [['test', 0.9]] } },
  { type: 'note', name: 'backend', value: 'cpu' },
  { type: 'done' },
  { type: 'failed', message: 'no' },
  { type: 'failed', message: 'no', stack: 'at' },
];

test('every message of a stage is known for one, and a loss that is no number crosses the channel as null', () => {
  for (const message of messages) assert.deepEqual(readMessage(structuredClone(message)), message);
  assert.ok(readMessage({ type: 'point', point: { unit: 'epoch', step: 1, values: { loss: null } } }));
});

test('a message with any part removed or replaced is none', () => {
  const optional = ['note', 'rate', 'secondsLeft', 'stack'];
  for (const message of messages) {
    for (const path of pathsIn(message)) {
      const last = path.at(-1)!;
      if (path.length === 2 && path[0] === 'point' && last === 'total') continue;
      if (!optional.includes(last))
        assert.equal(readMessage(replaced(message, path, undefined)), undefined, String(path));
      assert.equal(readMessage(replaced(message, path, [{}])), undefined, `${path}`);
    }
  }
});

test('what is no message at all is none', () => {
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

/** The places of all values in a message, but for the type. */
function pathsIn(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value)
    .filter(([name]) => name !== 'type')
    .flatMap(([name, inner]) => [...(at.length > 0 ? [at] : []), ...pathsIn(inner, [...at, name])]);
}

function replaced(message: StageMessage, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(message) as unknown as Record<string, unknown>;
  const parent = path.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, copy);
  parent[path.at(-1)!] = value;
  return copy;
}
