import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaSpread } from '../intervals/area-spread.ts';
import { crossDiscriminant } from './cross-discriminant.ts';
import { alone, measureNoise, type NoiseDesign } from './testing-noise.ts';

const simulations = 400;
/** What a chance of 5 % gives at most in 400, with a probability of 97 %. */
const mostAlarms = 28;

type Groups = NoiseDesign['groups'];
const repeated = (times: number, ...groups: Groups): Groups =>
  Array.from({ length: times }, () => groups).flat();

const designs: Readonly<Record<string, NoiseDesign>> = {
  '600 items, 30 columns': { groups: alone(600), columns: 30 },
  'one item in ten is of class 1': { groups: alone(400, 10), columns: 12 },
  'few items': { groups: alone(40), columns: 12 },
  'more columns than items': { groups: alone(120), columns: 200 },
  'groups of one class': { groups: repeated(50, [6, 0], [0, 6]), columns: 12, shared: 0.5 },
  'groups of both classes': {
    groups: repeated(100, [3, 3]),
    columns: 12,
    shared: 0.3,
    sharedByClass: 0.4,
  },
};

/** p is exact only where groups are of one size. */
const unequal: Readonly<Record<string, NoiseDesign>> = {
  'one item of class 0 and five of class 1 in each group': {
    groups: repeated(80, [1, 5]),
    columns: 12,
    shared: 0.5,
  },
  '… which are alike': {
    groups: repeated(80, [1, 5]),
    columns: 12,
    shared: 0.3,
    sharedByClass: 0.5,
  },
  'large groups of the rarer class': {
    groups: [...repeated(200, [1, 0]), ...repeated(20, [0, 10])],
    columns: 12,
    shared: 0.5,
  },
  'groups of all sorts': {
    groups: repeated(15, [1, 0], [3, 0], [0, 5], [0, 2], [1, 1], [3, 2], [1, 4], [0, 1], [4, 0]),
    columns: 12,
    shared: 0.5,
    sharedByClass: 0.2,
  },
};

const ps = (design: NoiseDesign): readonly number[] =>
  Array.from({ length: simulations }, (_, seed) => measureNoise(design, seed).auc.p);

for (const [name, design] of Object.entries({ ...designs, ...unequal })) {
  test(`noise raises at most ${mostAlarms} false alarms in ${simulations} simulations: ${name}`, (t) => {
    const pValues = ps(design);
    const alarms = pValues.filter((p) => p <= 0.05).length;
    t.diagnostic(`${alarms} false alarms`);
    assert.ok(alarms <= mostAlarms, `${alarms} false alarms`);
    if (name in unequal) return;
    // p has every value with the same chance: Pearson's test of ten classes, whose 99.9 % point is
    // 27.9.
    const tenths = Array.from(
      { length: 10 },
      (_, k) => pValues.filter((p) => Math.ceil(10 * p - 1e-9) === k + 1).length,
    );
    const distance = tenths.reduce(
      (sum, count) => sum + (count - simulations / 10) ** 2 / (simulations / 10),
      0,
    );
    assert.ok(distance < 27.9, tenths.join());
  });
}

test("the area of noise varies more than DeLong's variance says, and 95 % of the intervals hold 0.5", () => {
  const noise = Array.from({ length: 80 }, (_, seed) =>
    measureNoise({ groups: alone(100), columns: 8 }, seed),
  );
  const variances = noise.map(({ values, labels, folds }) => {
    const [scores] = crossDiscriminant(values, folds, [{ labels }]);
    return areaSpread({ labels }, scores!).variance;
  });
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const spread = Math.sqrt(sum(noise.map(({ auc }) => (auc.estimate - 0.5) ** 2)) / sum(variances));
  assert.ok(spread > 1.25, `${spread} times DeLong's`);
  const missed = noise.filter(({ auc }) => auc.low > 0.5 || auc.high < 0.5).length;
  assert.ok(missed <= 8, `${missed} of 80 intervals miss 0.5`); // the binomial bound of 5 %
});

test('a difference is found as often as it should be', () => {
  const measured = Array.from({ length: 100 }, (_, seed) =>
    measureNoise({ groups: alone(600), columns: 30, apart: 0.7 }, seed),
  );
  assert.ok(measured.every(({ auc }) => auc.p <= 0.01));
});
