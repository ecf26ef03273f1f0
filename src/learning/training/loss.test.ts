import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { setBackend, tensor, valueAndGrad } from '@tensorflow/tfjs';
import { assertClose } from '../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { resolveLoss, trainingLoss } from './loss.ts';
import { lossSettings } from './training-settings.ts';

/** Made by PyTorch: test/golden/training.py. */
const golden = (
  JSON.parse(
    readFileSync(new URL('../../../test/golden/training.json', import.meta.url), 'utf8'),
  ) as {
    readonly losses: Readonly<
      Record<string, { readonly loss: number; readonly gradient: readonly number[] }>
    >;
  }
).losses;

before(() => setBackend('cpu'));

const cases = {
  plain: {},
  smoothed: { labelSmoothing: 0.2 },
  weighted: { classWeights: [3, 0.5] },
  both: { labelSmoothing: 0.2, classWeights: [3, 0.5] },
} as const;

const labels = Int32Array.of(0, 1, 1, 0, 1);
const mixed = {
  labels: Int32Array.of(1, 1, 0, 0, 0),
  shares: Float32Array.of(0.25, 0.5, 0.125, 0.5, 0),
};

for (const [name, loss, batch = {}] of [
  ...Object.entries(cases),
  ['mixed', {}, { mixed }] as const,
]) {
  test(`the ${name} loss and its gradient are PyTorch’s`, () => {
    const logits = tensor(linearCongruential(3)(10, 4), [5, 2]);

    const { value, grad } = valueAndGrad((logits) =>
      trainingLoss({ labels, ...batch }, logits, loss),
    )(logits);

    const expected = golden[name]!;
    assertClose(
      [...value.dataSync(), ...grad.dataSync()],
      [expected.loss, ...expected.gradient],
      5e-7,
    );
  });
}

const classes = ['real', 'fake'];

test('balanced weights give both classes the same total weight', () => {
  assert.deepEqual(
    resolveLoss({ labelSmoothing: 0.1, classWeights: 'balanced' }, [0, 1, 1, 1], classes),
    {
      labelSmoothing: 0.1,
      classWeights: [2, 2 / 3],
    },
  );
  assert.deepEqual(resolveLoss({ classWeights: [1, 4] }, [], classes), { classWeights: [1, 4] });
  assert.deepEqual(resolveLoss({}, [], classes), {});
});

test('a class without images cannot be balanced', () => {
  assert.throws(() => resolveLoss({ classWeights: 'balanced' }, [1, 1], classes), {
    name: 'StageError',
    message:
      'Expected training images of every class for balanced classWeights, got 0 real and 2 fake.',
  });
});

test('weights are numbers above 0, one for each class, or a word', () => {
  for (const wrong of [[1], [0, 1], 'balance', 2]) {
    assert.equal(lossSettings.safeParse({ classWeights: wrong }).success, false);
  }
  assert.equal(lossSettings.safeParse({ labelSmoothing: 1 }).success, false);
  assert.throws(() => resolveLoss({ classWeights: [1, 2, 3] }, [], classes), {
    message: 'Expected classWeights of real, fake, got 3.',
  });
});
