import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { env } from '../packages/onnx-runtime.ts';
import { findPackage } from '../packages/packages.ts';
import { selectBackend } from './select-backend.ts';

const projects: string[] = [];
after(() => {
  for (const folder of projects) rmSync(folder, { recursive: true });
});

/**
 * A user's project with packages of these names and files in its `node_modules`; gives its folder.
 */
function project(packages: Readonly<Record<string, { version?: string; index: string }>>): string {
  const root = mkdtempSync(join(tmpdir(), 'project-'));
  projects.push(root);
  for (const [name, { version = tf.version.tfjs, index }] of Object.entries(packages)) {
    const folder = join(root, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name, version, main: 'index.js' }),
    );
    writeFileSync(join(folder, 'index.js'), index);
  }
  return root;
}

/** A second copy of tfjs that must not be loaded. */
const ownTfjs = { index: `throw new Error('a second tfjs was loaded');` };

/**
 * What the real package does, with the cpu kernels for native ones: registers a backend of that
 * name when it is loaded.
 */
const registering = `
  const tf = require('@tensorflow/tfjs');
  const native = () => Object.assign(new (tf.findBackend('cpu').constructor)(), { firstUse: false });
  tf.registerBackend('tensorflow', native, 3);
  for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'tensorflow' });
  if (!tf.setBackend('tensorflow')) throw new Error('Could not initialize TensorFlow backend.');
`;

const start = (name: 'tensorflow' | 'webgpu', root: string) =>
  selectBackend(name, { packagesFrom: [root], threads: 1 });
/** The folder from which the backend looks for packages, beside the project's. */
const here = join(dirname(new URL(import.meta.url).pathname), '..', 'packages');

/** One step of training: the loss, and the weights after it. */
async function trainOnce(): Promise<number[]> {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [8, 8, 3],
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: 'ones',
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2, kernelInitializer: 'ones' }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(1e-4), loss: 'meanSquaredError' });
  const images = tf.randomUniform([4, 8, 8, 3], 0, 1, 'float32', 1);
  const targets = tf.zeros([4, 2]);
  const loss = (await model.trainOnBatch(images, targets)) as number;
  const weights = await Promise.all(model.getWeights().map((weight) => weight.data()));
  tf.dispose([images, targets]);
  model.dispose();
  return [loss, ...weights.flatMap((values) => [...values])];
}

