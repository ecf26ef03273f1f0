import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
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
