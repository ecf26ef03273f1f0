import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, stageOf } from '../config/testing-kinds.ts';
import { fingerprintStage } from './fingerprint-stage.ts';

const surroundings = { backend: undefined, salt: undefined };

/** What keys a command that publishes its output `drawing` at a path. */
async function keyed(path: string) {
  const stage = `draw: { kind: command, with: { run: "dot > \${outputs.drawing}" }, outputs: { drawing: ${path} } }`;
  return fingerprintStage(
    stageOf(await load(`stages:\n  ${stage}\n`), 'draw'),
    new Map(),
    surroundings,
  );
}

test('the published path of a command is not in its fingerprint, but the extension is, by which a program may choose a format', async () => {
  assert.deepEqual((await keyed('artifacts/graph.svg')).outputs, ['drawing.svg']);
  assert.deepEqual(
    await keyed('artifacts/elsewhere/other.svg'),
    await keyed('artifacts/graph.svg'),
  );
  assert.notDeepEqual(await keyed('artifacts/graph.png'), await keyed('artifacts/graph.svg'));
});

test('the first trial is the stage without trials, and the others have their number in the fingerprint', async () => {
  const stage = (matrix: string) =>
    load(`stages:\n  draw: { kind: command, ${matrix} with: { run: x } }\n`);
  const keyed = (await stage('matrix: { repeat: 2 },')).stages.map((instance) =>
    fingerprintStage(instance, new Map(), surroundings),
  );
  const [once] = (await stage('')).stages;
  assert.deepEqual(keyed[0], fingerprintStage(once!, new Map(), surroundings));
  assert.deepEqual(keyed[1], { ...keyed[0], trial: '2' });
});
