import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../random.ts';
import { crossEntropy } from './losses.ts';
import { fitTemperature, temperatureInterval } from './temperature.ts';

test('the example of the docstring', () => {
  assert.ok(Math.abs(fitTemperature([0, 0, 1, 1], [-1, 1, 1, 1]) - 1 / Math.log(3)) < 1e-14);
});

test('the best temperature is 0 or infinite where more confidence is always better, or never', () => {
  assert.equal(fitTemperature([0, 1], [-1, 2]), 0);
  assert.equal(fitTemperature([0, 1], [1, -2]), Infinity);
  assert.equal(fitTemperature([0, 1], [3, 3]), Infinity);
  assert.equal(fitTemperature([], []), Number.NaN);
});

test('no other temperature has a lower loss, however large or small the logits', () => {
  const item = fc.record({
    label: fc.constantFrom(0, 1),
    difference: fc.integer({ min: -50, max: 50 }),
  });
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: -8, max: 8 }),
      (items, power) => {
        const labels = items.map(({ label }) => label);
        const differences = items.map(({ difference }) => difference * 10 ** power);
        const loss = (temperature: number) =>
          crossEntropy(
            labels,
            differences.flatMap((difference) => [0, difference / temperature]),
          );
        const best = fitTemperature(labels, differences);
        if (!Number.isFinite(best) || best === 0) return;
        for (const factor of [0.5, 0.99, 1.01, 2])
          assert.ok(loss(best) <= loss(best * factor) + 1e-12);
      },
    ),
  );
});

/**
 * Images that a model is calibrated for at `temperature`, in groups that repeat one image `copies`
 * times.
 */
function drawn(seed: number, count: number, temperature: number, copies = 1) {
  const random = new Random(seed);
  const images = Array.from({ length: count }, (_, i) => {
    const logit = 2 * random.normal();
    const label = random.float() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    return { label, difference: logit * temperature, group: String(i) };
  });
  const all = images.flatMap((image) => Array<(typeof images)[0]>(copies).fill(image));
  return {
    labels: all.map(({ label }) => label),
    differences: all.map(({ difference }) => difference),
    groups: all.map(({ group }) => group),
  };
}

test('a few images bound a temperature only from below', () => {
  const labels = [0, 0, 1, 1];
  const differences = [-1, 1, 1, 1];
  const temperature = fitTemperature(labels!, differences!);
  const [low, high] = temperatureInterval(labels!, differences!, temperature, 0.95);
  assert.ok(Math.abs(low - 0.167) < 0.001, `${low}`);
  assert.equal(high, Infinity);
  assert.deepEqual(temperatureInterval([1], [1], 0, 0.95), [Number.NaN, Number.NaN]);
});

test('the interval holds the right temperature as often as it says', () => {
  let held = 0;
  for (let seed = 0; seed < 200; seed++) {
    const { labels, differences } = drawn(seed, 300, 1.5);
    const [low, high] = temperatureInterval(
      labels,
      differences,
      fitTemperature(labels, differences),
      0.95,
    );
    if (low <= 1.5 && high >= 1.5) held++;
  }
  assert.ok(held >= 182 && held <= 198, `${held} of 200`);
});

test('with few images, and few of them undecided, it holds it nine in ten times and more', () => {
  // Without leaving out each unit, 0.89 and 0.88.
  assert.ok(shareHeld(20, 1) >= 0.91);
  assert.ok(shareHeld(6, 5) >= 0.93);
});

/** The share of intervals that hold the temperature, of units of each class with alike frames. */
function shareHeld(units: number, frames: number): number {
  const shift = 1.5;
  let held = 0;
  let fitted = 0;
  for (let seed = 0; seed < 400; seed++) {
    const random = new Random('units', seed);
    const labels: (0 | 1)[] = [];
    const differences: number[] = [];
    const groups: string[] = [];
    for (let unit = 0; unit < 2 * units; unit++) {
      const label = unit < units ? 0 : 1;
      const common = random.normal();
      for (let frame = 0; frame < frames; frame++) {
        const noise = frames === 1 ? common : Math.SQRT1_2 * (common + random.normal());
        labels.push(label);
        differences.push(1.3 * 2 * shift * (noise + (label === 1 ? shift : -shift)));
        groups.push(`video ${unit}`);
      }
    }
    const temperature = fitTemperature(labels, differences);
    const [low, high] = temperatureInterval(labels, differences, temperature, 0.95, groups);
    if (Number.isNaN(low)) continue;
    fitted++;
    if (low <= 1.3 && high >= 1.3) held++;
  }
  return held / fitted;
}

test('copies within a group do not narrow the interval', () => {
  const single = drawn(1, 200, 1.5);
  const four = drawn(1, 200, 1.5, 4);
  const temperature = fitTemperature(single.labels, single.differences);
  const alone = temperatureInterval(single.labels, single.differences, temperature, 0.95);
  const grouped = temperatureInterval(
    four.labels,
    four.differences,
    temperature,
    0.95,
    four.groups,
  );
  const copied = temperatureInterval(four.labels, four.differences, temperature, 0.95);
  assert.ok(Math.abs(grouped[0] - alone[0]) < 1e-9 && Math.abs(grouped[1] - alone[1]) < 1e-9);
  assert.ok(copied[1] - copied[0] < 0.6 * (alone[1] - alone[0]));
});
