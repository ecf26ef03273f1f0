import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type LayersModel, ones, setBackend, type Tensor, tensor } from '@tensorflow/tfjs';
import fc from 'fast-check';
import { architectureNames } from './architectures/architectures.ts';
import { buildNet } from './build-net.ts';
import { isLearnable, joinName, type Net } from './layers/layer.ts';
import type { LayerItem, PlainItem } from './layers/layer-items.ts';
import { readLayers } from './layers/read-layers.ts';
import { plainLayers, type TracedLayer, traceLayers } from './layers/trace-net.ts';
import { netOf } from './model-setting.ts';

before(() => setBackend('cpu'));

/** The ends of blocks, those within blocks too, with their shapes. */
const joins = (traced: readonly TracedLayer[]): readonly [string, (number | null)[]][] =>
  traced.flatMap((entry) =>
    'paths' in entry
      ? [
          [joinName(entry.layer), [null, ...entry.output]] as [string, (number | null)[]],
          ...entry.paths.flatMap(joins),
        ]
      : [],
  );

/** Shapes and weights by the description, in the form of {@link built}. */
function described({ layers }: Net, imageSize: number) {
  const traced = traceLayers(layers, [imageSize, imageSize, 3]);
  if (!traced.ok) return undefined;
  const plain = plainLayers(traced.value);
  return {
    shapes: Object.fromEntries([
      ...plain.map(({ layer, output }) => [layer.name, [null, ...output]]),
      ...joins(traced.value),
      ['image', [null, imageSize, imageSize, 3]],
    ]),
    weights: Object.fromEntries(
      plain.flatMap(({ layer, weights }) =>
        weights.map(({ name, shape }) => [`${layer.name}/${name}`, shape]),
      ),
    ),
    trained: plain.flatMap(({ layer, weights }) =>
      weights.map(({ name }) => `${layer.name}/${name}`).filter(isLearnable),
    ),
  };
}

function built(model: LayersModel) {
  return {
    shapes: Object.fromEntries(model.layers.map((layer) => [layer.name, layer.outputShape])),
    weights: Object.fromEntries(
      model.weights.map(({ originalName, shape }) => [originalName, shape]),
    ),
    trained: model.trainableWeights.map(({ originalName }) => originalName),
  };
}

function assertAlike(net: Net, imageSize: number): void {
  const model = buildNet(net, imageSize);
  const expected = described(net, imageSize)!;
  const actual = built(model);
  assert.deepEqual(actual.shapes, expected.shapes);
  assert.deepEqual(actual.weights, expected.weights);
  assert.deepEqual(actual.trained.toSorted(), expected.trained.toSorted());
  model.dispose();
}

test('every named network has in tfjs the shapes and weights of its description', () => {
  for (const name of architectureNames) assertAlike(netOf(name), name === 'my-net' ? 161 : 75);
});

const window = {
  stride: fc.constantFrom(undefined, 1, 2, 3),
  padding: fc.constantFrom(undefined, 'valid' as const, 'same' as const),
};
const convolution = { kernel: fc.integer({ min: 1, max: 4 }), bias: fc.boolean(), ...window };
const plainItem: fc.Arbitrary<PlainItem> = fc.oneof(
  fc.constantFrom('relu' as const, 'batchNorm' as const),
  fc.record({ conv: fc.integer({ min: 1, max: 4 }), ...convolution }),
  fc.record({ separableConv: fc.integer({ min: 1, max: 4 }), ...convolution }),
  fc.record({ depthwiseConv: fc.integer({ min: 1, max: 4 }), bias: fc.boolean(), ...window }),
  fc.record({
    conv: fc.constant(2),
    kernel: fc.constantFrom<[number, number]>([1, 3], [3, 1]),
    ...window,
  }),
  fc.record({ zeroPad: fc.integer({ min: 0, max: 2 }) }),
  fc.constant({ zeroPad: [1, 0, 2, 3] as [number, number, number, number] }),
  fc.constantFrom('relu6' as const, 'gelu' as const, 'hardSwish' as const, 'layerNorm' as const),
  fc.constantFrom({ layerScale: 0.5 }, { dense: 3, pixelwise: true }),
  fc.record({ maxPool: fc.integer({ min: 1, max: 3 }), ...window }),
  fc.record({ averagePool: fc.integer({ min: 1, max: 3 }), ...window }),
  fc.record({ activation: fc.constantFrom('elu' as const, 'swish' as const) }),
  fc.record({ dropout: fc.constantFrom(0, 0.5) }),
);
const residual = fc.integer({ min: 1, max: 3 }).map((stride): LayerItem => {
  const same = { padding: 'same', stride } as const;
  return { residual: [{ conv: 3, ...same }, 'relu'], shortcut: [{ conv: 3, kernel: 1, ...same }] };
});
const gate: LayerItem = { gate: ['globalAveragePool', 'pixel', { conv: 1, kernel: 1 }] };
const branches = fc.array(plainItem, { maxLength: 2 }).map(
  (branch): LayerItem => ({
    concat: [branch, [], [{ residual: [gate] }, { concat: [[], [{ conv: 2, kernel: 1 }]] }]],
  }),
);
const ends: readonly (readonly LayerItem[])[] = [
  ['flatten'],
  ['globalAveragePool'],
  ['tokens', { residual: ['layerNorm', { attention: 1 }] }, { dense: 4 }, 'gelu', 'classToken'],
];
const items = fc
  .tuple(
    fc.array(fc.oneof(plainItem, residual, branches, fc.constant(gate)), { maxLength: 6 }),
    fc.constantFrom(...ends),
  )
  .map(([layers, end]): readonly LayerItem[] => [...layers, ...end, { dense: 2 }]);

test('whatever the layers, tfjs gives the traced shapes and weights', () => {
  let possible = 0;
  fc.assert(
    fc.property(items, fc.integer({ min: 4, max: 24 }), (items, imageSize) => {
      const net: Net = { name: 'layers', layers: readLayers(items) };
      if (described(net, imageSize) === undefined) return;
      possible++;
      assertAlike(net, imageSize);
    }),
    { numRuns: 60 },
  );
  assert.ok(possible > 20);
});

test('a residual block adds the output of its shortcut to that of its body', () => {
  const around = (shortcut: readonly PlainItem[]) => {
    const body: PlainItem[] = [{ conv: 1, kernel: 1, bias: false }];
    const net = {
      name: 'layers',
      layers: readLayers([
        { conv: 1, kernel: 1, bias: false },
        { residual: body, shortcut: [...shortcut] },
        'flatten',
      ]),
    };
    const model = buildNet(net, 1);
    for (const [i, layer] of model.layers.filter((layer) => layer.weights.length > 0).entries()) {
      layer.setWeights([ones(layer.weights[0]!.shape as number[]).mul(10 ** i)]);
    }
    return (model.apply(tensor([1, 2, 3], [1, 1, 1, 3])) as Tensor).dataSync()[0];
  };

  assert.equal(around([]), 6 * 10 + 6);
  assert.equal(around([{ conv: 1, kernel: 1, bias: false }]), 6 * 10 + 6 * 100);
});
