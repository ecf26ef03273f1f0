import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setBackend, type Tensor, tensor } from '@tensorflow/tfjs';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { StageError } from '../../stage.ts';
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
  input: {
    size: 58,
    fit: 'cover',
    kernel: 'linear',
    normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] },
  },
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

test('a model reads back with its weights and its info', async () => {
  const model = await save('one');
  const images = tensor(linearCongruential(3)(2 * 58 * 58 * 3, 1), [2, 58, 58, 3]);

  const loaded = await loadModel(join(folder, 'one'));

  assert.deepEqual(loaded.info, info);
  assert.deepEqual(
    (loaded.model.apply(images) as Tensor).arraySync(),
    (model.apply(images) as Tensor).arraySync(),
  );
});

test('the same model is the same bytes, whatever was built before it', async () => {
  await save('two');
  await save('three');

  assert.deepEqual(readdirSync(join(folder, 'two')).sort(), [
    'info.json',
    'model.json',
    'weights.bin',
  ]);
  for (const file of readdirSync(join(folder, 'two')))
    assert.equal(digest('two', file), digest('three', file), file);
});

test('a model with a weight that is no number, or whose weights lie elsewhere, is refused', async () => {
  await save('lost');
  const weights = join(folder, 'lost', 'weights.bin');
  const json = join(folder, 'lost', 'model.json');
  const bytes = readFileSync(weights);
  const lost = Buffer.from(bytes);
  lost.writeFloatLE(Number.NaN, 4 * 5);
  writeFileSync(weights, lost);
  await assert.rejects(loadModel(join(folder, 'lost')), {
    name: 'StageError',
    message: `Expected finite weights, got NaN as value 5 of conv1/kernel in ${json}.`,
  });
  writeFileSync(join(folder, 'weights.bin'), bytes);
  writeFileSync(json, readFileSync(json, 'utf8').replace('"weights.bin"', '"../weights.bin"'));
  await assert.rejects(
    loadModel(join(folder, 'lost')),
    /names the shard \.\.\/weights\.bin, which is not among the inputs/,
  );
});

test('a folder that holds no model is refused with the file and the path of the value', async () => {
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

test('a model whose files are not whole, or not its own, is refused with what is missing', async () => {
  const model = join(folder, 'spoilt', 'model.json');
  const weights = join(folder, 'spoilt', 'weights.bin');
  const problem = async (spoil: () => void) => {
    await save('spoilt');
    spoil();
    const error = await loadModel(join(folder, 'spoilt')).catch((caught: unknown) => caught);
    assert.ok(error instanceof StageError, String(error));
    return error.message;
  };
  const rewritten =
    (change: (json: { modelTopology: object; weightsManifest: unknown }) => unknown) => () =>
      writeFileSync(model, JSON.stringify(change(JSON.parse(readFileSync(model, 'utf8')))));

  assert.equal(
    await problem(() => rmSync(weights)),
    `Expected weights in ${weights}, but it cannot be read (ENOENT).`,
  );
  assert.match(
    await problem(() => truncateSync(weights, 1000)),
    /^Expected bytes 0 to \d+ for conv1\/kernel in weights\.bin beside .*model\.json, got 1000: cut short\.$/,
  );
  assert.equal(
    await problem(rewritten(({ weightsManifest }) => weightsManifest)),
    `Expected a tfjs-layers model, but ${model} is weights alone.`,
  );
  const withOddTopology = (json: object) => ({
    ...json,
    modelTopology: { class_name: 'Odd', config: {} },
  });
  assert.match(
    await problem(rewritten(withOddTopology)),
    /^Expected a tfjs-layers model, but .*model\.json cannot be loaded: /,
  );
});

function digest(...path: string[]): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, ...path)))
    .digest('hex');
}
