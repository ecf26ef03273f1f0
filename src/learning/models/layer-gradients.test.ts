import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  dispose,
  grad,
  type LayersModel,
  type Scalar,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { buildNet } from './build-net.ts';
import type { LayerItem } from './layers/layer-items.ts';
import { readLayers } from './layers/read-layers.ts';

before(async () => void (await selectBackend('onnxruntime', { threads: 1 })));

const pixels: readonly LayerItem[] = ['flatten', { dense: 3, name: 'end' }];
const tokens: readonly LayerItem[] = [{ conv: 6, kernel: 2, stride: 2 }, 'tokens'];
const gated: LayerItem = {
  gate: ['globalAveragePool', 'pixel', { conv: 3, kernel: 1 }, { activation: 'sigmoid' }],
};

/** A small network for each kind, in which its gradients reach every weight and the image. */
const nets: Readonly<Record<string, readonly LayerItem[]>> = {
  depthwiseConv: [{ depthwiseConv: 3, stride: 2, padding: 'same' }, ...pixels],
  'a kernel that is not square': [
    { conv: 4, kernel: [1, 3] },
    { conv: 2, kernel: [3, 1] },
    ...pixels,
  ],
  zeroPad: [{ zeroPad: [1, 0, 2, 1] }, { conv: 4, stride: 2 }, ...pixels],
  relu6: [{ conv: 4, kernel: 2, name: 'c' }, 'relu6', ...pixels],
  hardSwish: [{ conv: 4, kernel: 2, name: 'c' }, 'hardSwish', ...pixels],
  gelu: [{ conv: 4, kernel: 2, name: 'c' }, 'gelu', ...pixels],
  'layerNorm of an image': [{ conv: 5, kernel: 1 }, 'layerNorm', ...pixels],
  'dense of each pixel, with a layer scale': [
    { dense: 5, pixelwise: true },
    { layerScale: 0.5 },
    ...pixels,
  ],
  gate: [gated, ...pixels],
  concat: [{ concat: [[{ conv: 2, kernel: 1 }], [], [{ residual: [gated] }]] }, ...pixels],
  attention: [
    ...tokens,
    { residual: ['layerNorm', { attention: 3 }] },
    { dense: 4, name: 'mix' },
    'classToken',
    { dense: 3, name: 'end' },
  ],
};

const size = 6;

/** The sum of squared outputs, a function that weighs each of them. */
const lossOf = (model: LayersModel, images: Tensor): Scalar =>
  (model.apply(images, { training: false }) as Tensor).square().sum();

/** Leaves no weight at its beginning, and none that would cut gradients off. */
function fill(model: LayersModel): void {
  const random = linearCongruential(11);
  tidy(() => {
    for (const layer of model.layers) {
      const values = layer.weights.map(({ shape }) => {
        const count = shape.reduce<number>((product, length) => product * length!, 1);
        return tensor(random(count, 0.7), shape as number[]);
      });
      if (values.length > 0) layer.setWeights(values);
    }
  });
}

for (const [kind, items] of Object.entries(nets)) {
  test(`${kind}: gradients by weights and image are those of finite differences`, () => {
    const model = buildNet({ name: 'net', layers: readLayers(items) }, size);
    fill(model);
    const random = linearCongruential(3);
    const images = tensor(random(2 * size * size * 3, 1), [2, size, size, 3]);
    const { value, grads } = variableGrads(() => lossOf(model, images));
    for (const weight of model.trainableWeights) {
      const variable = weight.read() as Variable;
      const start = variable.clone();
      const direction = tensor(random(variable.size, 1), variable.shape);
      const along = (step: number) => {
        variable.assign(start.add(direction.mul(step)));
        return lossOf(model, images).dataSync()[0]!;
      };
      const slope = grads[variable.name]!.mul(direction).sum().dataSync()[0]!;
      assertSlope(slope, along, weight.originalName);
      variable.assign(start);
    }
    const byImage = grad((x: Tensor) => lossOf(model, x))(images);
    const direction = tensor(random(images.size, 1), images.shape);
    const along = (step: number) => lossOf(model, images.add(direction.mul(step))).dataSync()[0]!;
    assertSlope(byImage.mul(direction).sum().dataSync()[0]!, along, 'image');
    dispose([value, grads, images, byImage, direction]);
    model.dispose();
  });
}

/** Float32 leaves about three digits of a central difference with a step this small. */
function assertSlope(slope: number, along: (step: number) => number, name: string): void {
  const step = 0.002;
  const expected = (along(step) - along(-step)) / (2 * step);
  const scale = Math.max(1, Math.abs(expected), Math.abs(along(0)));
  assert.ok(Math.abs(slope - expected) < 0.02 * scale, `${name}: ${slope}, not ${expected}`);
}
