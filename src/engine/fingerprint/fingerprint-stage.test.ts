import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, stageOf } from '../config/testing-kinds.ts';
import { fingerprintStage } from './fingerprint.ts';

const surroundings = { backend: undefined, salt: undefined };

/** What keys a command that publishes its output `drawing` at a path. */
async function keyed(path: string) {
  const stage = `draw: { kind: command, with: { run: "dot > \${outputs.drawing}" }, outputs: { drawing: ${path} } }`;
  return fingerprintStage(stageOf(await load(`stages:\n  ${stage}\n`), 'draw'), new Map(), surroundings);
}

test('where a command publishes is not keyed, but the extension by which its program may choose a format', async () => {
  assert.deepEqual((await keyed('artifacts/graph.svg')).outputs, ['drawing.svg']);
  assert.deepEqual(await keyed('artifacts/elsewhere/other.svg'), await keyed('artifacts/graph.svg'));
  assert.notDeepEqual(await keyed('artifacts/graph.png'), await keyed('artifacts/graph.svg'));
});
