import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Layer } from '../layers/layer.ts';
import { totals } from '../layers/net-facts.ts';
import { readLayers } from '../layers/read-layers.ts';
import {
  plainLayers,
  type TracedLayer,
  type TracedPlain,
  traceLayers,
} from '../layers/trace-net.ts';
import { modelMistakes, netOf } from '../model-setting.ts';
import { type ArchitectureName, architectureNames, architectures } from './architectures.ts';
import { xceptionBackbone } from './xception.ts';

function traced(layers: readonly Layer[], imageSize: number): readonly TracedLayer[] {
  const result = traceLayers(layers, [imageSize, imageSize, 3]);
  assert.ok(result.ok);
  return result.value;
}

const learnable = (name: ArchitectureName, classes = 2, imageSize = 256) =>
  totals(traced(netOf(name, classes).layers, imageSize)).learnable;

test('every network has its published number of learnable parameters', () => {
  assert.equal(learnable('simple-net'), 16_901_762);
  assert.equal(learnable('my-net'), 34_850);
  assert.equal(learnable('xception', 1000), 22_855_952);
  assert.equal(learnable('xception-based'), 23_128_786);
  assert.equal(learnable('xception-based') - learnable('xception', 1000), 272_834);
  assert.equal(learnable('tiny-xception'), 421_218);
  // torchvision's, by sum(p.numel() for p in resnet18().parameters()); each class has 513 of them.
  assert.equal(learnable('resnet-18', 1000), 11_689_512);
  assert.equal(learnable('resnet-18'), 11_689_512 - 998 * 513);
  // What torchvision and timm publish; without Inception's auxiliary classifier.
  assert.equal(learnable('resnet-50', 1000), 25_557_032);
  assert.equal(learnable('mobilenet-v2', 1000), 3_504_872);
  assert.equal(learnable('efficientnet-b0', 1000), 5_288_548);
  assert.equal(learnable('convnext-tiny', 1000), 28_589_128);
  assert.equal(learnable('vit-small', 1000, 224), 22_050_664);
  assert.equal(learnable('inception-v3', 1000, 299), 23_834_568);
  assert.equal(learnable('inception-v3-keras', 1000, 299), 23_834_568);
  // The package counts 5,614,592: with its descriptor, and with the factor and summand after each
  // filter.
  assert.equal(learnable('face-resnet'), 5_618_242);
});

test('Xception is 36 convolutions in 14 modules, with residuals around all but the first and last, down to 2048 features', () => {
  const layers = traced(readLayers(xceptionBackbone()), 299);
  const residuals = layers.filter((layer) => 'paths' in layer);
  const main = plainLayers(
    layers.flatMap((layer) => ('paths' in layer ? layer.paths[0]! : [layer])),
  );
  const convolutions = main.filter(
    ({ layer: { kind } }) => kind === 'conv' || kind === 'separableConv',
  );
  const modules = new Set(
    convolutions.map(({ layer: { name } }) => /^block\d+(?=_)/.exec(name)![0]),
  );

  assert.equal(convolutions.length, 36);
  assert.equal(modules.size, 14);
  assert.deepEqual(
    residuals.map(({ layer: { name } }) => name),
    [...modules].slice(1, -1),
  );
  assert.deepEqual(layers.at(-2)!.output, [10, 10, 2048]);
  assert.deepEqual(layers.at(-1)!.output, [2048]);
  // 8.4 billion multiply-adds, as its users say of 299 x 299.
  assert.equal(totals(layers).multiplyAdds, 8_355_355_496);
});

test('tiny-xception has the weights that its package’s manifest names, but for the classifier', () => {
  const layers = plainLayers(traced(netOf('tiny-xception').layers, 112));
  const names = layers.flatMap(({ layer, weights }) =>
    weights.map(({ name, shape }) => `${layer.name}/${name} ${shape.join(' ')}`),
  );
  assert.equal(names.length, 49);
  assert.deepEqual(names.slice(0, 7), [
    'entry_flow/conv_in/kernel 3 3 3 32',
    'entry_flow/conv_in/bias 32',
    'entry_flow/reduction_block_0/separable_conv0/depthwise_kernel 3 3 32 1',
    'entry_flow/reduction_block_0/separable_conv0/pointwise_kernel 1 1 32 64',
    'entry_flow/reduction_block_0/separable_conv0/bias 64',
    'entry_flow/reduction_block_0/separable_conv1/depthwise_kernel 3 3 64 1',
    'entry_flow/reduction_block_0/separable_conv1/pointwise_kernel 1 1 64 64',
  ]);
  assert.ok(names.includes('middle_flow/main_block_1/separable_conv2/bias 128'));
  assert.deepEqual(names.slice(-5, -2), [
    'exit_flow/separable_conv/depthwise_kernel 3 3 256 1',
    'exit_flow/separable_conv/pointwise_kernel 1 1 256 512',
    'exit_flow/separable_conv/bias 512',
  ]);
});

test('Keras’s Inception V3 has the layers of torchvision’s in its own numbers, with modules mixed0 to mixed10', () => {
  const ofTorchvision = plainLayers(traced(netOf('inception-v3').layers, 299));
  const ofKeras = plainLayers(traced(netOf('inception-v3-keras').layers, 299));
  const kernels = (layers: readonly TracedPlain[]) =>
    layers.flatMap(({ layer, weights, output }) =>
      layer.kind === 'conv' ? [[weights[0]!.shape, output]] : [],
    );
  assert.deepEqual(kernels(ofKeras), kernels(ofTorchvision));
  const names = ofKeras.map(({ layer }) => layer.name);
  assert.deepEqual(names.slice(0, 3), ['conv2d_1', 'batch_normalization_1', 'activation_1']);
  assert.ok(names.includes('conv2d_94') && names.includes('batch_normalization_94'));
  const modules = traced(netOf('inception-v3-keras').layers, 299).flatMap((entry) =>
    'paths' in entry ? [entry.layer.name] : [],
  );
  assert.deepEqual(
    modules,
    Array.from({ length: 11 }, (_, i) => `mixed${i}`),
  );
  const means = ofKeras.filter(({ layer }) => layer.kind === 'averagePool');
  assert.ok(means.every(({ layer }) => 'padding' in layer && layer.padding === 'same'));
});

test('each takes images that are large enough for every layer, and no smaller ones', () => {
  const smallest = architectureNames.map((name) => {
    const [mistake] = modelMistakes(name, 1);
    // With zeros around each window, one pixel is enough.
    if (mistake === undefined) return [name, 1];
    const size = Number(/at least (\d+)/.exec(mistake.message)![1]);
    assert.deepEqual(modelMistakes(name, size), []);
    assert.deepEqual(mistake, {
      at: ['imageSize'],
      message: `expected an image size of at least ${size} for ${name}, got 1`,
    });
    return [name, size];
  });
  assert.deepEqual(Object.fromEntries(smallest), {
    'simple-net': 50,
    xception: 23,
    'xception-based': 23,
    'my-net': 154,
    'tiny-xception': 9,
    'face-resnet': 33,
    'resnet-18': 17,
    'resnet-50': 17,
    'mobilenet-v2': 1,
    'efficientnet-b0': 1,
    'convnext-tiny': 32,
    'vit-small': 16,
    'inception-v3': 75,
    'inception-v3-keras': 75,
  });
});

test('the table describes each network in a line', () => {
  for (const name of architectureNames)
    assert.match(architectures[name].summary, /^[A-Z0-9].{20,80}\.$/);
});
