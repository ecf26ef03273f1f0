import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../test/support/untrained-model.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

/** Writes a data set with the split `new`, and its images as files of a folder. */
async function writeFolder(
  root: string,
  images: number,
): Promise<{ folder: string; dataset: string }> {
  const folder = join(root, 'photos');
  const dataset = join(root, 'dataset');
  await writeTintedDataset(dataset, { new: images });
  using opened = openDataset(dataset);
  const split = opened.split('new');
  mkdirSync(join(folder, 'new'), { recursive: true });
  for (const [i, { path }] of split.samples.entries())
    writeFileSync(join(folder, path), await split.read(i));
  return { folder, dataset };
}

test('images get the scores that evaluate gives them, without labels; a dataset of the same keys supplies these', async () => {
  using bench = new StageBench();
  const model = join(bench.root, 'model');
  await writeUntrainedModel(model);
  const { folder, dataset } = await writeFolder(bench.root, 7);
  await bench.run(spec, run, { inputs: { model, images: folder }, with: { batchSize: 3 } });
  const path = bench.output('scores', spec.outputs['scores']);
  assert.match(readFileSync(path, 'utf8'), /^key,split,score\.real,score\.fake\nnew\/0,new,/);
  const summary = JSON.parse(
    readFileSync(bench.output('summary', spec.outputs['summary']), 'utf8'),
  );
  assert.deepEqual([summary.images, summary.unreadable], [7, 0]);
  assert.equal(summary.called.real.images + summary.called.fake.images, 7);

  const measured = async (inputs: Readonly<Record<string, string>>) => {
    using scoring = new StageBench();
    await scoring.run(evaluateSpec, evaluate, {
      inputs: { ...inputs, dataset },
      with: { splits: ['new'] },
    });
    const { splits } = JSON.parse(
      readFileSync(scoring.output('metrics', evaluateSpec.outputs['metrics']), 'utf8'),
    );
    const scores = parseScores(
      readFileSync(scoring.output('scores', evaluateSpec.outputs['scores']), 'utf8'),
    );
    assert.ok(scores.ok);
    return { auc: splits.new.auc, rows: scores.value.rows };
  };
  const own = await measured({ model });
  const given = await measured({ scores: path });
  assert.equal(given.auc, own.auc);
  for (const [i, { key, label, scores }] of given.rows.entries()) {
    assert.deepEqual([key, label], [own.rows[i]!.key, own.rows[i]!.label]);
    for (const c of [0, 1]) assert.ok(Math.abs(scores[c]! - own.rows[i]!.scores[c]!) < 1e-5);
  }
  using without = new StageBench();
  await assert.rejects(
    without.run(evaluateSpec, evaluate, { inputs: { scores: path }, with: { splits: ['new'] } }),
    /Expected the columns key, split, label, score\.real, score\.fake in line 1, .*: no label/,
  );
});

test('a model of several classes scores images for each of them', async () => {
  using bench = new StageBench();
  const model = join(bench.root, 'model');
  const classes = ['cat', 'dog', 'owl'];
  await writeUntrainedModel(model, { classes });
  const { folder } = await writeFolder(bench.root, 4);
  await bench.run(spec, run, { inputs: { model, images: folder } });
  const text = readFileSync(bench.output('scores', spec.outputs['scores']), 'utf8');
  assert.match(text, /^key,split,score\.cat,score\.dog,score\.owl\nnew\/0,new,/);
  const { called } = JSON.parse(
    readFileSync(bench.output('summary', spec.outputs['summary']), 'utf8'),
  );
  assert.equal(
    classes.reduce((sum, name) => sum + called[name].images, 0),
    4,
  );
});

