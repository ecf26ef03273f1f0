import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isOpenEnded, scheduleFactor, scheduleSettings, warmUpFactor } from './schedule.ts';

/** Made by PyTorch: test/golden/training.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/training.json', import.meta.url), 'utf8'),
) as {
  readonly schedules: Readonly<Record<string, readonly number[]>>;
  readonly plateauLosses: readonly number[];
};

const cases = {
  step: { kind: 'step', every: 3, factor: 0.5 },
  cosine: { kind: 'cosine', final: 0.1 },
  plateau: { kind: 'plateau', factor: 0.5, patience: 1, threshold: 0.01 },
};

test('the last of 8 epochs of a cosine runs above its final share, which a ninth would have', () => {
  const cosine = scheduleSettings.parse({ kind: 'cosine', final: 0.1 });
  const factor = (epoch: number) => scheduleFactor(cosine, { epoch, epochs: 8, losses: [] });
  assert.equal(factor(8).toFixed(3), '0.134');
  assert.ok(Math.abs(factor(9) - 0.1) < 1e-12);
});

for (const [name, given] of Object.entries(cases)) {
  test(`the rates of ${name} are PyTorch’s`, () => {
    const settings = scheduleSettings.parse(given);

    for (const [before, expected] of golden.schedules[name]!.entries()) {
      const losses = golden.plateauLosses.slice(0, before);
      const factor = scheduleFactor(settings, { epoch: before + 1, epochs: 10, losses });
      assert.ok(
        Math.abs(factor - expected) < 1e-12,
        `Expected ${expected} in epoch ${before + 1}, got ${factor}`,
      );
    }
  });
}

test('a warm-up of four steps is PyTorch’s linear schedule', () => {
  const settings = scheduleSettings.parse({ kind: 'constant', warmUp: 0.8 });

  const factors = golden.schedules['warmUp']!.map((_, step) => warmUpFactor(settings, step, 5));

  assert.deepEqual(factors, golden.schedules['warmUp']);
});

test('a constant rate needs no warm-up, and one that is shorter than a step has no effect', () => {
  const constant = scheduleSettings.parse({ kind: 'constant' });

  assert.equal(scheduleFactor(constant, { epoch: 3, epochs: 3, losses: [1, 2] }), 1);
  assert.equal(warmUpFactor(constant, 0, 5), 1);
  assert.equal(warmUpFactor({ ...constant, warmUp: 0.01 }, 0, 5), 1);
});

test('only a rate that aims at the last epoch depends on when that is', () => {
  const kinds = ['constant', 'step', 'cosine', 'plateau'] as const;
  const open = kinds.filter((kind) =>
    isOpenEnded(scheduleSettings.parse({ kind, ...(kind === 'step' && { every: 1 }) })),
  );

  assert.deepEqual(open, ['constant', 'step', 'plateau']);
  assert.ok(isOpenEnded(undefined));
  const spanning = scheduleSettings.parse({ kind: 'cosine', epochs: 9 });
  assert.ok(isOpenEnded(spanning));
  const factor = (epochs: number) => scheduleFactor(spanning, { epoch: 3, epochs, losses: [] });
  assert.equal(factor(3), factor(9));
});
