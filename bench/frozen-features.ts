/**
 * An epoch of training a head on frozen Xception: on features that were computed once, against
 * computing them in the epoch.
 *
 *     node --import tsx bench/frozen-features.ts [pixels a side] [images] [rounds]
 *
 * The head is 2048-1000-256-64-2 with Adam and batches of 32. Images are noise that lies in memory,
 * so that neither side decodes any; evaluation is left out of both. Sides take turns; medians of
 * the rounds count. The goal is 50 times.
 *
 * Measured on two quiet cores (AMD EPYC), three rounds: 2.90 s against 0.0327 s, 89 times, with 32
 * images of 256 x 256; with 64 of 128 x 128, a quarter of the backbone's work and the same head,
 * 1.58 s against 0.0409 s, 39 times.
 */
import { randomUniform, type Tensor, tidy } from '@tensorflow/tfjs';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { buildHead, buildNet } from '../src/learning/models/build-net.ts';
import { headOf } from '../src/learning/models/feature-head.ts';
import { featureNetwork } from '../src/learning/models/feature-network.ts';
import { initialiseWeights } from '../src/learning/models/initial-weights.ts';
import { netOf } from '../src/learning/models/model-setting.ts';
import { Optimizer } from '../src/learning/training/optimizer.ts';
import { trainStep } from '../src/learning/training/train-step.ts';
import { trainableWeights } from '../src/learning/training/trainable-weights.ts';
import { featureBatches } from '../src/learning/training/training-data.ts';
import type { Features } from '../src/learning/vision/features/features.ts';
import { timed } from './backend/samples.ts';
import { median } from './runner/interleave.ts';

const [side = '256', count = '64', rounds = '5'] = process.argv.slice(2);
const size = Number(side);
const images = Number(count);
const batchSize = 32;
/** Images of one pass of the backbone, as its memory wants it. */
const embedded = 8;

await selectBackend('onnxruntime', { threads: 2 });
const whole = buildNet(netOf('xception'), size);
initialiseWeights(whole, 7);
const { model: backbone, values } = featureNetwork(whole);
const batch = randomUniform([embedded, size, size, 3], -1, 1, 'float32', 1);
await batch.data();

const features: Features = {
  classes: ['real', 'fake'],
  splits: ['train'],
  values,
  split: () => ({
    samples: Array.from({ length: images }, (_, i) => {
      const name = i % 2 === 0 ? 'real' : 'fake';
      return { key: `${i}`, label: i % 2, class: name, source: name, path: `${i}.png` };
    }),
    features: new Float32Array(images * values).fill(0.1),
  }),
};
const head = buildHead(headOf('xception-based'), values);
initialiseWeights(head, 7);
const adam = {
  kind: 'adam',
  learningRate: 0.001,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
} as const;
const optimizer = new Optimizer(adam, trainableWeights(head));
const data = featureBatches(features, { batchSize, seed: 7 });

/** Passes every image through the backbone, which an epoch without cached features adds. */
async function embed(): Promise<void> {
  for (let done = 0; done < images; done += embedded) {
    const output = tidy(() => backbone.apply(batch, { training: false }) as Tensor);
    await output.data();
    output.dispose();
  }
}

let epoch = 0;
async function trainHead(): Promise<void> {
  for await (const batch of data.training(++epoch)) await trainStep(head, optimizer, batch);
}

// Graphs are compiled in the first passes, and once more when weights have not changed for a while.
for (let i = 0; i < 10; i++) await trainHead();
await embed();
await embed();
const anew: number[] = [];
const once: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  anew.push((await timed(embed)) + (await timed(trainHead)));
  once.push(await timed(trainHead));
}
const slow = median(anew);
const fast = median(once);
console.log(`${images} images of ${size} x ${size}, an epoch of the head on frozen Xception`);
console.log(`features computed anew   ${slow.toFixed(3)} s`);
console.log(`features computed once   ${fast.toFixed(4)} s`);
console.log(`ratio                    ${(slow / fast).toFixed(0)} (goal 50)`);
