import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { parsePairs } from '../src/learning/metrics/testing-scores.ts';
import { openWeights } from '../src/learning/models/weights/open-weights.ts';
import { readFinite } from '../src/learning/models/weights/weight-files.ts';
import { openDataset } from '../src/learning/vision/dataset/open-dataset.ts';
import { openFeatures } from '../src/learning/vision/features/features.ts';
import { imagesOf, readList } from '../src/learning/vision/lists/read-list.ts';
import { StageError } from '../src/stage.ts';
import { writeFeatures } from './support/features-artifact.ts';
import { isRefused, mutated } from './support/mutations.ts';
import { writeNoiseDataset } from './support/noise-dataset.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/**
 * Reads a sound file and many damaged ones: each is read or refused, and enough must be refused for
 * the test to mean something.
 */
async function readDamaged(
  sound: Buffer | string,
  runs: number,
  read: (bytes: Buffer) => unknown,
): Promise<void> {
  let refused = 0;
  assert.equal(await isRefused(() => read(Buffer.from(sound))), false);
  const property = fc.asyncProperty(mutated(sound), async (bytes) => {
    if (await isRefused(() => read(bytes))) refused += 1;
  });
  await fc.assert(property, { seed: 1, numRuns: runs });
  assert.ok(refused > runs / 10, `${refused} of ${runs} were refused`);
}

const message = async (read: () => unknown): Promise<string> => {
  try {
    await read();
  } catch (error) {
    assert.ok(error instanceof StageError, (error as Error).stack);
    return error.message;
  }
  return 'nothing is wrong';
};

test('a damaged list is read or refused, whatever is wrong with it', async (context) => {
  const root = temporaryFolder(context);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(root, `${name}.png`), '');
  const classes = [
    { name: 'real', sources: ['real'] },
    { name: 'fake', sources: ['fake'] },
  ];
  const source = { unit: 'line', port: 'images', file: 'list.csv', root } as const;
  const read = (bytes: Buffer) =>
    imagesOf(readList(bytes.toString('utf8'), 'list.csv', []), classes, source);
  await readDamaged(
    'path,label,split,group\na.png,real,train,g\n"b.png",fake,val,"g, 2"\nc.png,1,test,\n',
    2000,
    read,
  );
  const refusal = (text: string) => message(() => read(Buffer.from(text)));
  assert.equal(
    await refusal('path,label\n'),
    'Expected images in list.csv, got a header without lines below it.',
  );
  assert.equal(
    await refusal(''),
    'Expected the columns path and label in line 1 of list.csv, got "".',
  );
  assert.equal(
    await refusal('path,label,path\n'),
    'Expected every column once in line 1 of list.csv, got "path" twice.',
  );
  assert.equal(
    await refusal(
      `path,label\na\0.png,real\n../b.png,real\n${'x'.repeat(300)},real\n..c,real\na.png,"real\nb.png,fake\n`,
    ),
    `5 wrong lines in list.csv:
  line 2: expected text, got the character NUL; is it saved as UTF-8?
  line 3: expected a path below the input \`images\`, whose content is hashed, got "../b.png"
  line 4: ${'x'.repeat(300)} cannot be read: its name or its path is too long; a name has at most 255 bytes
  line 5: there is no file ..c in ${root}
  line 6: a quoted field does not end`,
  );
});

test('a quote that never ends is reported at once, however long the list', async () => {
  const text = `path,label\n"${'a.png,real\n'.repeat(200_000)}`;
  const read = () =>
    imagesOf(readList(text, 'list.csv', []), [], {
      unit: 'line',
      port: 'images',
      file: 'list.csv',
      root: '/',
    });
  assert.equal(
    await message(read),
    '1 wrong line in list.csv:\n  line 2: a quoted field does not end',
  );
});

test('damaged scores are read or refused, whatever is wrong with them', async () => {
  const read = (text: string) => {
    const parsed = parsePairs(text);
    if (!parsed.ok) throw new StageError(parsed.error);
    for (const { label, negative, positive } of parsed.value)
      assert.ok(label <= 1 && Number.isFinite(negative + positive));
  };
  const sound =
    'key,split,label,real,fake,source\na,test,0,1.5,-2e-3,x\n"b,c",test,1,-1,.5,y\nd,val,1.0,0,0,\n';
  await readDamaged(sound, 2000, (bytes) => read(bytes.toString('utf8')));
  const refusal = (text: string) => message(() => read(text));
  assert.equal(
    await refusal('key,split,label,real,fake\na,test,0,0x1,0\n'),
    'Line 2: expected a finite number as the real score, got "0x1"',
  );
  assert.equal(
    await refusal('key,split,label,real,fake,real\n'),
    'Expected every column once in line 1, got "real" twice',
  );
  assert.equal(
    await refusal('key,split,label,real,fake\na""b,test,0,1,0\n'),
    'Line 2: there is a quote inside a field; write the field as "…", and each quote in it twice',
  );
});

