import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeKerasH5 } from '../../../../test/support/keras-h5.ts';
import { linearCongruential } from '../../../../test/support/linear-congruential.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { StageError } from '../../../stage.ts';
import { openWeights } from './open-weights.ts';
import { encodeSafetensors, type NamedTensor } from './safetensors.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../../../test/golden/weights.json', import.meta.url), 'utf8'),
);

const random = linearCongruential(3);
const tensors: readonly NamedTensor[] = [
  { name: 'conv1/kernel', shape: [3, 3, 2, 4], values: random(72, 1) },
  { name: 'conv1/bias', shape: [4], values: random(4, 1) },
  { name: 'logits/kernel', shape: [5, 2], values: random(10, 1) },
];

/**
 * A weight file of each format, with its shards; the last file is the one that is cut or damaged.
 */
const forms: Readonly<Record<string, (folder: string) => Promise<readonly string[]>>> = {
  async safetensors(folder) {
    const path = join(folder, 'w.safetensors');
    writeFileSync(path, encodeSafetensors(tensors, { from: 'a test' }));
    return [path];
  },
  async keras(folder) {
    const path = join(folder, 'w.h5');
    await writeKerasH5(path, tensors);
    return [path];
  },
  async 'the first Keras'(folder) {
    const path = join(folder, 'w.h5');
    await writeKerasH5(path, tensors, 1);
    return [path];
  },
  async 'safetensors in shards'(folder) {
    const parts = { 'a.safetensors': tensors.slice(0, 2), 'b.safetensors': tensors.slice(2) };
    const paths = Object.entries(parts).map(([name, part]) => {
      writeFileSync(join(folder, name), encodeSafetensors(part));
      return join(folder, name);
    });
    const weight_map = Object.fromEntries(
      Object.entries(parts).flatMap(([name, part]) => part.map((tensor) => [tensor.name, name])),
    );
    const index = join(folder, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ metadata: { total_size: 344 }, weight_map }));
    return [index, ...paths];
  },
  async 'tfjs in shards'(folder) {
    const bytes = Buffer.concat(tensors.map(({ values }) => new Uint8Array(values.buffer)));
    // The first shard ends within a tensor, and within a number.
    const parts = [bytes.subarray(0, 101), bytes.subarray(101, 290), bytes.subarray(290)];
    const names = parts.map((_, i) => `group1-shard${i + 1}of3.bin`);
    for (const [i, part] of parts.entries()) writeFileSync(join(folder, names[i]!), part);
    const weights = tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
    writeFileSync(
      join(folder, 'model.json'),
      JSON.stringify({ weightsManifest: [{ paths: names, weights }] }),
    );
    return [join(folder, 'model.json'), ...names.map((name) => join(folder, name))];
  },
};

async function readAll(paths: readonly string[]) {
  using weights = await openWeights(paths);
  return [...weights.tensors.values()].map(({ name, shape, read }) => ({
    name,
    shape,
    values: read(),
  }));
}

const problem = (paths: readonly string[]) =>
  readAll(paths).then(
    () => assert.fail('it was read'),
    (error: unknown) => (error instanceof StageError ? error.message : assert.fail(String(error))),
  );

for (const [form, write] of Object.entries(forms)) {
  test(`${form}: reads what was written, from the files and from their folder`, async (t) => {
    const folder = temporaryFolder(t);
    const paths = await write(folder);
    assert.deepEqual(await readAll(paths), tensors);
    assert.deepEqual(await readAll([folder]), tensors);
  });

  test(`${form}: a file that is cut or damaged anywhere is read, or refused in a sentence`, async (t) => {
    const folder = temporaryFolder(t);
    const paths = await write(folder);
    const target = paths.at(-1)!;
    const whole = readFileSync(target);
    const message = async (bytes: Uint8Array) => {
      writeFileSync(target, bytes);
      return await readAll(paths).then(
        () => undefined,
        (error: unknown) =>
          error instanceof StageError ? error.message : assert.fail((error as Error).stack),
      );
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        assert.match(
          (await message(whole.subarray(0, length))) ?? 'it was read',
          /^Expected .+\.$/,
        );
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 50 }), async (bytes) => {
        await message(Buffer.concat([whole.subarray(0, 12), bytes]));
      }),
    );
    // Failed attempts leave nothing that keeps the whole file from being read.
    assert.equal(await message(whole), undefined);
    // damaged-weights.slow.ts damages HDF5's own structures, on which its library may crash.
    if (form.includes('eras')) return;
    const change = fc.tuple(fc.nat(Math.min(whole.length, 3000) - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [position, value] of changes) bytes[position] = value;
        await message(bytes);
      }),
    );
  });
}