test('files that are no images are left out by name, and a folder with none is a mistake', async () => {
  using bench = new StageBench();
  const model = join(bench.root, 'model');
  await writeUntrainedModel(model);
  const { folder } = await writeFolder(bench.root, 2);
  writeFileSync(join(folder, 'broken.jpg'), 'no image');
  await bench.run(spec, run, { inputs: { model, images: folder } });
  assert.deepEqual(bench.warnings, [
    'Left out 1 of 3 images, which cannot be decoded: broken.jpg.',
  ]);
  const empty = join(bench.root, 'empty');
  mkdirSync(empty);
  await assert.rejects(bench.run(spec, run, { inputs: { model, images: empty } }), {
    message: `Expected images in the folder ${empty}, got none.`,
  });
});

test('images of 12 bits in files of 16 cause a warning that names them', async () => {
  using bench = new StageBench();
  const model = join(bench.root, 'model');
  await writeUntrainedModel(model);
  const { folder } = await writeFolder(bench.root, 2);
  const values = Uint16Array.from({ length: 3 * 64 }, (_, i) => (i * 65) % 4096);
  const dim = sharp(values, { raw: { width: 8, height: 8, channels: 3 } }).toColourspace('rgb16');
  writeFileSync(join(folder, 'camera.png'), await dim.png().toBuffer());
  await bench.run(spec, run, { inputs: { model, images: folder } });
  assert.deepEqual(bench.warnings, [
    '1 of 3 images has 16 bits a value but uses only the lower 12, so it is at most 6 % as bright as white: ' +
      'camera.png. Multiply their values by 16, or save them with 8 bits.',
  ]);
});

/** Writes frames of two videos, one dark and one that lightens, and names a third without any. */
async function writeVideos(folder: string): Promise<void> {
  using writer = new DatasetWriter(folder, { classes: ['video'], splits: ['all'] });
  for (const [video, levels] of [
    ['dark.mp4', [20, 25, 30]],
    ['lightens.mp4', [40, 220, 90, 130]],
  ] as const) {
    for (const [frame, level] of levels.entries()) {
      const key = `${video}/${frame}`;
      const pixels = new Uint8Array(3 * 60 * 60).fill(level);
      const image = sharp(pixels, { raw: { width: 60, height: 60, channels: 3 } });
      const facts = { label: 0, source: 'video', group: video, video, frame, time: frame / 4 };
      const sample = { key, path: `${key}.png`, width: 60, height: 60, ...facts };
      writer.add('all', sample, await image.png().toBuffer());
    }
  }
  const reason = 'no frame shows a face';
  writer.addMissing('all', { video: 'empty.mp4', label: 0, source: 'video', reason });
  writer.finish();
}

