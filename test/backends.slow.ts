import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from '@tensorflow/tfjs';
import { env } from 'onnxruntime-node';
import { Project } from './support/rig.ts';

const yaml = `
stages:
  fit:
    kind: tell
    outputs: { text: out/fit.txt }
  count:
    kind: command
    inputs: { text: fit.text }
    outputs: { text: out/count.txt }
    with: { run: "wc -c < \${inputs.text} > \${outputs.text}" }
`;
/** A kind whose spec says that it computes, and that writes the name of its backend. */
const files = {
  'stages/tell/spec.ts': `
import { defineKind } from 'restage';
import { z } from 'zod';
export const spec = defineKind({
  name: 'tell',
  version: 1,
  summary: 'Tells the backend that it was given.',
  settings: z.strictObject({}),
  inputs: {},
  outputs: { text: { type: 'files', summary: 'Its name.', extension: '.txt' } },
  computes: true,
  example: 'fit: { kind: tell }',
});
`,
  'stages/tell/run.ts': `
import { writeFileSync } from 'node:fs';
import type { StageContext } from 'restage';
export default async (context: StageContext) => writeFileSync(context.output('text'), context.backend + '\\n');
`,
};

test('a backend that the user names is in the fingerprint of stages that compute, and of no other', async () => {
  using project = new Project(yaml, files);
  await project.run();

  const named = await project.run('--backend', 'onnxruntime:webgpu');
  assert.deepEqual(named.outcomes, { fit: 'ran', count: 'ran' }, named.stderr);
  assert.equal(project.read('out/fit.txt'), 'onnxruntime:webgpu\n');
  assert.deepEqual((await project.run('--backend', 'cpu', 'count')).outcomes, {
    fit: 'ran',
    count: 'ran',
  });
  const again = await project.run('--backend', 'onnxruntime:webgpu');
  assert.deepEqual(again.outcomes, { fit: 'restored', count: 'restored' });
});

test('without a name, a result of any backend serves, and without any result the stage runs', async () => {
  using project = new Project(yaml, files);
  await project.run('--backend', 'cpu');
  assert.deepEqual((await project.run()).outcomes, { fit: 'up to date', count: 'up to date' });

  project.remove('out/fit.txt');
  assert.deepEqual((await project.run()).outcomes, { fit: 'restored', count: 'up to date' });
  assert.equal(project.read('out/fit.txt'), 'cpu\n');

  assert.deepEqual((await project.run('--force', 'fit')).outcomes, { fit: 'ran', count: 'ran' });
  assert.equal(project.read('out/fit.txt'), 'auto\n');
  assert.deepEqual((await project.run()).outcomes, { fit: 'up to date', count: 'up to date' });
});

test('an unknown backend is refused with the list of all, and the nearest name', async () => {
  using project = new Project(yaml, files);
  const { code, stderr } = await project.command('run', 'test.yaml', '--backend', 'tensorflw');

  assert.equal(code, 2);
  assert.match(
    stderr,
    /^error: option '--backend <name>' argument 'tensorflw' is invalid\. Expected auto, onnxruntime, onnxruntime:webgpu, onnxruntime:cuda, tensorflow, webgpu, cpu\. Did you mean "tensorflow"\?\n/,
  );
});

test('a missing package fails the stages that compute and says what to type; the record names the versions that ran', async () => {
  using project = new Project(training);
  const { outcomes, messages } = await project.run('--backend', 'tensorflow');

  assert.deepEqual(outcomes, { made: 'ran', faces: 'ran', fit: 'failed' });
  const message = messages['fit']!;
  assert.ok(
    message.includes(
      'Expected @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node for the backend "tensorflow", found neither, looking ' +
        `from ${project.root} and `,
    ),
    message,
  );
  assert.match(message, /To install it: npm install @tensorflow\/tfjs-node@4\.\d+\.\d+ /);

  const again = await project.run();
  assert.deepEqual(again.outcomes, { made: 'up to date', faces: 'up to date', fit: 'ran' });
  const versions = { '@tensorflow/tfjs': version.tfjs, 'onnxruntime-node': env.versions.node };
  const info = JSON.parse(project.read('artifacts/test/fit/model/info.json'));
  assert.deepEqual(
    { backend: info.backend, versions: info.versions },
    { backend: 'onnxruntime', versions },
  );
  const results = project
    .files('cache/results')
    .map((file) => JSON.parse(project.read(`cache/results/${file}`)));
  const { record } = results.find(({ fingerprint }) => fingerprint.kind === 'train');
  const {
    'training images/s': _,
    'waiting for images, share of training': __,
    ...notes
  } = record.notes;
  assert.deepEqual(notes, { backend: 'onnxruntime', ...versions, threads: record.cpus });
});

test("a user's own package of TensorFlow trains on Restage's tfjs, though it brings its own", async () => {
  // What the real package does, with the cpu kernels for native ones.
  const registering = `
    const tf = require('@tensorflow/tfjs');
    const native = () => Object.assign(new (tf.findBackend('cpu').constructor)(), { firstUse: false });
    tf.registerBackend('tensorflow', native, 3);
    for (const kernel of tf.getKernelsForBackend('cpu'))
      tf.registerKernel({ ...kernel, backendName: 'tensorflow' });`;
  const packages = 'node_modules/@tensorflow';
  const manifest = JSON.stringify({ version: version.tfjs, main: 'index.js' });
  using project = new Project(training, {
    [`${packages}/tfjs-node/package.json`]: manifest,
    [`${packages}/tfjs-node/index.js`]: registering,
    [`${packages}/tfjs/package.json`]: manifest,
    [`${packages}/tfjs/index.js`]: "throw new Error('a second tfjs was loaded');",
  });

  assert.deepEqual((await project.run('--backend', 'tensorflow')).outcomes, {
    made: 'ran',
    faces: 'ran',
    fit: 'ran',
  });

  const info = JSON.parse(project.read('artifacts/test/fit/model/info.json'));
  const expected = { '@tensorflow/tfjs': version.tfjs, '@tensorflow/tfjs-node': version.tfjs };
  assert.deepEqual(
    { backend: info.backend, versions: info.versions },
    { backend: 'tensorflow', versions: expected },
  );
});

const training = `
stages:
  made:
    kind: make-faces
    with: { size: 64, images: { train: 4, val: 4, test: 4 } }
  faces:
    kind: load-dataset
    inputs: { images: made.faces }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with: { model: simple-net, imageSize: 64, batchSize: 4, epochs: 1 }
`;