test('a safetensors file whose first bytes, the length of its header, look like JSON is no JSON', async (t) => {
  const path = join(temporaryFolder(t), 'w.safetensors');
  const written = (note: string) => Buffer.from(encodeSafetensors(tensors, { note }));
  const bytes = written('x'.repeat(0x7b20 - written('').readUInt32LE()));
  assert.equal(bytes.toString('latin1', 0, 2), ' {');
  writeFileSync(path, bytes);
  assert.deepEqual(await readAll([path]), tensors);
});

test('numbers of two bytes are read as PyTorch reads them', async (t) => {
  const path = join(temporaryFolder(t), 'numbers.safetensors');
  writeFileSync(path, Buffer.from(golden.numbers, 'base64'));
  const [half, brain] = await readAll([path]);
  const finite = (values: Float32Array) =>
    Array.from(values, (value) => (Number.isFinite(value) ? value : null));
  assert.deepEqual(finite(half!.values), golden.half);
  assert.deepEqual(finite(brain!.values), golden.brain);
});

/** A manifest of one weight, and its shard. */
function writeManifest(folder: string, weight: object, shard: Uint8Array): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, 'net-weights_manifest.json');
  const path = join(folder, 'net.bin');
  const entry = { name: 'a', shape: [3], dtype: 'float32', ...weight };
  writeFileSync(manifest, JSON.stringify([{ paths: ['net.bin'], weights: [entry] }]));
  writeFileSync(path, shard);
  return [manifest, path];
}

test('quantised weights are the integer times the scale, plus the least', async (t) => {
  const folder = temporaryFolder(t);
  const values = async (quantization: object, bytes: Uint8Array) =>
    Array.from((await readAll(writeManifest(folder, { quantization }, bytes)))[0]!.values);
  const wide = new Uint8Array(Uint16Array.of(0, 1, 65535).buffer);
  const halves = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3800).buffer);

  assert.deepEqual(
    await values({ dtype: 'uint8', scale: 0.5, min: -1 }, Uint8Array.of(0, 3, 255)),
    [-1, 0.5, 126.5],
  );
  assert.deepEqual(
    await values({ dtype: 'uint16', scale: 0.25, min: 2 }, wide),
    [2, 2.25, 16385.75],
  );
  assert.deepEqual(await values({ dtype: 'float16' }, halves), [1, -2, 0.5]);
});

test('the shard of a manifest is found by its name, in whatever folder a stage sees the two', async (t) => {
  const folder = temporaryFolder(t);
  const [manifest, shard] = writeManifest(join(folder, 'm'), {}, new Uint8Array(12)) as [
    string,
    string,
  ];
  const seen = join(folder, 'weights.json');
  const elsewhere = join(folder, 'shards/net.bin');
  mkdirSync(join(folder, 'shards'));
  renameSync(manifest, seen);
  renameSync(shard, elsewhere);
  assert.deepEqual(Array.from((await readAll([seen, elsewhere]))[0]!.values), [0, 0, 0]);
});

