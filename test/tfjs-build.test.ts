import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inRepository } from './support/pages.ts';

/**
 * Trains a net on the cpu kernels, whose layers reach most of what Restage's networks and
 * explanations compute with, and prints all numbers to their last digit.
 */
const training = `
const tf = await import(process.argv[1]);
await tf.setBackend('cpu');
const seed = 7;
const kernelInitializer = tf.initializers.glorotUniform({ seed });
const { layers } = tf;
const input = tf.input({ shape: [12, 12, 3] });
const stem = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', kernelInitializer }).apply(input);
const scaled = layers.activation({ activation: 'relu' }).apply(layers.batchNormalization().apply(stem));
const separated = layers
  .separableConv2d({
    filters: 6,
    kernelSize: 3,
    depthwiseInitializer: kernelInitializer,
    pointwiseInitializer: kernelInitializer,
  })
  .apply(layers.maxPooling2d({ poolSize: 2 }).apply(scaled));
const pooled = layers.globalAveragePooling2d({}).apply(separated);
const kept = layers.dropout({ rate: 0.25, seed }).apply(pooled);
const output = layers.dense({ units: 2, activation: 'softmax', kernelInitializer }).apply(kept);
const model = tf.model({ inputs: input, outputs: output });

const images = tf.randomUniform([8, 12, 12, 3], 0, 1, 'float32', seed);
const labels = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 1, 0, 0, 1], 'int32'), 2);
const losses = [];
for (const optimizer of [tf.train.adam(0.01), tf.train.sgd(0.01), tf.train.momentum(0.01, 0.9), tf.train.rmsprop(0.01)]) {
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  losses.push(await model.trainOnBatch(images, labels));
}
const gradient = tf.grad((x) => model.apply(x).slice([0, 1], [8, 1]).sum())(images);
console.log(JSON.stringify({
  version: tf.version.tfjs,
  kernels: tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName).sort(),
  losses,
  weights: model.getWeights().map((weight) => [...weight.dataSync()]),
  scores: [...model.predict(images).dataSync()],
  gradient: [...gradient.dataSync()],
  layers: model.toJSON(null, false),
}));
`;

test('the build of tfjs in dist/ has the kernels of the package, and trains to the same digits', () => {
  const train = (file: string): unknown => {
    const words = ['--input-type=module', '-e', training, pathToFileURL(inRepository(file)).href];
    return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8', stdio: 'pipe' }));
  };
  assert.deepEqual(train('dist/tfjs.js'), train('node_modules/@tensorflow/tfjs/dist/tf.node.js'));
});
