import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { Project } from './support/rig.ts';
import { writeUntrainedModel } from './support/untrained-model.ts';

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
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
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
  for (const [file, port] of [
    ['net.onnx', 'network'],
    ['net.safetensors', 'weights'],
  ] as const) {
    writeFileSync(project.path(file), Uint8Array.of(0xff, 0xfe));
    assert.equal(
      await stderrOf(file, 'photos', '--out', 'other'),
      `error: Expected a pipeline or the folder of a trained model, got the file ${file} [unknown-model]\n\n  Such a file does not say how images are prepared. Give it to a stage of the kind load-model as its input \`${port}\`, run that, and name its pipeline here.\n`,
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
