import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { setBackend, tensor, variable } from '@tensorflow/tfjs';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { Optimizer } from './optimizer.ts';
import { type OptimizerSettings, optimizerSettings } from './training-settings.ts';

/** Weights after each of six steps, made by PyTorch: test/golden/training.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/training.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly (readonly number[])[]>>;

before(() => setBackend('cpu'));

/** The weights after each step on gradients that shrink tenfold from step to step. */
function steps(settings: OptimizerSettings): number[][] {
  const numbers = linearCongruential(1);
  const weight = variable(tensor(numbers(6, 1), [2, 3]));
  const optimizer = new Optimizer(settings, [weight]);
  const weights = Array.from({ length: 6 }, (_, step) => {
    const gradient = tensor(numbers(6, 10 ** (1 - step)), [2, 3]);
    optimizer.step({ [weight.name]: gradient });
    return [...weight.dataSync()];
  });
  optimizer.dispose();
  return weights;
}

const cases = {
  adam: { kind: 'adam' },
  adamOtherwise: { kind: 'adam', learningRate: 0.05, beta1: 0.5, beta2: 0.9, epsilon: 1e-3 },
  sgd: { kind: 'sgd', learningRate: 0.1 },
  sgdWithMomentum: { kind: 'sgd', learningRate: 0.1, momentum: 0.9 },
  sgdWithNesterov: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true },
  sgdWithDecay: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 },
  adamWithDecay: { kind: 'adam', learningRate: 0.05, weightDecay: 0.1 },
  adamw: { kind: 'adamw', learningRate: 0.05 },
  adamwOtherwise: { kind: 'adamw', learningRate: 0.05, weightDecay: 0.5 },
};

for (const [name, settings] of Object.entries(cases)) {
  test(`${name} steps as PyTorch does`, () => {
    const actual = steps(optimizerSettings.parse(settings)).flat();
    const expected = golden[name]!.flat();
    for (const [i, wanted] of expected.entries()) {
      assert.ok(
        Math.abs(actual[i]! - wanted) < tolerance(wanted),
        `Expected ${wanted} at ${i}, got ${actual[i]}`,
      );
    }
  });
}

/**
 * Four units in the last place of a float32: PyTorch's kernels multiply and add in one rounding
 * where the machine can, ours in two, and six steps add that up. Weights near 0 result from values
 * near 1, so they are allowed as much as these.
 */
function tolerance(value: number): number {
  return 4 * 2 ** -23 * Math.max(1, Math.abs(value));
}

test('Nesterov’s form needs a momentum', () => {
  const { error } = optimizerSettings.safeParse({ kind: 'sgd', learningRate: 0.1, nesterov: true });

  assert.deepEqual(
    error?.issues.map(({ path, message }) => [path, message]),
    [[['nesterov'], 'expected a momentum above 0 with it']],
  );
});

test('the first step of Adam is the learning rate against the sign of the gradient', () => {
  const weight = variable(tensor([1, 1, 1]));
  const adam = new Optimizer(optimizerSettings.parse({ kind: 'adam', learningRate: 0.25 }), [
    weight,
  ]);

  adam.step({ [weight.name]: tensor([3, -0.001, 0]) });

  const [down, up, still] = weight.dataSync();
  assert.ok(Math.abs(down! - 0.75) < 1e-6 && Math.abs(up! - 1.25) < 1e-5);
  assert.equal(still, 1);
});

test('a schedule may change the learning rate between steps', () => {
  const weight = variable(tensor([1]));
  const sgd = new Optimizer({ kind: 'sgd', learningRate: 0.5, momentum: 0 }, [weight]);

  sgd.step({ [weight.name]: tensor([1]) });
  sgd.learningRate = 0.25;
  sgd.step({ [weight.name]: tensor([1]) });

  assert.deepEqual([...weight.dataSync()], [0.25]);
});

test('weights that are added later step as with an optimizer of their own', () => {
  const settings = optimizerSettings.parse({ kind: 'adam', learningRate: 0.25 });
  const early = variable(tensor([1]));
  const late = variable(tensor([1]));
  const growing = new Optimizer(settings);
  const step = () => growing.step({ [early.name]: tensor([3]), [late.name]: tensor([3]) });

  growing.add([early]);
  step();
  const afterOne = early.dataSync()[0];
  assert.deepEqual([...late.dataSync()], [1]);
  growing.add([early, late]);
  growing.learningRate = 0.125;
  step();

  assert.ok(Math.abs(afterOne! - 0.75) < 1e-6);
  assert.ok(Math.abs(early.dataSync()[0]! - 0.625) < 1e-6);
  assert.ok(Math.abs(late.dataSync()[0]! - 0.875) < 1e-6);
});
