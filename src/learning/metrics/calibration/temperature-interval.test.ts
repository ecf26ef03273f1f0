import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { fitTemperature } from './temperature.ts';
import { temperatureInterval } from './temperature-interval.ts';

/** Images of which a model at `temperature` says the right chance, in groups that repeat one image `copies` times. */
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
  const [labels, differences] = [
    [0, 0, 1, 1],
    [-1, 1, 1, 1],
  ];
  const temperature = fitTemperature(labels!, differences!);
  const [low, high] = temperatureInterval(labels!, differences!, temperature, 0.95);
  assert.ok(Math.abs(low - 0.269) < 0.001, `${low}`);
  assert.equal(high, Infinity);
  assert.deepEqual(temperatureInterval([1], [1], 0, 0.95), [Number.NaN, Number.NaN]);
});

test('the interval holds the right temperature as often as it says', () => {
  let held = 0;
  for (let seed = 0; seed < 200; seed++) {
    const { labels, differences } = drawn(seed, 300, 1.5);
    const [low, high] = temperatureInterval(labels, differences, fitTemperature(labels, differences), 0.95);
    if (low <= 1.5 && high >= 1.5) held++;
  }
  assert.ok(held >= 182 && held <= 198, `${held} of 200`);
});

test('copies in a group add nothing', () => {
  const [one, four] = [drawn(1, 200, 1.5), drawn(1, 200, 1.5, 4)];
  const temperature = fitTemperature(one.labels, one.differences);
  const alone = temperatureInterval(one.labels, one.differences, temperature, 0.95);
  const grouped = temperatureInterval(four.labels, four.differences, temperature, 0.95, four.groups);
  const copied = temperatureInterval(four.labels, four.differences, temperature, 0.95);
  assert.ok(Math.abs(grouped[0] - alone[0]) < 1e-9 && Math.abs(grouped[1] - alone[1]) < 1e-9);
  assert.ok(copied[1] - copied[0] < 0.6 * (alone[1] - alone[0]));
});
