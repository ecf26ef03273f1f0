import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setBackend } from '@tensorflow/tfjs';
import { damagedBytes } from '../../../../test/support/damaged-bytes.ts';
import { isRefused } from '../../../../test/support/mutations.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { StageError } from '../../../stage.ts';
import { openWeights } from './open-weights.ts';
import { loadNet, weightsOf } from './testing-weights.ts';

before(() => setBackend('cpu'));

/** A module for browsers as browserify and a minifier write it. */
const bundle = (literal: string): string =>
  `!function(a){module.exports=a()}(function(){return{1:[function(n,i,e){i.exports=${literal}},{}]}});`;

const weights = [
  '{name:"conv/kernel",shape:[1,1,3,1],dtype:"float32",quantization:{min:-.5,scale:.25,dtype:"uint8"}}',
  '{name:"conv/bias",shape:[1],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint8"}}',
  '{name:"bn/beta",shape:[1],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint8"}}',
  '{name:"bn/gamma",shape:[1],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint8"}}',
  '{name:"bn/moving_mean",shape:[1],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint8"}}',
  '{name:"bn/moving_variance",shape:[1],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint8"}}',
];
const manifest = `{modelTopology:{__proto__:!0,"a b":[null,!1,1e3]},weightsManifest:[{paths:["shard1of2","shard2of2"],weights:[${weights}]}]}`;

function writePackage(folder: string, variance: number): void {
  const bytes = Buffer.from([0, 2, 4, 7, 1, 3, 5, variance]);
  const shard = (part: Buffer) => bundle(`"${part.toString('base64')}"`);
  writeFileSync(join(folder, 'model.min.js'), bundle(manifest));
  writeFileSync(join(folder, 'shard1of2.min.js'), shard(bytes.subarray(0, 5)));
  writeFileSync(join(folder, 'shard2of2.min.js'), shard(bytes.subarray(5)));
}

const setting = {
  layers: [
    { conv: 1, kernel: 1, name: 'conv' },
    { batchNorm: true as const, name: 'bn' },
    'flatten' as const,
    { dense: 2, name: 'logits' },
  ],
};

test('a model that an npm package wraps into modules is read as data, shard by shard', async (t) => {
  const folder = temporaryFolder(t);
  writePackage(folder, 9);
  const { model } = await loadNet(setting, 2, folder);
  assert.deepEqual(
    weightsOf(model, 'conv').map((values) => [...values]),
    [[-0.5, 0, 0.5], [7]],
  );
  assert.deepEqual(
    weightsOf(model, 'bn').map(([value]) => value),
    [3, 1, 5, 9],
  );

  // A stage sees the manifest under the name of its port.
  renameSync(join(folder, 'model.min.js'), join(folder, 'weights.min.js'));
  const files = ['weights.min.js', 'shard1of2.min.js', 'shard2of2.min.js'].map((name) =>
    join(folder, name),
  );
  using listed = await openWeights(files);
  assert.equal(listed.tensors.size, 6);
});

test('a batch normalisation that has no factor in the file multiplies by 1, as in Keras', async (t) => {
  const folder = temporaryFolder(t);
  writePackage(folder, 9);
  const path = join(folder, 'model.min.js');
  writeFileSync(path, bundle(manifest.replace('bn/gamma', 'other/gamma')));
  const { model, unused } = await loadNet(setting, 2, folder);
  assert.deepEqual(
    weightsOf(model, 'bn').map(([value]) => value),
    [1, 1, 5, 9],
  );
  assert.deepEqual(unused, ['other/gamma']);
});

test('a variance that became zero when it was made a whole number is an error', async (t) => {
  const folder = temporaryFolder(t);
  writePackage(folder, 0);
  await assert.rejects(
    loadNet(setting, 2, folder),
    new StageError(
      `Expected variances above zero, got 1 of 1 that are not, in bn/moving_variance of ${join(folder, 'model.min.js')}: the file is damaged by storing them as uint8.`,
    ),
  );
});

test('code in the place of data is refused, and not run', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'model.min.js');
  const problem = async (literal: string): Promise<string> => {
    writeFileSync(path, bundle(literal));
    const error = await openWeights([folder]).then(
      () => assert.fail('it was read'),
      (error: unknown) => error,
    );
    assert.ok(error instanceof StageError, String(error));
    return error.message;
  };
  const expected = `Expected a module of weights in ${path}, but it`;
  assert.equal(await problem('process.exit(1)'), `${expected} exports no object, list or text.`);
  assert.equal(
    await problem('{weightsManifest:process.exit(1)}'),
    `${expected} holds "process.exit", which is no data.`,
  );
  assert.equal(
    await problem('{weightsManifest:[function(){}]}'),
    `${expected} holds "function", which is no data.`,
  );
  assert.equal(await problem('['.repeat(200)), `${expected} is nested too deeply.`);
  assert.equal(await problem('{a:"b'), `${expected} holds a text that is cut short or not plain.`);
});

test('a damaged module is read or refused in a sentence', async (t) => {
  const folder = temporaryFolder(t);
  writePackage(folder, 9);
  const whole = Buffer.from(bundle(manifest));
  for (let seed = 0; seed < 200; seed++) {
    writeFileSync(join(folder, 'model.min.js'), damagedBytes(whole, seed));
    await isRefused(async () => {
      using weights = await openWeights([folder]);
      for (const { read } of weights.tensors.values()) read();
    });
  }
});