test('a file of another format, or one that is cut short, is reported with its path and what was expected', async (t) => {
  const folder = temporaryFolder(t);
  const path = (name: string) => join(folder, name);
  const [manifest, shard] = writeManifest(path('m'), {}, new Uint8Array(12)) as [string, string];
  const [model] = await forms['tfjs in shards']!(folder);
  const [safe] = await forms['safetensors']!(folder);
  const [keras] = await forms['keras']!(folder);

  assert.equal(
    await problem([manifest]),
    `${manifest} names the shard net.bin, which is not among the inputs: give their folder, or list it under shards.`,
  );
  assert.equal(
    await problem([folder]),
    `Expected one file of weights in the folder ${folder}, got model.json, w.h5, w.safetensors: name one of them.`,
  );
  truncateSync(shard, 11);
  assert.equal(
    await problem([manifest, shard]),
    `Expected bytes 0 to 12 for a in net.bin beside ${manifest}, got 11: cut short.`,
  );
  truncateSync(shard, 13);
  assert.equal(
    await problem([manifest, shard]),
    `Expected 12 bytes in net.bin, by what ${manifest} says of its weights, got 13.`,
  );
  truncateSync(model!, 300);
  assert.equal(
    await problem([path('model.json')]),
    `Expected a tfjs model or weights manifest, but ${model} is not whole JSON.`,
  );
  truncateSync(safe!, readFileSync(safe!).length - 1);
  assert.equal(
    await problem([safe!]),
    `Expected bytes 304 to 344 of data for logits/kernel in ${safe}, got 343: it is cut short.`,
  );
  const { length } = readFileSync(keras!);
  truncateSync(keras!, length - 1);
  assert.equal(
    await problem([keras!]),
    `Expected Keras weights in HDF5, but opening ${keras} failed: truncated file: eof = ${length - 1}, sblock->base_addr = 0, stored_eof = ${length}.`,
  );
  writeFileSync(path('net.txt'), 'weights of a network');
  assert.equal(
    await problem([path('net.txt')]),
    `Expected weights, tfjs (model.json, weights_manifest.json), safetensors, PyTorch (.pt, .pth), Keras HDF5 (.h5), but ${path('net.txt')} has none of these formats.`,
  );
  assert.equal(
    await problem([path('none')]),
    `Expected weights in ${path('none')}, but it cannot be read (ENOENT).`,
  );
});

test('the index of a sharded model cannot name a file outside of its folder, or a tensor that is not there', async (t) => {
  const folder = temporaryFolder(t);
  const [index, first] = (await forms['safetensors in shards']!(folder)) as [string, string];
  const inner = join(folder, 'inner');
  mkdirSync(inner);
  const write = (weight_map: object) =>
    writeFileSync(join(inner, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
  const path = join(inner, 'model.safetensors.index.json');
  write({ 'conv1/bias': '../a.safetensors' });
  assert.equal(
    await problem([inner]),
    `${path} names the shard ../a.safetensors, which is not among the inputs: give their folder, or list it under shards.`,
  );
  writeFileSync(join(inner, 'a.safetensors'), readFileSync(first));
  write({ 'conv1/bias': 'a.safetensors', 'logits/kernel': 'a.safetensors' });
  assert.equal(
    await problem([inner]),
    `Expected logits/kernel in ${join(inner, 'a.safetensors')}, as ${path} says, got no such tensor.`,
  );
  write({ 'conv1/bias': 3 });
  assert.equal(
    await problem([inner]),
    `Expected a file name for each tensor in the weight_map of ${path}.`,
  );
  assert.equal(
    await problem([index]),
    `${index} names the shard a.safetensors, which is not among the inputs: give their folder, or list it under shards.`,
  );
});

test('tensors of other types may stay unread beside others, and are refused when they are read', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'net.safetensors');
  writeFileSync(path, Buffer.from(golden.net, 'base64'));
  using weights = await openWeights([path]);
  const counter = weights.tensors.get('bn1.num_batches_tracked')!;
  assert.deepEqual(counter.shape, []);
  assert.throws(
    counter.read,
    new StageError(`Expected bn1.num_batches_tracked in ${path} to be of F32, F16, BF16, got I64.`),
  );
  assert.equal(weights.tensors.get('bn1.weight')!.read().length, 4);
});

test('the age and gender weights of @vladmandic/face-api are read from the package', async () => {
  const base = new URL(
    '../../../../node_modules/@vladmandic/face-api/model/age_gender_model',
    import.meta.url,
  ).pathname;
  using weights = await openWeights([`${base}-weights_manifest.json`, `${base}.bin`]);
  const { shape, read } = weights.tensors.get('entry_flow/conv_in/filters')!;
  const values = read();
  assert.deepEqual([weights.tensors.size, shape, values.length], [51, [3, 3, 3, 32], 864]);
  // The package's manifest gives 256 steps of this scale from the least.
  const scale = 0.005431825039433498;
  const min = -0.7441600304023892;
  assert.ok(
    values.every(
      (value) => Math.abs((value - min) / scale - Math.round((value - min) / scale)) < 1e-3,
    ),
  );
  assert.ok(Math.min(...values) === Math.fround(min) && Math.max(...values) < min + 256 * scale);
});
