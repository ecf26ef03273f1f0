import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type ColumnSource, type ParquetWriteOptions, parquetWriteBuffer } from 'hyparquet-writer';
import { openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import { encodedNoise } from '../../../test/support/noise-dataset.ts';
import { StageBench } from '../../../test/support/stage-bench.ts';
import run from '../run.ts';
import { spec } from '../spec.ts';

type SchemaElement = NonNullable<ParquetWriteOptions['schema']>[number];

const pictures = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => encodedNoise(seed)));

/** A struct of bytes and path, as Hugging Face writes images. */
const imageSchema: SchemaElement[] = [
  { name: 'image', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
];
const integer: SchemaElement = { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' };

const names = ['zebra', 'ant', 'cat'];
const huggingface = (label = 'label') =>
  JSON.stringify({
    info: { features: { image: { _type: 'Image' }, [label]: { names, _type: 'ClassLabel' } } },
  });

/** A Parquet file of these columns; two rows a group. */
function parquet(
  columnData: ColumnSource[],
  schema: SchemaElement[],
  metadata = huggingface(),
): Buffer {
  const root: SchemaElement = { name: 'root', num_children: columnData.length };
  const kvMetadata = [{ key: 'huggingface', value: metadata }];
  return Buffer.from(
    parquetWriteBuffer({ columnData, schema: [root, ...schema], rowGroupSize: 2, kvMetadata }),
  );
}

const images = (count: number) => ({
  name: 'image',
  data: Array.from({ length: count }, (_, i) => ({
    bytes: pictures[i]!,
    path: i === 0 ? undefined : `face_${i}.png`,
  })),
});
const labels = (...data: number[]) => ({ name: 'label', data: data.map(BigInt) });

function benchWith(
  files: Readonly<Record<string, Uint8Array>>,
): StageBench & { readonly images: string } {
  const bench = new StageBench();
  const images = join(bench.root, 'images');
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(images, path)), { recursive: true });
    writeFileSync(join(images, path), bytes);
  }
  return Object.assign(bench, { images });
}

const samplesOf = (bench: StageBench): readonly string[] => {
  using dataset = openDataset(bench.output('dataset'));
  return dataset.splits.flatMap((name) =>
    dataset
      .split(name)
      .samples.map(({ path, class: own, source, slices }) =>
        [name, path, own, source, slices?.['age'] ?? '-'].join(' '),
      ),
  );
};

/** The message that a run ends with, the bench's folder left out. */
async function failure(
  files: Readonly<Record<string, Uint8Array>>,
  settings: unknown = {},
): Promise<string> {
  using bench = benchWith(files);
  const error = await bench
    .run(spec, run, { with: settings, inputs: { images: bench.images } })
    .then(
      () => assert.fail('expected the stage to fail'),
      (error) => error,
    );
  assert.equal(error.name, 'StageError', error.stack);
  return error.message.replaceAll(bench.root, '');
}

test('Parquet files of Hugging Face become a dataset: names of classes from the metadata, splits from names of files', async () => {
  const age = { name: 'age', data: [10, 20, 30, 40, 50, 60].map(BigInt) };
  using bench = benchWith({
    'data/train-00000-of-00001.parquet': parquet(
      [images(6), labels(2, 0, 1, 2, 0, 1), age],
      [...imageSchema, integer, { ...integer, name: 'age' }],
    ),
    'data/validation-00000-of-00001.parquet': parquet(
      [images(3), labels(0, 1, 2)],
      [...imageSchema, integer],
    ),
    'README.md': Buffer.from('a card'),
  });
  await bench.run(spec, run, { with: { slices: ['age'] }, inputs: { images: bench.images } });
  const train = 'data/train-00000-of-00001';
  const val = 'data/validation-00000-of-00001';
  assert.deepEqual(samplesOf(bench), [
    `train ${train}/2-face_2.png ant ant 30`,
    `train ${train}/5-face_5.png ant ant 60`,
    `train ${train}/0.png cat cat 10`,
    `train ${train}/3-face_3.png cat cat 40`,
    `train ${train}/1-face_1.png zebra zebra 20`,
    `train ${train}/4-face_4.png zebra zebra 50`,
    `val ${val}/1-face_1.png ant ant -`,
    `val ${val}/2-face_2.png cat cat -`,
    `val ${val}/0.png zebra zebra -`,
  ]);
  using dataset = openDataset(bench.output('dataset'));
  assert.deepEqual(await dataset.split('train').read(4), pictures[1]);
});

test('a single Parquet file is split by shares, and columns of other names are named by `columns`', async () => {
  const photo = [{ ...imageSchema[0]!, name: 'photo' }, ...imageSchema.slice(1)];
  const mask: SchemaElement = { name: 'mask', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' };
  using bench = benchWith({
    'all.parquet': parquet(
      [
        { ...images(6), name: 'photo' },
        { name: 'mask', data: pictures },
        { ...labels(0, 1, 0, 1, 0, 1), name: 'fine' },
      ],
      [...photo, mask, { ...integer, name: 'fine' }],
      huggingface('other'),
    ),
  });
  const settings = { columns: { image: 'photo', label: 'fine' }, split: { train: 0.7, val: 0.3 } };
  await bench.run(spec, run, {
    with: settings,
    inputs: { images: join(bench.images, 'all.parquet') },
  });
  const samples = samplesOf(bench).map((line) => line.split(' '));
  assert.deepEqual(samples.map(([split, , own]) => `${split} ${own}`).sort(), [
    'train 0',
    'train 0',
    'train 1',
    'train 1',
    'val 0',
    'val 1',
  ]);
  assert.match(samples[0]![1]!, /^all\/\d/);
});

/** A tar archive of these files, made by the system's tar. */
function tar(files: Readonly<Record<string, Uint8Array | string>>): Buffer {
  using bench = new StageBench();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(bench.root, path)), { recursive: true });
    writeFileSync(join(bench.root, path), content);
  }
  const archive = join(bench.root, 'archive.tar');
  execFileSync('tar', ['-cf', archive, '-C', bench.root, ...Object.keys(files)]);
  return readFileSync(archive);
}

