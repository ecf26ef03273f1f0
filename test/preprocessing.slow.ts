import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { decodeImage } from '../src/learning/vision/decode-image.ts';
import type { Kernel, ResizeTo } from '../src/learning/vision/resize-settings.ts';
import { encodedNoise } from './support/noise-dataset.ts';
import { noPyTorch } from './support/pytorch.ts';
import { Project } from './support/rig.ts';

const stages = (settings: string, input = '') => `
stages:
  made: { kind: make-faces, with: { size: 64, images: { train: 8, val: 6, test: 4 } } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset${input} }
    with:
      model: { layers: [{ conv: 4, stride: 4 }, relu, globalAveragePool, { dense: 2 }] }
      batchSize: 4
      epochs: 1
${settings}
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
`;

const config = {
  image_processor_type: 'CLIPImageProcessor',
  size: { shortest_edge: 48 },
  do_center_crop: true,
  crop_size: { height: 40, width: 40 },
  resample: 3,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.25, 0.25, 0.25],
};

test('a model is trained and scored as its preset says, and the same resizing in words gives the same bytes', async () => {
  using project = new Project(
    stages('      preprocessing: torchvision\n      imageSize: 40\n      resize: 48'),
  );
  const first = await project.run();
  assert.deepEqual(first.outcomes['scores'], 'ran', first.stderr);
  const { input } = JSON.parse(project.read('artifacts/test/fit/model/info.json')) as {
    readonly input: object;
  };
  assert.deepEqual(input, {
    size: 40,
    fit: 'cover',
    kernel: 'linear',
    normalise: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
    resize: 48,
  });
  const scores = project.read('artifacts/test/scores/scores.csv');
  const again = stages(
    '      resize: 48\n      crop: 40\n      normalise: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] }',
  );
  project.write('pipelines/test.yaml', again);
  assert.deepEqual((await project.run()).outcomes['fit'], 'ran');
  assert.equal(project.read('artifacts/test/scores/scores.csv'), scores);
});

test('a file of the network’s authors says how images are prepared, and a setting takes precedence', async () => {
  const files = { 'models/vit/preprocessor_config.json': JSON.stringify(config) };
  using project = new Project(
    stages('      kernel: lanczos3', ', preprocessing: models/vit/preprocessor_config.json'),
    files,
  );
  const { outcomes, stderr } = await project.run();
  assert.equal(outcomes['scores'], 'ran', stderr);
  const { input } = JSON.parse(project.read('artifacts/test/fit/model/info.json')) as {
    readonly input: object;
  };
  assert.deepEqual(input, {
    size: 40,
    fit: 'cover',
    kernel: 'lanczos3',
    normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
    resize: 48,
  });
  project.write(
    'models/vit/preprocessor_config.json',
    JSON.stringify({ ...config, crop_size: 32 }),
  );
  assert.equal((await project.run()).outcomes['fit'], 'ran');
});

suite('beside Pillow', { skip: noPyTorch ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pillow-'));
  after(() => rmSync(folder, { recursive: true }));
  const script = new URL('support/pillow-crops.py', import.meta.url).pathname;

  test('JPEG files of any shape have the very pixels of Pillow’s resize and torchvision’s crop', async () => {
    const shapes = [
      [640, 427],
      [301, 453],
      [97, 90],
      [1203, 1201],
    ] as const;
    const files = await Promise.all(
      shapes.map(async ([width, height], seed) => {
        const path = join(folder, `${seed}.jpg`);
        writeFileSync(path, await encodedNoise(seed, { width, height, format: 'jpeg' }));
        return path;
      }),
    );
    const ways: readonly (readonly [ResizeTo, number])[] = [
      [256, 224],
      [342, 299],
      [64, 64],
      [[224, 224], 224],
    ];
    const { status, stderr } = spawnSync(
      '/usr/bin/python3',
      [script, folder, JSON.stringify({ files, ways })],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    const kernels: readonly Kernel[] = ['nearest', 'lanczos3', 'linear', 'cubic'];
    for (const [i, file] of files.entries()) {
      for (const [k, kernel] of kernels.entries()) {
        for (const [w, [before, crop]] of ways.entries()) {
          const resize = { width: crop, height: crop, fit: 'cover', kernel, before } as const;
          const { pixels } = await decodeImage(readFileSync(file), resize);
          const expected = readFileSync(join(folder, `${i}-${k}-${w}.rgb`));
          const what = `${shapes[i]!.join(' x ')} ${kernel} ${String(before)} ${crop}`;
          assert.equal(Buffer.compare(expected, pixels), 0, what);
        }
      }
    }
  });
});
