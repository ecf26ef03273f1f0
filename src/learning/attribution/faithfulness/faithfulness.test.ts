import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type LayersModel, layers, sequential, type Tensor, tensor } from '@tensorflow/tfjs';
import { selectBackend } from '../../../backend/select/select-backend.ts';
import { Random } from '../../../random.ts';
import { buildNet } from '../../models/build-net.ts';
import { initialiseWeights } from '../../models/initial-weights.ts';
import { netOf } from '../../models/model-setting.ts';
import { channelMaximum } from '../attribution-map.ts';
import { randomCam } from '../cam/cam-methods.ts';
import { viewLayer } from '../cam/layer-view.ts';
import { guidedGradient, inputGradient } from '../gradients.ts';
import type { Question } from '../questions/question.ts';
import { baselineImage } from './baseline-image.ts';
import { areaUnderCurve, insertionDeletion, saliencyOrder } from './insertion-deletion.ts';
import { mapLikeness, randomisedDepths, randomiseLayers, rankMap } from './randomise-layers.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

/**
 * A net that calls images of 4 x 4 pixels fake if their pixel 5 is bright, and real if it is dark.
 */
function netOfOnePixel(): LayersModel {
  const net = sequential({
    layers: [layers.flatten({ inputShape: [4, 4, 3] }), layers.dense({ units: 2 })],
  });
  const kernel = new Float32Array(4 * 4 * 3 * 2);
  kernel[2 * (3 * 5) + 1] = 2000;
  net.setWeights([tensor(kernel, [48, 2]), tensor([0, -1000])]);
  return net;
}

/** Two white images, with the question about the class fake. */
const white: Question = {
  images: new Float32Array(2 * 48).fill(1),
  classes: Int32Array.of(1, 1),
  score: 'score',
  seeds: [1, 2],
};
const black = new Float32Array(2 * 48);

/** A map that is brightest at this pixel of 16, and darkest at pixel 5 if that is another one. */
function mapOf(pixel: number): Float32Array {
  const map = Float32Array.from({ length: 16 }, (_, i) => i);
  map[5] = -1;
  map[pixel] = 100;
  return map;
}

test('a curve’s area is its mean height', () => {
  assert.equal(areaUnderCurve(Float64Array.of(1, 0, 0)), 0.25);
  assert.equal(areaUnderCurve(Float64Array.of(0.5, 0.5)), 0.5);
});

test('a map that ranks the only decisive pixel first changes the class at the first step, one that ranks it last at the end', async () => {
  const orders = [[mapOf(5), mapOf(0)].map((map) => saliencyOrder(map, 1)), []];
  const [curves] = await insertionDeletion(netOfOnePixel(), white, {
    baselines: black,
    orders,
    steps: 16,
    batchSize: 7,
  });
  const [right, wrong] = curves as [(typeof curves & object)[0], (typeof curves & object)[0]];
  assert.deepEqual([...right.deletion], [1, ...Array(16).fill(0)]);
  assert.deepEqual([...right.insertion], [0, ...Array(16).fill(1)]);
  assert.deepEqual([...wrong.deletion], [...Array(16).fill(1), 0]);
  // One of 16 parts is half over and half under the step.
  assert.deepEqual(
    [right.deletion, right.insertion, wrong.deletion, wrong.insertion].map(areaUnderCurve),
    [1 / 32, 31 / 32, 31 / 32, 1 / 32],
  );
});

