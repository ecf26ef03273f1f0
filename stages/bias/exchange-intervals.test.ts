import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaDifference } from '../../src/learning/metrics/comparison/area-difference.ts';
import { permutation, Random } from '../../src/random.ts';
import { ExchangedAreas, leftAboveChance } from './exchange-intervals.ts';

const level = 0.95;

/** Images of two classes whose groups share the evidence and a property, and an exchange of it. */
function drawn(seed: number, { groups: count = 20, perGroup = 4, apart = 1, gap = 0 } = {}) {
  const random = new Random('exchanged', seed);
  const ofGroups = Array.from({ length: 2 * count }, (_, group) => ({
    label: group < count ? 0 : 1,
    evidence: random.normal(),
    property: random.normal(),
  }));
  const images = ofGroups.flatMap((group, index) =>
    Array.from({ length: perGroup }, () => ({ ...group, group: `${index}` })),
  );
  const labels = images.map(({ label }) => label);
  const half = images.length / 2;
  const given = (isOwn: boolean): readonly number[] => {
    const orders = [0, 1].map(() => permutation(half, random));
    return labels.map((label, i) => {
      const from = isOwn ? label : 1 - label;
      return from * half + orders[from]![i % half]!;
    });
  };
  const scored = (givers: readonly number[]) => ({
    givers,
    scores: givers.map((giver, i) => {
      const { label, property } = images[giver]!;
      return images[i]!.evidence + apart * labels[i]! + property + gap * label;
    }),
  });
  return {
    images: { labels, groups: images.map(({ group }) => group) },
    before: scored([...images.keys()]),
    control: scored(given(true)),
    after: scored(given(false)),
  };
}

test('the difference of an exchange that changes nothing is 0 in most intervals, and that of takers alone in few', () => {
  const sets = Array.from({ length: 100 }, (_, seed) => drawn(seed));
  const missed = (intervals: readonly { readonly low: number; readonly high: number }[]) =>
    intervals.filter(({ low, high }) => low > 0 || high < 0).length;
  const byBoth = sets.map(({ images, control, after }) => {
    const areas = new ExchangedAreas(images, level);
    return areas.difference(areas.areaOf(after), areas.areaOf(control));
  });
  const byTakers = sets.map(({ images, control, after }) =>
    areaDifference(images, [after.scores, control.scores], level),
  );
  assert.ok(missed(byBoth) <= 10, `${missed(byBoth)} of 100`);
  assert.ok(missed(byTakers) >= 30, `${missed(byTakers)} of 100`);
});

test('what is left has an interval where the AUC before is well above one half', () => {
  const strong = drawn(1, { apart: 3 });
  const { estimate, low, high } = leftAboveChance(strong.images, strong, level);
  assert.ok(low < estimate && estimate < high, `${low} to ${high}`);
  const weak = drawn(1, { apart: 0.2, groups: 10 });
  const left = leftAboveChance(weak.images, weak, level);
  assert.deepEqual([left.low, left.high], [Number.NaN, Number.NaN]);
  // So near one half, the share would often print as hundreds of percent.
  assert.equal(left.estimate, Number.NaN);
  const same = leftAboveChance(weak.images, { ...weak, after: weak.before }, level);
  assert.deepEqual(same, { estimate: 1, low: Number.NaN, high: Number.NaN });
});

test('an exchange that moves no score is no difference, and its share has no interval', () => {
  const { images, before } = drawn(2, { apart: 3 });
  const areas = new ExchangedAreas(images, level);
  const area = areas.areaOf(before);
  assert.deepEqual(areas.difference(area, area), { estimate: 0, low: 0, high: 0 });
  assert.deepEqual(areas.ratio(area, area), { estimate: 1, low: Number.NaN, high: Number.NaN });
});
