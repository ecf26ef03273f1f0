import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type LayersModel, layers, sequential, type Tensor, tensor } from '@tensorflow/tfjs';
import { assertClose } from '../../../test/support/assert-close.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { Random } from '../../random.ts';
import { StageError } from '../../stage.ts';
import { buildNet } from '../models/build-net.ts';
import { initialiseWeights } from '../models/initial-weights.ts';
import { netOf } from '../models/model-setting.ts';
import { channelMaximum, scaleMap } from './attribution-map.ts';
import { gradCam, randomCam } from './cam/cam-methods.ts';
import { viewLayer, walkLayers } from './cam/layer-view.ts';
import { findMapLayer, mapNames } from './cam/map-layers.ts';
import { scoreCam } from './cam/score-cam.ts';
import {
  inputGradient,
  inputTimesGradient,
  integratedGradient,
  smoothGradient,
} from './gradients.ts';
import type { Question } from './questions/question.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

/** Images of random values around 0, the first asked about class 0, the second about class 1. */
function ask(size: number, seed = 1): Question {
  const random = new Random('images', seed);
  const images = Float32Array.from({ length: 2 * size * size * 3 }, () => random.normal());
  return { images, classes: Int32Array.of(0, 1), score: 'score', seeds: [3, 4] };
}

/**
 * Two images of 2 x 2 pixels, whose logits are sums of their values times these weights, `[12, 2]`.
 */
function linearNet(weights: readonly number[]): LayersModel {
  const net = sequential({
    layers: [layers.flatten({ inputShape: [2, 2, 3] }), layers.dense({ units: 2, useBias: false })],
  });
  net.setWeights([tensor([...weights], [12, 2])]);
  return net;
}

test('the gradient of a linear net is its weights, and the input times it sums to the score', async () => {
  const weights = Array.from({ length: 24 }, (_, i) => Math.sin(i));
  const net = linearNet(weights);
  const question = ask(2);
  const { gradient, logits } = await inputGradient(net, question);
  const parts = await inputTimesGradient(net, question);
  for (const [image, c] of question.classes.entries()) {
    const expected = Array.from({ length: 12 }, (_, i) => weights[2 * i + c]!);
    assertClose(gradient.subarray(12 * image, 12 * image + 12), expected, 1e-6);
    const sum = parts
      .subarray(12 * image, 12 * image + 12)
      .reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - logits[2 * image + c]!) < 1e-5);
  }
});

test('integrated gradients sum to the rise of the score, the closer the more steps there are', async () => {
  const net = buildNet(netOf('simple-net'), 64);
  initialiseWeights(net, 2);
  const question = ask(64);
  const baseline = new Float32Array(question.images.length);
  const few = await integratedGradient(net, question, { baseline, steps: 2 });
  const many = await integratedGradient(net, question, { baseline, steps: 64 });
  for (const i of [0, 1]) {
    assert.ok(
      Math.abs(many.gaps[i]!) < 0.05 * Math.abs(many.rises[i]!),
      `${many.gaps[i]} of ${many.rises[i]}`,
    );
    assert.ok(Math.abs(many.rises[i]! - few.rises[i]!) < 1e-6);
  }
  assert.ok(Math.hypot(...many.gaps) < Math.hypot(...few.gaps));
});

test('smoothed gradients of a linear net are its gradient, without variance, and an image’s do not depend on its batch', async () => {
  const linear = linearNet(Array.from({ length: 24 }, (_, i) => Math.cos(i)));
  const question = ask(2);
  const options = { samples: 3, noise: 0.2 };
  const { gradient } = await inputGradient(linear, question);
  assertClose(await smoothGradient(linear, question, options, 'mean'), gradient, 1e-6);
  assertClose(
    await smoothGradient(linear, question, options, 'variance'),
    new Float32Array(24),
    1e-6,
  );

  const net = buildNet(netOf('simple-net'), 64);
  initialiseWeights(net, 2);
  const both = ask(64);
  const second = {
    ...both,
    images: both.images.slice(64 * 64 * 3),
    classes: Int32Array.of(1),
    seeds: [4],
  };
  const together = await smoothGradient(net, both, options, 'mean-of-squares');
  assertClose(
    await smoothGradient(net, second, options, 'mean-of-squares'),
    together.slice(64 * 64 * 3),
    1e-6,
  );
});