test('batches of any size mix images and steps, and each forward pass is reported', async () => {
  const net = buildNet(netOf('simple-net'), 56);
  initialiseWeights(net, 3);
  const random = new Random('images');
  const images = Float32Array.from({ length: 2 * 56 * 56 * 3 }, () => random.normal());
  const question: Question = {
    images,
    classes: Int32Array.of(1, 0),
    score: 'score',
    seeds: [1, 2],
  };
  const orders = [0, 1].map((image) =>
    [3, 4].map((seed) => saliencyOrder(new Float32Array(56 * 56), 10 * image + seed)),
  );
  const run = async (batchSize: number) => {
    const forwards: number[] = [];
    const options = { baselines: new Float32Array(images.length), orders, steps: 5, batchSize };
    const curves = await insertionDeletion(net, question, {
      ...options,
      onForward: (count) => forwards.push(count),
    });
    const values = curves.flatMap((maps) =>
      maps.flatMap(({ insertion, deletion }) => [...insertion, ...deletion]),
    );
    return { values, forwards };
  };
  const small = await run(3);
  const large = await run(64);
  assert.deepEqual(large.forwards, [2 * (2 + 2 * 4 * 2)]);
  assert.equal(
    small.forwards.reduce((sum, count) => sum + count, 0),
    36,
  );
  assert.ok(small.values.every((value, i) => Math.abs(value - large.values[i]!) < 1e-6));
  const logits = (net.predict(tensor(images, [2, 56, 56, 3])) as Tensor).dataSync();
  assert.ok(Math.abs(large.values[5]! - 1 / (1 + Math.exp(logits[0]! - logits[1]!))) < 1e-6);
});

test('pixels of one value are in random order, the same for all maps of an image', () => {
  const order = saliencyOrder(Float32Array.of(1, 0, 0, 2, 0, 0), 4);
  assert.deepEqual([...order.subarray(0, 2)], [3, 0]);
  assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(saliencyOrder(Float32Array.of(1, 0, 0, 2, 0, 0), 4), order);
  const nothing = (seed: number) => [...saliencyOrder(new Float32Array(9), seed)];
  assert.notDeepEqual(nothing(1), nothing(2));
});

test('baselines have the image’s own colours: blurred, their mean, or its pixels in another order', () => {
  const random = new Random('image');
  const size = { height: 56, width: 56 };
  const image = Float32Array.from({ length: 56 * 56 * 3 }, () => random.float());
  const mean = baselineImage(image, size, 'mean', 1);
  for (const channel of [0, 1, 2]) {
    const values = image.filter((_, i) => i % 3 === channel);
    const expected = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(mean.every((value, i) => i % 3 !== channel || Math.abs(value - expected) < 1e-6));
  }
  const noise = baselineImage(image, size, 'noise', 1);
  const pixels = (values: Float32Array) =>
    Array.from({ length: 56 * 56 }, (_, i) => values.subarray(3 * i, 3 * i + 3).join()).sort();
  assert.deepEqual(pixels(noise), pixels(image));
  assert.notDeepEqual(noise, image);
  assert.deepEqual(baselineImage(image, size, 'noise', 1), noise);
  // A blur does not depend on the unit, keeps a constant colour, and lies between the values that
  // it averages.
  const blurred = baselineImage(image, size, 'blur', 1);
  const scaled = baselineImage(
    image.map((value) => 4 * value - 2),
    size,
    'blur',
    1,
  );
  assert.ok(scaled.every((value, i) => Math.abs(value - (4 * blurred[i]! - 2)) < 1e-5));
  assert.ok(blurred.every((value) => value > 0.2 && value < 0.8));
  assert.ok(
    baselineImage(mean, size, 'blur', 1).every((value, i) => Math.abs(value - mean[i]!) < 1e-6),
  );
});