test('videos of a data set are scored by their images, over time, and one without an image is named', async () => {
  using bench = new StageBench();
  const model = join(bench.root, 'model');
  const dataset = join(bench.root, 'videos');
  await writeUntrainedModel(model);
  await writeVideos(dataset);
  const predicted = async (settings: object) => {
    await bench.run(spec, run, {
      inputs: { model, images: dataset },
      with: { by: 'video', ...settings },
    });
    const read = (port: string) =>
      readFileSync(bench.output(port, spec.outputs[port]), 'utf8').trimEnd().split('\n');
    return { frames: read('frames'), scores: read('scores'), summary: read('summary').join('') };
  };
  const { frames, scores, summary } = await predicted({});
  assert.equal(frames[0], 'video,frame,time,key,probability.real,probability.fake');
  const fakes = new Map(
    frames.slice(1).map((line) => {
      const [, , , key, , fake] = line.split(',');
      return [key!, Number(fake)];
    }),
  );
  assert.equal(fakes.size, 7);
  const ofVideo = (name: string) =>
    [...fakes].flatMap(([key, fake]) => (key.startsWith(name) ? [fake] : []));
  const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  assert.equal(scores[0], 'key,split,probability.real,probability.fake,video');
  assert.equal(scores.at(-1), 'empty.mp4,new,,,empty.mp4');
  for (const line of scores.slice(1, 3)) {
    const [video, split, , fake] = line.split(',');
    assert.equal(split, 'new');
    assert.ok(Math.abs(Number(fake) - meanOf(ofVideo(video!))) < 1e-9);
  }
  const { byVideo, ...counts } = JSON.parse(summary);
  assert.deepEqual([counts.images, counts.videos, counts.withoutImages], [7, 2, 1]);
  const lightens = ofVideo('lightens.mp4');
  const { highest, lowest, images, followed } = byVideo['lightens.mp4'];
  assert.deepEqual([images, followed], [4, 'fake']);
  assert.deepEqual(
    [highest.probability, lowest.probability],
    [Math.max(...lightens), Math.min(...lightens)],
  );
  assert.equal(highest.time, lightens.indexOf(Math.max(...lightens)) / 4);
  const table = bench.highlights.at(-1)!;
  assert.deepEqual(table.columns, [
    'video',
    'called',
    'probability',
    'images',
    'highest',
    'lowest',
  ]);
  assert.deepEqual(table.rows.at(-1), ['empty.mp4', 'no frame shows a face', '', 0, '', '']);
  const svg = readFileSync(join(bench.output('timeline'), 'chart.svg'), 'utf8');
  assert.match(svg, /2 videos, 7 images; dashed: the video, by the mean of its images;/);
  const sheet = readFileSync(join(bench.output('sheet'), 'chart.svg'), 'utf8');
  assert.match(sheet, />lightens\.mp4<.*>0\.25 s</s, 'frames have numbers for names');
  assert.deepEqual(bench.warnings, []);

  const highestOnly = await predicted({ aggregate: 'max' });
  for (const line of highestOnly.scores.slice(1, 3)) {
    const [video, , , fake] = line.split(',');
    assert.equal(Number(fake), Math.max(...ofVideo(video!)));
  }
});

test('videos of which none has an image are named without scores, and no chart draws one', async () => {
  using bench = new StageBench();
  const model = join(bench.root, 'model');
  const dataset = join(bench.root, 'videos');
  await writeUntrainedModel(model);
  using writer = new DatasetWriter(dataset, { classes: ['video'], splits: ['all'] });
  for (const video of ['a.mp4', 'b.mp4'])
    writer.addMissing('all', { video, label: 0, source: 'video', reason: 'no frame shows a face' });
  writer.finish();
  await bench.run(spec, run, { inputs: { model, images: dataset }, with: { by: 'video' } });
  const read = (port: string) => readFileSync(bench.output(port, spec.outputs[port]), 'utf8');
  assert.equal(
    read('scores'),
    'key,split,probability.real,probability.fake,video\na.mp4,new,,,a.mp4\nb.mp4,new,,,b.mp4\n',
  );
  const { byVideo, called, ...counts } = JSON.parse(read('summary'));
  assert.deepEqual(counts, { images: 0, unreadable: 0, videos: 0, withoutImages: 2 });
  assert.deepEqual([byVideo, called.fake], [{}, { videos: 0, meanProbability: null }]);
  for (const chart of ['sheet', 'timeline']) {
    const svg = readFileSync(join(bench.output(chart), 'chart.svg'), 'utf8');
    assert.match(svg, /No video has an image\./, chart);
  }
  assert.deepEqual(
    bench.highlights.at(-1)!.rows.map(([video, reason]) => [video, reason]),
    [
      ['a.mp4', 'no frame shows a face'],
      ['b.mp4', 'no frame shows a face'],
    ],
  );
  assert.deepEqual(bench.warnings, []);
});

test('pictures of no video are not scored by video', async () => {
  using bench = new StageBench();
  const model = join(bench.root, 'model');
  await writeUntrainedModel(model);
  const { folder } = await writeFolder(bench.root, 2);
  await assert.rejects(
    bench.run(spec, run, { inputs: { model, images: folder }, with: { by: 'video' } }),
    new StageError(
      'Expected images of videos (by: video), such as those of `frames` or `faces`, but new/0.png is of none.',
    ),
  );
});
