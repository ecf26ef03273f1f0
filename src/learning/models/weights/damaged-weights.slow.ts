import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { damagedBytes } from '../../../../test/support/damaged-bytes.ts';
import { writeKerasH5 } from '../../../../test/support/keras-h5.ts';
import { linearCongruential } from '../../../../test/support/linear-congruential.ts';
import { isRefused } from '../../../../test/support/mutations.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { openWeights } from './open-weights.ts';
import { encodeSafetensors } from './safetensors.ts';
import { oldTorch, ordered, tensor, torchZip } from './testing-pickles.ts';

const random = linearCongruential(3);
const tensors = [
  { name: 'conv1/kernel', shape: [3, 3, 2, 4], values: random(72, 1) },
  { name: 'conv1/bias', shape: [4], values: random(4, 1) },
  { name: 'logits/kernel', shape: [5, 2], values: random(10, 1) },
];
const bytesOf = ({ buffer }: Float32Array) => new Uint8Array(buffer as ArrayBuffer);

const storages = Object.fromEntries(tensors.map(({ values }, i) => [String(i), bytesOf(values)]));
const state = ordered(
  Object.fromEntries(
    tensors.map(({ name, shape, values }, i) => {
      const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
      return [name, tensor({ key: String(i), length: values.length, shape, strides })];
    }),
  ),
);

const index = (): Buffer => {
  const files = Object.fromEntries(tensors.map(({ name }) => [name, 'w.safetensors']));
  return Buffer.from(JSON.stringify({ weight_map: files }));
};
const manifest = (): Buffer => {
  const weights = tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  return Buffer.from(JSON.stringify({ weightsManifest: [{ paths: ['w.bin'], weights }] }));
};
const shard = Buffer.concat(tensors.map(({ values }) => bytesOf(values)));

/** The files of each format; the first one is damaged. */
const forms: Readonly<Record<string, (folder: string) => Promise<readonly string[]>>> = {
  safetensors: async (folder) => [write(folder, 'w.safetensors', encodeSafetensors(tensors))],
  'the index of safetensors in shards': async (folder) => [
    write(folder, 'model.safetensors.index.json', index()),
    write(folder, 'w.safetensors', encodeSafetensors(tensors)),
  ],
  'PyTorch’s zip': async (folder) => [write(folder, 'w.pth', torchZip(state, storages))],
  'PyTorch’s old form': async (folder) => [write(folder, 'w.pth', oldTorch(state, storages))],
  tfjs: async (folder) => [write(folder, 'w.json', manifest()), write(folder, 'w.bin', shard)],
  async 'Keras’s HDF5'(folder) {
    const path = join(folder, 'w.h5');
    await writeKerasH5(path, tensors);
    return [path];
  },
};

function write(folder: string, name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

for (const [form, writeForm] of Object.entries(forms)) {
  test(`300 damaged files of ${form}: each is read or refused in a sentence, in less than 2 GB`, async (t) => {
    const paths = await writeForm(temporaryFolder(t));
    const whole = readFileSync(paths[0]!);
    const readAll = async () => {
      using weights = await openWeights(paths);
      for (const { read } of weights.tensors.values()) read();
    };
    let refused = 0;
    for (let seed = 0; seed < 300; seed++) {
      writeFileSync(paths[0]!, damagedBytes(whole, seed));
      if (await isRefused(readAll)) refused++;
    }
    assert.ok(refused > 100, `only ${refused} were refused`);
    writeFileSync(paths[0]!, whole);
    await readAll();
    assert.ok(process.resourceUsage().maxRSS < 2 * 2 ** 20);
  });
}
