import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifest } from '../../engine/store/runs/run-manifest.ts';
import { stagesOf } from './pull.ts';

const stage = { result: 'a'.repeat(64), outputs: {}, isFinal: true };
const manifest = parseManifest(
  JSON.stringify({
    run: 'r7',
    pipeline: 'study',
    stages: { 'net/faces': stage, 'net/fit[seed=1]': stage, 'net/fit[seed=2]': stage, roc: stage },
  }),
)!;

test('words of a pull mean stages as those of a run do: instances, all of a stage, an included pipeline', () => {
  assert.deepEqual(stagesOf(manifest, []), Object.keys(manifest.stages));
  assert.deepEqual(stagesOf(manifest, ['net/fit@seed=2']), ['net/fit[seed=2]']);
  const network = ['net/faces', 'net/fit[seed=1]', 'net/fit[seed=2]'];
  assert.deepEqual(stagesOf(manifest, ['net']), network);
  assert.deepEqual(stagesOf(manifest, ['net/', 'net/faces']), network);
  assert.throws(() => stagesOf(manifest, ['ne', 'roc']), {
    message: 'The run r7 has no stage ne',
  });
});