test('shards of WebDataset become a dataset: classes from .cls or .json, and a dataset of Restage is one', async () => {
  const [a, b, c, d] = pictures as [Buffer, Buffer, Buffer, Buffer];
  const train = tar({
    'x/0001.jpg': a,
    'x/0001.cls': 'real\n',
    'x/0001.txt': 'a face',
    '0002.v2.png': b,
    '0002.json': '{"label": "fake", "age": 7, "box": [1, 2]}',
  });
  const val = tar({ 'a.png': c, 'a.cls': 'real', 'b.png': d, 'b.cls': 'fake' });
  using bench = benchWith({ 'face-train-000000.tar': train, 'val/0.tar.gz': gzipSync(val) });
  await bench.run(spec, run, { with: { slices: ['age'] }, inputs: { images: bench.images } });
  assert.deepEqual(samplesOf(bench), [
    'train face-train-000000/x/0001.jpg real real -',
    'train face-train-000000/0002.v2.png fake fake 7',
    'val val/0/a.png real real -',
    'val val/0/b.png fake fake -',
  ]);

  using again = new StageBench();
  const classes = { real: 'real', fake: 'fake' };
  await again.run(spec, run, { with: { classes }, inputs: { images: bench.output('dataset') } });
  assert.deepEqual(
    samplesOf(again).map((line) => line.replace(/ (train|val)\/00000\//, ' ')),
    samplesOf(bench).map((line) =>
      line
        .replace('.v2', '_v2')
        .replace(/ (train|val) /, '$& ')
        .replace('7', '-'),
    ),
  );
});

test('what a Parquet file lacks is reported with its place', async () => {
  const one = [images(1), labels(0)];
  const own = [...imageSchema, integer];
  const file = (bytes: Uint8Array) => ({ 'train.parquet': bytes });
  const text: SchemaElement = {
    name: 'caption',
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    repetition_type: 'OPTIONAL',
  };
  const start = 'train.parquet in /images: expected ';
  assert.equal(
    await failure(file(parquet([{ name: 'caption', data: ['x'] }, labels(0)], [text, integer]))),
    `${start}a column of encoded images (bytes, or a struct with bytes), got caption (UTF8), label (INT64).`,
  );
  assert.equal(
    await failure(file(parquet([images(1)], imageSchema))),
    `${start}a column label, got image (bytes, path). Name that of the classes by \`columns: { label: … }\`.`,
  );
  assert.equal(
    await failure(file(parquet([images(2), labels(1, -1)], own))),
    `${start}a label from 0 to 2 in row 1, got -1, which is no class; \`restage predict\` scores images without labels.`,
  );
  const bare = { name: 'image', data: [{ path: 'a/b.png' }] };
  assert.equal(
    await failure(file(parquet([bare, labels(0)], own))),
    `${start}the bytes of an image in row 0, got none, only the path b.png: embed the images in the file.`,
  );
  const listed = { name: 'label', data: [[1]] };
  const list: SchemaElement[] = [
    { name: 'label', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
  ];
  assert.equal(
    await failure(file(parquet([images(1), listed], [...imageSchema, ...list]))),
    `${start}text or a number as label of row 0, got a list.`,
  );
  assert.match(
    await failure(file(parquet(one, own).subarray(0, 100))),
    /^Expected a whole shard, got train\.parquet in \/images, which cannot be read: .*PAR1/,
  );
  assert.equal(
    await failure({ 'a.parquet': parquet(one, own), 'train.parquet': parquet(one, own) }),
    'Expected shards named by their splits, such as train-00000.tar, got a.parquet in /images. ' +
      'Rename them, or set `split: { train: 0.7, val: 0.15, test: 0.15 }`.',
  );
  assert.equal(
    await failure(
      { 'train.parquet': parquet([images(2), labels(1, 2)], own) },
      { classes: { ant: 'ant', zebra: 'zebra' } },
    ),
    '1 wrong record in /images:\n  row 1 of train.parquet: expected a class as label, got "cat". Known: ant, zebra.',
  );
});

test('what a tar archive lacks is reported with its place', async () => {
  const told = async (files: Readonly<Record<string, Uint8Array | string>>, settings?: unknown) =>
    (await failure({ 'train.tar': tar(files) }, settings)).replace('train.tar in /images: ', '');
  const [a, b] = pictures as [Buffer, Buffer];
  assert.equal(
    await told({ 'k.png': a, 'k.txt': 'cat' }),
    'expected k.cls, or "label" in k.json, beside the image, got txt. Name what holds the class by `columns: { label: … }`.',
  );
  assert.equal(
    await told({ 'k.rgb.png': a, 'k.depth.png': b, 'k.cls': '0' }),
    'expected one image in sample k, got rgb.png, depth.png, cls. Name its extension by `columns: { image: … }`.',
  );
  assert.equal(await told({ 'k.mp4': a, 'k.cls': '0' }), 'expected an image in sample k, got cls.');
  assert.match(await told({ 'k.png': a, 'k.json': '{' }), /^k\.json is no JSON: /);
  assert.match(
    await failure({ 'train.tar': tar({ 'k.png': a }).subarray(0, 700) }),
    /^Expected a whole shard, got train\.tar in \/images, which cannot be read: /,
  );
});
