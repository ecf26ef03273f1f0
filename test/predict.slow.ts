import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { Project } from './support/rig.ts';
import { untrainedInfo, writeUntrainedModel } from './support/untrained-model.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

test('predict scores a folder of images with a model, into a new folder', async () => {
  using project = new Project('stages: {}\n', {
    'photos/notes.txt': 'no image',
    'empty/notes.txt': 'no image',
  });
  await writeUntrainedModel(project.path('model'));
  for (const name of ['ada', 'eve', 'ida']) {
    const pixels = Uint8Array.from(
      { length: 3 * 60 * 60 },
      (_, i) => (37 * i + name.charCodeAt(0)) % 256,
    );
    const image = sharp(pixels, { raw: { width: 60, height: 60, channels: 3 } });
    writeFileSync(project.path(`photos/${name}.png`), await image.png().toBuffer());
  }
  const { code, stdout, stderr } = await project.command('predict', 'model', 'photos');
  // A busy machine shows progress.
  assert.deepEqual({ code, stderr: stderr.replaceAll(/^… .*\n/gm, '') }, { code: 0, stderr: '' });
  assert.match(
    stdout,
    /^called +images +share +mean probability\nreal .*\nfake .*\n\nWrote scores\.csv, summary\.json and sheet in predicted\n$/,
  );
  assert.deepEqual(readdirSync(project.path('predicted')).sort(), [
    'scores.csv',
    'sheet',
    'summary.json',
  ]);
  assert.equal(project.read('predicted/scores.csv').split('\n').length, 5);

  const stderrOf = async (...words: string[]) =>
    (await project.command('predict', ...words)).stderr;
  assert.equal(
    await stderrOf('model', 'photos'),
    'error: predicted is there already: name another folder with --out\n',
  );
  assert.equal(
    await stderrOf('model', 'nowhere', '--out', 'other'),
    'error: There is no folder nowhere [missing-file]\n',
  );
  const hint = 'Then name the pipeline of that stage here, or the model that it publishes.';
  for (const [file, message] of [
    ['net.onnx', 'Expected an ONNX file, but net.onnx is none or ends early.'],
    [
      'net.safetensors',
      'Expected a model or an ONNX file, but net.safetensors holds weights without their network. Describe it in a stage of its own, such as `net: { kind: load-model, inputs: { weights: …/net.safetensors }, with: { model: resnet-18 } }`, and give `net.model` in place of the file.',
    ],
  ] as const) {
    writeFileSync(project.path(file), Uint8Array.of(0xff, 0xfe));
    assert.equal(
      await stderrOf(file, 'photos', '--out', 'other'),
      `error: ${message} [unknown-model]\n\n  ${hint}\n`,
    );
  }
  assert.match(
    await stderrOf('model', 'empty', '--out', 'other'),
    /^error: Expected images in the folder .*empty, got none\.\n$/,
  );
  assert.deepEqual(
    readdirSync(project.path('.')).filter((name) => name.includes('other')),
    [],
  );
});

test('a video needs a model that says how its images were made of videos, or a user who does', async () => {
  using project = new Project('stages: {}\n', {
    'clips/a.mp4': 'no video',
    'photos/notes.txt': '',
  });
  await writeUntrainedModel(project.path('model'));
  const stderrOf = async (...words: string[]) => {
    const { code, stderr } = await project.command('predict', 'model', ...words);
    assert.notEqual(code, 0, stderr);
    assert.ok(!project.has('predicted'));
    return stderr;
  };
  assert.equal(
    await stderrOf('clips'),
    'error: The model does not say how the images of its training were made of videos, so its scores of a video may mean nothing. Choose what its training had: --faces cuts faces as the kind faces does by default, --whole scores whole frames. A pipeline of the kinds frames, faces and predict takes every setting\n',
  );
  assert.equal(
    await stderrOf('clips', '--faces', '--whole'),
    'error: Expected --faces or --whole, got both\n',
  );
  assert.equal(
    await stderrOf('clips/b.mp4', '--whole'),
    'error: There is no video clips/b.mp4 [missing-file]\n',
  );
  assert.equal(
    await stderrOf('clips', '--whole', '--frames', 'every: 0'),
    'error: --frames: every: Too small: expected number to be >0\n',
  );
  assert.equal(
    await stderrOf('clips', '--whole', '--frames', 'rate: 1, every: 2'),
    'error: --frames: expected settings such as "every: 10", got "rate: 1, every: 2"\n',
  );
  assert.equal(
    await stderrOf('clips', '--whole', '--frames', '{ rate: 1, every: 2 }'),
    'error: --frames: rate: expected one of take, every, rate, key, got every and rate\n',
  );
  assert.equal(
    await stderrOf('clips', '--whole', '--aggregate', 'most'),
    'error: --aggregate: expected mean, median, max, "{ top: 5 }" or "{ above: 0.5 }", got "most"\n',
  );
  assert.equal(
    await stderrOf('photos', '--aggregate', 'max'),
    'error: --aggregate is for videos, got a folder of images\n',
  );
  project.env['PATH'] = project.path('nothing');
  assert.equal(
    await stderrOf('clips', '--whole'),
    'error: Expected the program ffmpeg, by which frames are decoded, but there is no ffmpeg on the PATH. Install the package ffmpeg: `apt-get install ffmpeg` on Debian and Ubuntu, `conda install -c conda-forge ffmpeg`, or `brew install ffmpeg` with Homebrew. Or name its path by the setting `ffmpeg`.\n',
  );
});

test('a model of cut faces says how they were cut: other pixels and other networks are refused', async () => {
  using project = new Project('stages: {}\n', { 'clips/a.mp4': 'no video', 'net.onnx': 'other' });
  const info = untrainedInfo('simple-net', 56);
  await writeUntrainedModel(project.path('model'));
  const withRecipe = (files: Record<string, string>) => {
    const recipe = [
      { kind: 'frames', version: 2, settings: { format: 'png', size: 320 } },
      { kind: 'faces', version: 1, settings: { pick: 'track' }, files },
    ];
    project.write('model/info.json', JSON.stringify({ ...info, recipe }));
  };
  const stderrOf = async (...words: string[]) =>
    (await project.command('predict', 'model', 'clips', ...words)).stderr;
  const version =
    "warning: The images of the model's training were made by version 1 of the kind faces; here it has version 2, whose images may differ.\n";
  withRecipe({});
  assert.equal(
    await stderrOf('--frames', 'size: 640'),
    `${version}error: --frames: expected "size" as the model's training had it, 320: leave it out\n`,
  );
  assert.equal(
    await stderrOf('--detector', 'net.onnx'),
    `${version}error: The model's training had no detector of its own: leave --detector out\n`,
  );
  withRecipe({ detector: 'abc' });
  assert.equal(
    await stderrOf(),
    `${version}error: The faces of the model's training were found by a detector of one's own: name its ONNX file with --detector\n`,
  );
  assert.equal(
    await stderrOf('--detector', 'net.onnx'),
    `${version}error: net.onnx is another detector than that of the model's training\n`,
  );
});