test('layers are randomised from the logits down to the first, and the net has its own weights again afterwards', async () => {
  const net = buildNet(netOf('simple-net'), 56);
  initialiseWeights(net, 3);
  const valuesOf = (name: string) => net.getLayer(name).getWeights()[0]!.dataSync().slice();
  const names = ['logits', 'dense2', 'dense1', 'conv3', 'conv2', 'conv1'];
  const learned = names.map(valuesOf);
  const depths = randomisedDepths(net, 12);
  assert.deepEqual(
    depths,
    names.map((layer, i) => ({ layer, kernels: i + 1 })),
  );
  assert.deepEqual(
    randomisedDepths(net, 3).map(({ kernels }) => kernels),
    [1, 4, 6],
  );
  const changed: number[] = [];
  await randomiseLayers(net, depths, 8, async () => {
    changed.push(names.filter((name, i) => valuesOf(name).join() !== learned[i]!.join()).length);
  });
  assert.deepEqual(changed, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(names.map(valuesOf), learned);
  const broken = randomiseLayers(net, depths, 8, async ({ kernels }) => {
    if (kernels === 4) throw new Error('interrupted');
  });
  await assert.rejects(broken, /interrupted/);
  assert.deepEqual(names.map(valuesOf), learned);
});

test('a normalisation is randomised with the kernel before it', async () => {
  const net = buildNet(netOf('tiny-xception'), 64);
  initialiseWeights(net, 1);
  const norms = net.layers.filter((layer) => layer.getClassName().includes('BatchNorm'));
  for (const norm of norms) norm.setWeights(norm.getWeights().map((weight) => weight.add(2)));
  const trained = () => norms.filter((norm) => norm.getWeights()[0]!.dataSync()[0] === 3).length;
  const counts: number[] = [];
  await randomiseLayers(net, randomisedDepths(net, 99), 8, async () => {
    counts.push(trained());
  });
  assert.equal(counts[0], norms.length);
  assert.equal(counts.at(-1), 0);
  assert.ok(counts.every((count, i) => i === 0 || count <= counts[i - 1]!));
  assert.equal(trained(), norms.length);
});

test('with all weights randomised a gradient no longer resembles the first one, guided backpropagation still does, and the control depends on its layer alone', async () => {
  const size = 24;
  const convolution = { filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' } as const;
  // Every position is seen alike, unlike in nets with pools or without padding, whose gradients
  // have a shape of the net's own.
  const net = sequential({
    layers: [
      layers.conv2d({ ...convolution, inputShape: [size, size, 3], name: 'low' }),
      layers.conv2d({ ...convolution, name: 'high' }),
      layers.flatten(),
      layers.dense({ units: 2, name: 'logits' }),
    ],
  });
  initialiseWeights(net, 3);
  const random = new Random('grain');
  // A bright square, with some grain.
  const images = Float32Array.from({ length: size * size * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % size;
    const y = Math.floor(i / 3 / size);
    return (Math.abs(x - 10) < 6 && Math.abs(y - 12) < 5 ? 2 : -1) + 0.3 * random.normal();
  });
  const question: Question = { images, classes: Int32Array.of(1), score: 'score', seeds: [1] };
  const mapsNow = async () => ({
    gradient: channelMaximum((await inputGradient(net, question)).gradient),
    guided: channelMaximum(await guidedGradient(net, question)),
    control: randomCam((await viewLayer(net, 'high', question)).views[0]!, 1),
  });
  const original = await mapsNow();
  const likeness = { gradient: [] as number[], guided: [] as number[], control: [] as number[] };
  await randomiseLayers(net, randomisedDepths(net, 12), 8, async () => {
    const now = await mapsNow();
    for (const name of ['gradient', 'guided', 'control'] as const) {
      likeness[name].push(mapLikeness(rankMap(original[name]), rankMap(now[name])));
    }
  });
  assert.equal(likeness.control[0], 1); // the logits lie above its layer
  assert.ok(likeness.control[1]! < 0.9);
  assert.ok(likeness.gradient.every((value) => Math.abs(value) < 0.15));
  assert.ok(likeness.guided.every((value) => value > 0.25));
});

test('a constant map has no likeness, and one that becomes constant has lost all of it', () => {
  const nothing = rankMap(new Float32Array(4));
  const map = rankMap(Float32Array.of(0, 1, 2, 3));
  assert.equal(mapLikeness(nothing, map), Number.NaN);
  assert.equal(mapLikeness(map, nothing), 0);
  assert.equal(mapLikeness(map, map), 1);
});
