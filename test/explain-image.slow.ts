import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import type { LayerItem } from '../src/learning/models/layers/layer-items.ts';
import { Project } from './support/rig.ts';
import { writeUntrainedModel } from './support/untrained-model.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

const pipeline = `stages:
  made: { kind: make-faces }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  fit:
    kind: train
    matrix: { seed: [1, 2] }
    inputs: { dataset: faces.dataset }
    with: { model: simple-net, seed: "\${matrix.seed}" }
`;

/** A project with pictures and an untrained model, published as `fit[seed=2]` would. */
async function withModel(): Promise<Project> {
  const project = new Project(pipeline, { 'notes.jpg': 'no image at all' });
  await writeUntrainedModel(project.path('artifacts/test/fit@seed=2/model'));
  await writePicture(project.path('ada.png'), 90, 70);
  await writePicture(project.path('eve.jpg'), 64, 64);
  await writePicture(project.path('tiny.png'), 6, 6);
  return project;
}

async function writePicture(path: string, width: number, height: number): Promise<void> {
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => (37 * i) % 256);
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  writeFileSync(path, await (path.endsWith('.png') ? image.png() : image.jpeg()).toBuffer());
}

test('a model, named by its folder or by a pipeline and stage, classifies any pictures, and its maps are drawn', async () => {
  using project = await withModel();
  const byStage = await project.command(
    'explain-image',
    'test.yaml',
    'fit@seed=2',
    'ada.png',
    'eve.jpg',
  );
  assert.deepEqual(
    { code: byStage.code, stderr: byStage.stderr },
    {
      code: 0,
      stderr:
        'warning: fit[seed=2] is not up to date (reads faces, which must run). Its published model is used as it is.\n',
    },
  );
  assert.match(
    byStage.stdout,
    /^image +called +P\(real\) +P\(fake\) +score of real +score of fake\nada\.png .*\neve\.jpg .*\n\nDrew the maps in explained\.png\n$/,
  );
  const again = ['explain-image', 'test.yaml:fit@seed=2', 'ada.png', 'eve.jpg'];
  assert.match(
    (await project.command(...again)).stderr,
    /^error: explained\.png is there already: name another file with --out, or the same one to replace it$/m,
  );
  const asCompared = await project.command(...again, '--out', 'explained.png');
  assert.deepEqual(asCompared, byStage);
  const drawn = await sharp(readFileSync(project.path('explained.png'))).metadata();
  assert.ok(drawn.format === 'png' && drawn.width > 3 * 256 && drawn.height > 2 * 256);

  const folder = 'artifacts/test/fit@seed=2/model';
  const more = [
    '--method',
    'grad-cam',
    '--method',
    'smooth-grad',
    '--class',
    'fake',
    '--out',
    'maps.png',
    '--json',
  ];
  const byFolder = await project.command('explain-image', folder, 'ada.png', ...more);
  assert.deepEqual({ code: byFolder.code, stderr: byFolder.stderr }, { code: 0, stderr: '' });
  const { images, ...rest } = JSON.parse(byFolder.stdout);
  assert.deepEqual(rest, {
    methods: ['grad-cam', 'smooth-grad'],
    layer: 'conv3',
    picture: 'maps.png',
  });
  assert.equal(images[0].explained, 'fake');
  assert.ok(Math.abs(images[0].probabilities.real + images[0].probabilities.fake - 1) < 1e-12);
  assert.ok(project.has('maps.png'));
});

test('a transformer is explained by its attention, and a network without attention is refused', async () => {
  using project = await withModel();
  const layers: LayerItem[] = [
    { conv: 8, kernel: 8, stride: 8, name: 'patches' },
    'tokens',
    { residual: [{ layerNorm: true }, { attention: 2 }] },
    { residual: [{ layerNorm: true }, { attention: 2 }] },
    'classToken',
    { dense: 2 },
  ];
  const net = { layers };
  await writeUntrainedModel(project.path('transformer'), { net, imageSize: 32 });
  const methods = ['--method', 'attention-rollout', '--method', 'gradient-attention'];
  const words = (model: string) => ['explain-image', model, 'ada.png', 'eve.jpg', ...methods];
  const explained = await project.command(...words('transformer'), '--json');
  assert.deepEqual({ code: explained.code, stderr: explained.stderr }, { code: 0, stderr: '' });
  const { images, methods: drawn, picture } = JSON.parse(explained.stdout);
  assert.deepEqual(
    [drawn, picture, images.length],
    [['attention-rollout', 'gradient-attention'], 'explained.png', 2],
  );
  const { width, height } = await sharp(readFileSync(project.path(picture))).metadata();
  assert.ok(width > 3 * 256 && height > 2 * 256, `${width} x ${height}`);

  const refused = await project.command(
    ...words('artifacts/test/fit@seed=2/model'),
    '--out',
    'b.png',
  );
  assert.deepEqual(
    [refused.code, refused.stderr.trimEnd()],
    [
      1,
      'error: Expected a network whose class token attends to all patches for attention-rollout, such as vit-small or a ViT of an ONNX file, but it has no attention: use another method, such as grad-cam or gradient.',
    ],
  );
});