test('SmoothGrad is the mean of gradients under noise', async () => {
  const net = buildNet(netOf('my-net'), 128);
  initialiseWeights(net, 2);
  const question = ask(128);
  const size = 128 * 128 * 3;
  const draws = question.seeds.map((seed) => new Random('noise', seed));
  const gradients: Float32Array[] = [];
  for (let sample = 0; sample < 2; sample++) {
    const images = question.images.slice();
    for (const [image, random] of draws.entries()) {
      const pixels = images.subarray(image * size, (image + 1) * size);
      const sorted = pixels.toSorted();
      const noise = new Float32Array(size);
      random.normals(noise);
      for (let i = 0; i < size; i++) pixels[i]! += 0.15 * (sorted.at(-1)! - sorted[0]!) * noise[i]!;
    }
    gradients.push((await inputGradient(net, { ...question, images })).gradient);
  }
  const [first, second] = gradients as [Float32Array, Float32Array];
  const options = { samples: 2, noise: 0.15 };
  const formulas = {
    mean: (a: number, b: number) => (a + b) / 2,
    'mean-of-squares': (a: number, b: number) => (a * a + b * b) / 2,
    variance: (a: number, b: number) => ((a - b) / 2) ** 2,
  } as const;
  for (const [of, formula] of Object.entries(formulas)) {
    const expected = first.map((a, i) => formula(a, second[i]!));
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assertClose(
      await smoothGradient(net, question, options, of as keyof typeof formulas),
      expected,
      1e-5 * scale,
    );
  }
});

test('a layer inside a residual block is viewed like any other: the score moves as its gradient says', async () => {
  const net = buildNet(netOf('tiny-xception'), 64);
  initialiseWeights(net, 1);
  const question = ask(64);
  const names = mapNames(net);
  for (const name of [names[3]!, names.at(-1)!]) {
    const { views, logits } = await viewLayer(net, name, question);
    const moved = 1e-2;
    const random = new Random(name);
    const [, height, width, channels] = net.getLayer(name).outputShape as [
      number,
      number,
      number,
      number,
    ];
    const direction = Float32Array.from({ length: height * width * channels }, () =>
      random.normal(),
    );
    const shift = tensor([...direction, ...direction], [2, height, width, channels]).mul(moved);
    const images = tensor(question.images, [2, 64, 64, 3]);
    const at = (sign: number) =>
      walkLayers(net, images, (layer, output) =>
        layer.name === name ? (output.add(shift.mul(sign)) as Tensor) : output,
      ).dataSync();
    const after = at(1);
    const before = at(-1);
    for (const [i, c] of question.classes.entries()) {
      const slope = (after[2 * i + c]! - before[2 * i + c]!) / (2 * moved);
      const expected = views[i]!.gradients.reduce((sum, g, k) => sum + g * direction[k]!, 0);
      assert.ok(
        Math.abs(slope - expected) < 0.03 * Math.abs(expected) + 1e-3,
        `${name}: ${slope}, ${expected}`,
      );
    }
    assertClose(logits, (net.predict(images) as Tensor).dataSync(), 1e-5);
  }
});

test('Score-CAM gives the same map in batches of any size', async () => {
  const net = buildNet(netOf('simple-net'), 64);
  initialiseWeights(net, 5);
  const both = ask(64);
  const single = {
    ...both,
    images: both.images.slice(0, 64 * 64 * 3),
    classes: Int32Array.of(1),
    seeds: [1],
  };
  const { views } = await viewLayer(net, mapNames(net).at(-1)!, single);
  const map = await scoreCam(net, views[0]!, single, 5);
  assertClose(await scoreCam(net, views[0]!, single, 64), map, 1e-5);
  assert.ok(map.every((value) => value >= 0) && Math.max(...map) > 0);
});

test('the control draws its weights from the seed alone', () => {
  const activations = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const view = { height: 2, width: 2, channels: 3, activations, gradients: new Float32Array(12) };
  assert.deepEqual(randomCam(view, 1), randomCam(view, 1));
  assert.notDeepEqual(randomCam(view, 1), randomCam(view, 2));
});

test('a map of zeros stays zero, and a constant one is scaled to zeros', () => {
  const view = {
    height: 2,
    width: 2,
    channels: 1,
    activations: new Float32Array(4),
    gradients: new Float32Array(4),
  };
  assert.deepEqual(gradCam(view), new Float32Array(4));
  assert.deepEqual(scaleMap(new Float32Array([3, 3, 3])), new Float32Array(3));
  assert.deepEqual(scaleMap(Float32Array.of(2, 3, 4)), Float32Array.of(0, 0.5, 1));
  assert.deepEqual(channelMaximum(Float32Array.of(0.5, -1, 0.25, 0, 0, 0)), Float32Array.of(1, 0));
});

test('the last convolution is taken unless another is named; a name that is none is refused with a list of them', () => {
  const net = buildNet(netOf('simple-net'), 64);
  assert.equal(findMapLayer(net), 'conv3');
  assert.equal(findMapLayer(net, 'conv1'), 'conv1');
  const refused = (model: LayersModel, name: string | undefined, message: string) =>
    assert.throws(() => findMapLayer(model, name), new StageError(message));
  refused(
    net,
    'dense1',
    'Expected a convolution of the network for the layer, got the Dense "dense1". There are conv1, conv2, conv3.',
  );
  refused(
    net,
    'cnov2',
    'Expected a convolution of the network for the layer, got "cnov2". Did you mean "conv2"? There are conv1, conv2, conv3.',
  );
  refused(
    linearNet(Array(24).fill(0)),
    undefined,
    'Expected a network with a convolution whose feature maps have more than one pixel, got none.',
  );
});