async function readAllOf(folder: string): Promise<void> {
  using dataset = openDataset(folder);
  for (const name of dataset.splits) {
    const { samples, ...split } = dataset.split(name);
    for (const [index, { label }] of samples.entries()) {
      assert.ok(dataset.classes[label] !== undefined);
      await dataset.split(split.name).read(index);
    }
  }
}

/** A dataset, and beside it a folder that no reader of the dataset may open. */
async function datasetIn(
  context: TestContext,
): Promise<{ readonly folder: string; readonly samples: string }> {
  const root = temporaryFolder(context);
  const folder = join(root, 'dataset');
  await writeNoiseDataset(folder, 3);
  cpSync(join(folder, 'train'), join(root, 'outside'), { recursive: true });
  return { folder, samples: join(folder, 'train', 'samples.json') };
}

for (const file of ['dataset.json', 'train/samples.json']) {
  test(`a dataset with a damaged ${file} is read or refused`, async (context) => {
    const { folder } = await datasetIn(context);
    await readDamaged(readFileSync(join(folder, file)), 400, async (bytes) => {
      writeFileSync(join(folder, file), bytes);
      await readAllOf(folder);
    });
  });
}

test('a dataset never leads out of its folder, and its numbers for an image are checked against the file', async (context) => {
  const { folder, samples } = await datasetIn(context);
  const refusal = async (path: string, from: string, to: string) => {
    const text = readFileSync(path, 'utf8');
    assert.ok(text.includes(from), from);
    writeFileSync(path, text.replace(from, to));
    const refusal = await message(() => readAllOf(folder));
    writeFileSync(path, text);
    return refusal.replaceAll(folder, '');
  };
  const info = join(folder, 'dataset.json');
  const inside = 'Expected a dataset, but in';
  const list = `${inside} /train/samples.json at 0.`;
  const name = 'expected a name without folders, got';
  assert.equal(
    await refusal(info, '"train"', '"../outside"'),
    `${inside} /dataset.json at splits.0: ${name} "../outside"`,
  );
  const shard = '../../outside/00000.tar';
  assert.equal(await refusal(samples, '00000.tar', shard), `${list}shard: ${name} "${shard}"`);
  assert.equal(
    await refusal(samples, '"label":0', '"label":7'),
    `${list}label: expected a label from 0 to 1, got 7`,
  );
  const { size, offset, path } = JSON.parse(readFileSync(samples, 'utf8'))[0];
  const sized = (bytes: number) => refusal(samples, `"size":${size}`, `"size":${bytes}`);
  assert.equal(
    await sized(2 ** 40),
    `${list}size: expected at most 2 GiB an image, got 1099511627776`,
  );
  assert.equal(
    await sized(3 * 2 ** 30),
    `${list}size: expected at most 2 GiB an image, got 3221225472`,
  );
  const tar = join(folder, 'train', '00000.tar');
  const there = readFileSync(tar).length - offset;
  assert.equal(
    await sized(2 ** 30),
    `Expected ${2 ** 30} bytes of ${path} at ${offset} of /train/00000.tar, got ${there}.`,
  );
  const gone = 'Expected a dataset, but its shard /train/1.tar cannot be read: it does not exist.';
  assert.equal(await refusal(samples, '00000.tar', '1.tar'), gone);
  truncateSync(tar, 600);
  assert.match(await message(() => readAllOf(folder)), /^Expected \d+ bytes of .*, got 88\.$/);
});