test('whatever cannot be explained is an error that names the alternatives', async () => {
  using project = await withModel();
  const explained = async (...words: string[]) => {
    const { code, stderr } = await project.command('explain-image', ...words);
    return { code, stderr: stderr.trimEnd() };
  };
  const folder = 'artifacts/test/fit@seed=2/model';
  assert.deepEqual(await explained('test.yaml', 'ada.png'), {
    code: 1,
    stderr:
      'error: Expected one model, got 2 in pipelines/test.yaml [several-models]\n\n  Name one of the stages fit@seed=1, fit@seed=2 after the file.',
  });
  assert.deepEqual(await explained('test.yaml', 'fit@seed=1', 'ada.png'), {
    code: 1,
    stderr:
      'error: There is no model of fit[seed=1] yet in artifacts/test/fit@seed=1/model [no-model]\n\n  Make it: restage run pipelines/test.yaml fit@seed=1',
  });
  assert.deepEqual(await explained('test.yaml', 'faces', 'ada.png'), {
    code: 1,
    stderr:
      'error: Expected a stage that leaves a model, got faces in pipelines/test.yaml [no-model]\n\n  Such as one of the kind train or load-model.',
  });
  assert.deepEqual(await explained('artifacts', 'ada.png'), {
    code: 1,
    stderr:
      'error: Expected a pipeline or the folder of a trained model, got the folder artifacts without info.json [unknown-model]\n\n  Such as experiments/a.yaml, or artifacts/a/fit/model as its stage publishes it.',
  });
  assert.deepEqual(await explained(folder, 'adda.png', 'artifacts'), {
    code: 1,
    stderr:
      'error: There is no image adda.png [missing-file]\n\nerror: Expected an image, got the folder artifacts [no-image]\n\n  Name images in it: artifacts/*',
  });
  assert.deepEqual(await explained(folder, 'ada.png', 'notes.jpg', 'tiny.png'), {
    code: 1,
    stderr:
      'error: Expected an image, but notes.jpg cannot be read as one: Input buffer contains unsupported image format\n' +
      'Expected images of at least 7 × 7 pixels, an eighth of the 56 × 56 that the network sees, got 6 × 6: tiny.png. A map would mostly show how the image was enlarged.',
  });
  assert.match(
    (await explained(folder, 'ada.png', '--layer', 'conv2', '--method', 'gradient')).stderr,
    /^error: Expected a class activation map, such as grad-cam, among the methods for --layer "conv2", got gradient/,
  );
  assert.deepEqual(await explained(folder, 'ada.png', '--layer', 'cnov2'), {
    code: 1,
    stderr:
      'error: Expected a convolution of the network for the layer, got "cnov2". Did you mean "conv2"? There are conv1, conv2, conv3.',
  });
  assert.deepEqual(await explained(folder, 'ada.png', '--class', 'fkae'), {
    code: 1,
    stderr:
      'error: Expected a class of the model (real, fake), or predicted, got "fkae". Did you mean "fake"?',
  });
  assert.deepEqual(await explained(folder, 'ada.png', '--out', './ada.png'), {
    code: 2,
    stderr: 'error: Expected another name for --out than that of the image ada.png',
  });
  const misspelt = await explained(folder, 'ada.png', '--method', 'gradcam');
  assert.equal(misspelt.code, 2);
  assert.match(
    misspelt.stderr,
    /argument 'gradcam' is invalid\. Expected gradient, .*\. Did you mean "grad-cam"\?/,
  );
  assert.equal(project.has('explained.png'), false);
});
