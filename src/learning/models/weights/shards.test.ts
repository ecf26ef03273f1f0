import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { StageError } from '../../../stage.ts';
import { openWeights } from './open-weights.ts';
import { encodeSafetensors } from './safetensors.ts';

test('a manifest that names one shard many times, under any name, is refused', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a.bin'), Buffer.alloc(8));
  const path = join(folder, 'model.json');
  const groups = (...paths: readonly (readonly string[])[]) =>
    JSON.stringify({ weightsManifest: paths.map((names) => ({ paths: names, weights: [] })) });
  for (const manifest of [groups(['a.bin', './a.bin']), groups(['a.bin'], ['./a.bin'])]) {
    writeFileSync(path, manifest);
    await assert.rejects(
      openWeights([folder]),
      new StageError(`Expected every shard once in ${path}, got ./a.bin twice.`),
    );
  }
});

test('a shard of safetensors that an index names in several ways is one shard', async (t) => {
  const folder = temporaryFolder(t);
  const values = new Float32Array([1, 2]);
  const tensors = ['a', 'b'].map((name) => ({ name, shape: [2], values }));
  writeFileSync(join(folder, 'one'), encodeSafetensors(tensors));
  const index = { weight_map: { a: 'one', b: './one' } };
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
  using weights = await openWeights([folder]);
  assert.deepEqual([...weights.tensors.keys()], ['a', 'b']);
});

test('a pipe in the place of a file is refused, and not waited for', async (t) => {
  const path = join(temporaryFolder(t), 'net.pth');
  execFileSync('mkfifo', [path]);
  await assert.rejects(
    openWeights([path]),
    new StageError(`Expected weights in ${path}, but it is no file.`),
  );
});
