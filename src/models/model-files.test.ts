import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Tensor } from '@tensorflow/tfjs';
import { setBackend, tensor } from '@tensorflow/tfjs';
import { linearCongruential } from '../../test/linear-congruential.ts';
import { buildNet } from './build-net.ts';
import { initialiseWeights } from './initial-weights.ts';
import { loadModel, saveModel } from './model-files.ts';
import type { ModelInfo } from './model-info.ts';
import { netOf } from './model-setting.ts';

const folder = mkdtempSync(join(tmpdir(), 'model-'));
before(() => setBackend('cpu'));
after(() => rmSync(folder, { recursive: true }));

const info: ModelInfo = {
  architecture: 'simple-net',
  classes: ['real', 'fake'],
  input: { size: 58, fit: 'cover', kernel: 'linear', normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] } },
  training: { epochs: 1, optimizer: { kind: 'sgd', learningRate: 0.1 } },
  chosenEpoch: 1,
  backend: 'cpu',
};

async function save(name: string) {
  const model = buildNet(netOf('simple-net'), 58);
  initialiseWeights(model, 1);
  await saveModel(join(folder, name), { model, info });
  return model;
}

test('a model reads back with its weights and what is known of it', async () => {
  const model = await save('one');
  const images = tensor(linearCongruential(3)(2 * 58 * 58 * 3, 1), [2, 58, 58, 3]);

  const loaded = await loadModel(join(folder, 'one'));

  assert.deepEqual(loaded.info, info);
  assert.deepEqual((loaded.model.apply(images) as Tensor).arraySync(), (model.apply(images) as Tensor).arraySync());
});

test('the same model is the same bytes, whatever was built before it', async () => {
  await save('two');
  await save('three');

  assert.deepEqual(readdirSync(join(folder, 'two')).sort(), ['info.json', 'model.json', 'weights.bin']);
  for (const file of readdirSync(join(folder, 'two'))) assert.equal(digest('two', file), digest('three', file), file);
});

test('what is no model is refused with its place', async () => {
  await save('broken');
  writeFileSync(join(folder, 'broken', 'info.json'), '{"architecture": 3}');

  await assert.rejects(
    loadModel(join(folder, 'missing')),
    /^StageError: Expected a model, but .*missing.info\.json cannot be read/,
  );
  await assert.rejects(
    loadModel(join(folder, 'broken')),
    /^StageError: Expected a model, but in .*info\.json at architecture/,
  );
});

function digest(...path: string[]): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, ...path)))
    .digest('hex');
}
