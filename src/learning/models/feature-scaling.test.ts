import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Tensor, tensor } from '@tensorflow/tfjs';
import { assertClose } from '../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { buildHead } from './build-net.ts';
import { fitScalings } from './feature-scaling.ts';
import type { LayerItem } from './layers/layer-items.ts';
import { readLayers } from './layers/read-layers.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

const values = 5;
const images = 400;

/** Correlated features far from 0. */
const features = (() => {
  const noise = linearCongruential(4)(images * values, 1);
  return Float32Array.from(noise, (value, i) => 7 + 3 * value + 2 * noise[Math.max(0, i - 1)]!);
})();

/** The features after the scalings, fitted to them. */
async function scaled(items: readonly LayerItem[]): Promise<Float32Array> {
  const layers = readLayers(items);
  const model = buildHead({ name: 'head', layers }, values);
  fitScalings(model, layers, features);
  const output = model.apply(tensor(features, [images, values])) as Tensor;
  return output.data<'float32'>();
}

const columnMeans = (rows: Float32Array) =>
  Array.from({ length: values }, (_, k) => {
    const column = rows.filter((_, i) => i % values === k);
    return column.reduce((sum, value) => sum + value, 0) / images;
  });

test('centred features have a mean of 0 and keep their differences', async () => {
  const rows = await scaled(['centre']);
  assertClose(columnMeans(rows), Array(values).fill(0), 1e-5);
  assertClose([rows[0]! - rows[values]!], [features[0]! - features[values]!], 1e-5);
});

test('rows of unit length keep their direction', async () => {
  const rows = await scaled(['unit']);
  const row = rows.subarray(0, values);
  const length = Math.hypot(...features.subarray(0, values));
  assertClose(
    [...row],
    Array.from(features.subarray(0, values), (value) => value / length),
    1e-5,
  );
});

test('whitened features are uncorrelated, with variances of 1', async () => {
  const rows = await scaled(['whiten']);
  const covariance = Array.from({ length: values * values }, (_, i) => {
    const a = Math.floor(i / values);
    const b = i % values;
    let sum = 0;
    for (let start = 0; start < rows.length; start += values)
      sum += rows[start + a]! * rows[start + b]!;
    return sum / images;
  });
  const identity = covariance.map((_, i) => (i % (values + 1) === 0 ? 1 : 0));
  // The ridge leaves a little of the covariance.
  assertClose(covariance, identity, 0.02);
});

test('each scaling is fitted to what those before it give', async () => {
  const rows = await scaled(['centre', 'unit', 'centre']);
  assertClose(columnMeans(rows), Array(values).fill(0), 1e-5);
  const lengths = Array.from({ length: images }, (_, i) =>
    Math.hypot(...rows.subarray(i * values, (i + 1) * values)),
  );
  assert.ok(lengths.every((length) => length < 2));
});

test('more values than images, and values that never change, still give finite features', async () => {
  const layers = readLayers(['whiten']);
  const model = buildHead({ name: 'head', layers }, 8);
  const few = Float32Array.from({ length: 3 * 8 }, (_, i) => (i % 8 < 4 ? 1 : i));
  fitScalings(model, layers, few);
  const output = model.apply(tensor(few, [3, 8])) as Tensor;
  assert.ok((await output.data()).every(Number.isFinite));
});
