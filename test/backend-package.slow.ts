import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blocks, inRepository } from './support/pages.ts';
import { temporaryFolder, writeFiles } from './support/temporary-folder.ts';

const root = inRepository('.');

/** Learns whether the left or the right half of an image is the brighter one. */
const training = `
import * as tf from '@tensorflow/tfjs';
import { onnxRuntimeBackend, selectBackend } from 'tfjs-backend-onnxruntime';

const warnings = [];
await selectBackend('onnxruntime', { threads: 1, warn: (message) => warnings.push(message) });

const labels = tf.tensor1d(Array.from({ length: 64 }, (_, i) => i % 2));
const noise = tf.randomUniform([64, 8, 8, 1], 0, 1, 'float32', 1);
const ramp = tf.tensor4d(Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 1 : -1)), [1, 8, 8, 1]);
const images = noise.add(ramp.mul(labels.mul(2).sub(1).reshape([64, 1, 1, 1])));

const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
const model = tf.sequential({
  layers: [
    tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu', kernelInitializer }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 1, activation: 'sigmoid', kernelInitializer }),
  ],
});
model.compile({ optimizer: tf.train.adam(0.02), loss: 'binaryCrossentropy' });
const { history } = await model.fit(images, labels, { epochs: 10, batchSize: 16, shuffle: false, verbose: 0 });

const { runs } = onnxRuntimeBackend().statistics;
console.log(JSON.stringify({ backend: tf.getBackend(), runs, losses: history.loss, warnings }));
`;

test('the backend installs in an empty folder as a package of its own, and trains a net with only tfjs beside it', (t) => {
  const folder = temporaryFolder(t);
  const project = join(folder, 'project');
  execFileSync(process.execPath, [join(root, 'scripts/pack-backend.mjs'), folder]);
  const [tarball] = readdirSync(folder) as [string];
  // Links to the packages of this checkout, so that npm fetches nothing. They find their own
  // dependencies where they are; the backend is copied, so it finds only what is linked.
  const linked = ['@tensorflow/tfjs', 'onnxruntime-node'].map((name) => [
    name,
    `file:${join(root, 'node_modules', name)}`,
  ]);
  const dependencies = {
    'tfjs-backend-onnxruntime': `file:../${tarball}`,
    ...Object.fromEntries(linked),
  };
  const [example] = blocks('src/backend/README.md', 'ts');
  const files = {
    'package.json': JSON.stringify({ dependencies }),
    'train.mjs': training,
    'example.mjs': example!,
  };
  writeFiles(project, files);
  // With --legacy-peer-deps, since npm 11 fails to match a peer dependency with a link.
  const options = ['--offline', '--ignore-scripts', '--legacy-peer-deps', '--prefix', project];
  execFileSync('npm', ['install', ...options, '--cache', join(folder, 'npm-cache')]);

  const manifest = readJson(join(project, 'node_modules/tfjs-backend-onnxruntime/package.json'));
  const { dependencies: needed, devDependencies } = readJson(join(root, 'package.json'));
  const runtime = needed['onnxruntime-node'];
  const tfjs = devDependencies['@tensorflow/tfjs'];
  assert.deepEqual(manifest.dependencies, { 'onnxruntime-node': runtime });
  assert.equal(manifest.peerDependencies['@tensorflow/tfjs'], tfjs);
  const print = (file: string) =>
    execFileSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
  assert.match(print('example.mjs'), /'onnxruntime'[\s\S]*\[\[0\.(4[5-9]|5[0-4])/);
  const printed = print('train.mjs');
  const { backend, runs, losses, warnings } = JSON.parse(printed) as Trained;
  assert.deepEqual({ backend, warnings }, { backend: 'onnxruntime', warnings: [] });
  assert.ok(runs > 0, 'ONNX Runtime ran no graph');
  assert.ok(
    losses.at(-1)! < losses[0]! / 2,
    `expected the loss to fall to less than half, got ${losses.join(', ')}`,
  );
});

/** What the training prints. */
interface Trained {
  readonly backend: string;
  /** Graphs that ONNX Runtime ran. */
  readonly runs: number;
  /** By epoch. */
  readonly losses: readonly number[];
  readonly warnings: readonly string[];
}

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function readJson(file: string): PackageFile {
  return JSON.parse(readFileSync(file, 'utf8')) as PackageFile;
}