describe('the backend "tensorflow"', () => {
  afterEach(() => {
    if ('tensorflow' in tf.engine().registryFactory) tf.removeBackend('tensorflow');
    for (const { kernelName } of tf.getKernelsForBackend('tensorflow'))
      tf.unregisterKernel(kernelName, 'tensorflow');
  });

  it('says what it looked for, where, and what to type, when the package is missing', async () => {
    await assert.rejects(start('tensorflow', '/nowhere'), {
      name: 'BackendError',
      message:
        'Expected @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node for the backend "tensorflow", found neither, looking ' +
        `from /nowhere and ${here}. To install it: npm install @tensorflow/tfjs-node@${tf.version.tfjs} ` +
        '(its install script downloads TensorFlow).',
    });
  });

  it('quotes the first line of a package whose native part is not there', async () => {
    const root = project({
      '@tensorflow/tfjs-node': {
        index: `throw new Error('The addon is not there: \\nRebuild it.');`,
      },
    });

    await assert.rejects(start('tensorflow', root), {
      name: 'BackendError',
      message:
        `@tensorflow/tfjs-node ${tf.version.tfjs} in ${root}/node_modules/@tensorflow/tfjs-node does not load: The addon is ` +
        'not there. To build it again: npm rebuild @tensorflow/tfjs-node --build-addon-from-source',
    });
  });

  it('refuses a package of another major version, which knows other kernels', async () => {
    const root = project({ '@tensorflow/tfjs-node': { version: '3.21.0', index: registering } });

    await assert.rejects(start('tensorflow', root), {
      message:
        `Expected @tensorflow/tfjs-node of version 4, to go with tfjs ${tf.version.tfjs}; got 3.21.0 in ` +
        `${root}/node_modules/@tensorflow/tfjs-node. To replace it: npm install @tensorflow/tfjs-node@${tf.version.tfjs}`,
    });
  });

  it('refuses a package that loads and registers nothing', async () => {
    const root = project({ '@tensorflow/tfjs-node': { index: '' } });

    await assert.rejects(
      start('tensorflow', root),
      /does not load: it registers no backend "tensorflow" with tfjs\. To build/,
    );
  });

  it('reports a package that loads but does not compute', async () => {
    const failing = `${registering}
      tf.unregisterKernel('BatchMatMul', 'tensorflow');
      const fail = () => { throw new TypeError('isNullOrUndefined is not a function'); };
      tf.registerKernel({ kernelName: 'BatchMatMul', backendName: 'tensorflow', kernelFunc: fail });`;
    const root = project({
      '@tensorflow/tfjs-node': { index: failing },
      '@tensorflow/tfjs': ownTfjs,
    });

    await assert.rejects(
      start('tensorflow', root),
      /loads, but does not compute: isNullOrUndefined is not a function\.$/,
    );
  });

  it("trains on the user's package, on our copy of tfjs though the package brings its own", async () => {
    const root = project({
      '@tensorflow/tfjs-node': { index: registering },
      '@tensorflow/tfjs': ownTfjs,
    });
    await selectBackend('cpu');
    const expected = await trainOnce();

    const running = await start('tensorflow', root);

    assert.deepEqual(running, {
      name: 'tensorflow',
      versions: { '@tensorflow/tfjs': tf.version.tfjs, '@tensorflow/tfjs-node': tf.version.tfjs },
    });
    assert.equal(tf.getBackend(), 'tensorflow');
    assert.deepEqual(await trainOnce(), expected);
  });

  it('takes the package for GPUs where both are there', async () => {
    const root = project({
      '@tensorflow/tfjs-node': { index: `throw new Error('the wrong one');` },
      '@tensorflow/tfjs-node-gpu': { index: registering },
      '@tensorflow/tfjs': ownTfjs,
    });

    assert.ok('@tensorflow/tfjs-node-gpu' in (await start('tensorflow', root)).versions);
  });
});

describe('the backend "webgpu"', () => {
  it('says which package is missing, and what to type', async () => {
    await assert.rejects(start('webgpu', '/nowhere'), {
      name: 'BackendError',
      message:
        `Expected the package webgpu for the backend "webgpu", found none, looking from /nowhere and ${here}. To install ` +
        `what it needs: npm install webgpu @tensorflow/tfjs-backend-webgpu@${tf.version.tfjs}`,
    });
  });

  it('quotes the first line of a driver that does not load', async () => {
    const root = project({
      webgpu: { version: '0.6.2', index: `require('./dawn.node');` },
      '@tensorflow/tfjs-backend-webgpu': { index: '' },
    });

    await assert.rejects(
      start('webgpu', root),
      /^BackendError: webgpu 0\.6\.2 in .*\/node_modules\/webgpu does not load: Cannot find module '\.\/dawn\.node'\. To install/,
    );
  });
});

describe('the execution providers of ONNX Runtime', () => {
  it('that are missing are reported, with what they need', async () => {
    await assert.rejects(
      selectBackend('onnxruntime:cuda', { threads: 1 }),
      /^BackendError: ONNX Runtime (does not start its provider "cuda": .* It needs CUDA 12|for .* was built without the provider "cuda"; it has )/,
    );
  });

  it('leave the plain backend as it is', async () => {
    assert.deepEqual(await selectBackend('auto', { threads: 1 }), {
      name: 'onnxruntime',
      versions: { '@tensorflow/tfjs': tf.version.tfjs, 'onnxruntime-node': env.versions.node },
    });
  });
});

describe('a package', () => {
  it('is found from the first folder that has it, and upward', () => {
    const first = project({ driver: { version: '1.0.0', index: '' } });
    const second = project({ driver: { version: '2.0.0', index: '' } });

    assert.equal(
      findPackage('driver', ['/nowhere', join(second, 'pipelines'), first])?.version,
      '2.0.0',
    );
    assert.equal(findPackage('driver', ['/nowhere']), undefined);
  });
});