test('damaged features are read or refused, and never lead out of their folder', async (context) => {
  const folder = join(temporaryFolder(context), 'features');
  await writeFeatures(folder, { train: 3, val: 2 }, { values: 2 });
  const read = () => {
    const features = openFeatures(folder);
    for (const split of features.splits) {
      for (const { label } of features.split(split).samples)
        assert.ok(features.classes[label] !== undefined);
    }
  };
  for (const file of ['features.json', 'train/samples.json', 'train/features.npy']) {
    const sound = readFileSync(join(folder, file));
    await readDamaged(sound, 200, (bytes) => {
      writeFileSync(join(folder, file), bytes);
      read();
    });
    writeFileSync(join(folder, file), sound);
  }
  writeFileSync(
    join(folder, 'features.json'),
    readFileSync(join(folder, 'features.json'), 'utf8').replace('"val"', '".."'),
  );
  assert.equal(
    (await message(read)).replace(folder, ''),
    'Expected features, but in /features.json at splits.1: expected a name without folders, got ".."',
  );
});

async function readWeights(...paths: readonly string[]): Promise<void> {
  using stored = await openWeights(paths);
  for (const tensor of stored.tensors.values()) {
    assert.equal(
      readFinite(stored.path, tensor).length,
      tensor.shape.reduce((product, length) => product * length, 1),
    );
  }
}

function safetensors(header: unknown, bytes: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, bytes]);
}
const floats = (...values: readonly number[]): Buffer =>
  Buffer.from(Float32Array.from(values).buffer);

test('damaged safetensors are read or refused: cut short, overlapping, trailing, or not finite', async (context) => {
  const path = join(temporaryFolder(context), 'w.safetensors');
  const of = (shape: readonly number[], ...data_offsets: readonly number[]) => ({
    dtype: 'F32',
    shape,
    data_offsets,
  });
  const read = async (bytes: Buffer) => {
    writeFileSync(path, bytes);
    await readWeights(path);
  };
  const refusal = async (header: unknown, bytes: Buffer) =>
    (await message(() => read(safetensors(header, bytes)))).replace(path, 'w');
  const two = { a: of([2], 0, 8), b: of([1, 1], 8, 12) };
  const data = floats(1, 2, 3);
  await readDamaged(safetensors({ __metadata__: { format: 'pt' }, ...two }, data), 600, read);
  const begin = (name: string, end: number, got: string) =>
    `Expected the data of ${name} in w to begin at byte ${end}, where that before it ends, got ${got}.`;
  assert.equal(await refusal({ ...two, b: of([1], 4, 8) }, data), begin('b', 8, '4 to 8'));
  assert.equal(await refusal({ b: of([1], 8, 12) }, data), begin('b', 0, '8 to 12'));
  assert.equal(
    await refusal(two, floats(1, 2, 3, 4)),
    'Expected 12 bytes of data in w, as its tensors say, got 16.',
  );
  assert.equal(
    await refusal(two, floats(1, Number.NaN, 3)),
    'Expected finite weights, got NaN as value 1 of a in w.',
  );
  const odd = { a: { ...of([2], 0, 8), dtype: 'constructor' } };
  const types = 'Expected a in w to be of F32, F16, BF16, got constructor.';
  assert.equal(await refusal(odd, floats(1, 2)), types);
});

test('a damaged tfjs manifest is read or refused, also with types that are names of JavaScript’s own', async (context) => {
  const folder = temporaryFolder(context);
  mkdirSync(join(folder, 'model'));
  const path = join(folder, 'model', 'model.json');
  writeFileSync(join(folder, 'model', 'w.bin'), floats(1, 2, 3));
  writeFileSync(join(folder, 'outside.bin'), floats(1, 2, 3));
  const manifest = (type: string, shard = 'w.bin', second = 'b') =>
    JSON.stringify([
      {
        paths: [shard],
        weights: [
          { name: 'a', shape: [2], dtype: type },
          { name: second, shape: [1, 1], dtype: 'float32' },
        ],
      },
    ]);
  const read = async (bytes: Buffer | string) => {
    writeFileSync(path, bytes);
    await readWeights(join(folder, 'model'));
  };
  await readDamaged(manifest('float32'), 600, read);
  const refusal = async (text: string) => (await message(() => read(text))).replaceAll(path, 'm');
  for (const type of ['constructor', 'toString', '__proto__']) {
    assert.equal(await refusal(manifest(type)), `Expected numbers for a in m, got ${type}.`);
  }
  assert.match(
    await refusal(manifest('float32', '../outside.bin')),
    /names the shard \.\.\/outside\.bin, which is not among the inputs/,
  );
  assert.equal(
    await refusal(manifest('float32', 'w.bin', 'a')),
    'Expected every tensor once in m, got a twice.',
  );
});
