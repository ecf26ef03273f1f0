import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { memory, setBackend, tensor } from '@tensorflow/tfjs';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { clipGradients } from './clip-gradients.ts';
import { type ClipSettings, clipSettings } from './clip-settings.ts';

/** Made by PyTorch: test/golden/training.py. */
const golden = (
  JSON.parse(readFileSync(new URL('../../../test/golden/training.json', import.meta.url), 'utf8')) as {
    readonly clipped: Readonly<Record<string, readonly number[]>>;
  }
).clipped;

before(() => setBackend('cpu'));

const cases = { toNorm: { norm: 2 }, belowNorm: { norm: 100 }, toValue: { value: 0.75 } } as const;

function clipped(clip: ClipSettings): number[] {
  const numbers = linearCongruential(4);
  const gradients = { kernel: tensor(numbers(6, 3), [2, 3]), bias: tensor(numbers(3, 3)) };
  const { kernel, bias } = clipGradients(gradients, clip);
  return [...kernel!.dataSync(), ...bias!.dataSync()];
}

for (const [name, clip] of Object.entries(cases)) {
  test(`gradients that are clipped ${name} are PyTorch’s`, () => {
    const actual = clipped(clip);
    for (const [i, wanted] of golden[name]!.entries()) {
      assert.ok(Math.abs(actual[i]! - wanted) < 1e-6, `Expected ${wanted} at ${i}, got ${actual[i]}`);
    }
  });
}

test('what is no number is not clipped into one', () => {
  const { a, b } = clipGradients({ a: tensor([Number.NaN]), b: tensor([1]) }, { norm: 1 });

  assert.deepEqual([...a!.dataSync(), ...b!.dataSync()], [Number.NaN, Number.NaN]);
});

test('clipping leaves nothing behind but its result', () => {
  const { numTensors } = memory();
  const gradients = { a: tensor([3]), b: tensor([4]) };

  const result = clipGradients(gradients, { norm: 1 });

  assert.equal(memory().numTensors, numTensors + 4);
  for (const value of Object.values({ ...gradients })) value.dispose();
  for (const value of Object.values(result)) value.dispose();
});

test('one bound is set, above 0', () => {
  for (const wrong of [{}, { norm: 0 }, { norm: 1, value: 1 }]) {
    assert.equal(clipSettings.safeParse(wrong).success, false);
  }
});
