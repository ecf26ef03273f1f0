import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { aucInterval } from '../intervals/auc-interval.ts';
import { normalQuantile } from '../intervals/normal-distribution.ts';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds } from '../ranking/threshold-counts.ts';
import { agreement } from './published-agreement.ts';

/** A measured area of normal scores whose true area is known. */
function drawn(area: number, units: number, random: Random) {
  const shift = Math.SQRT2 * normalQuantile(area);
  const labels = Array.from({ length: 2 * units }, (_, i) => i % 2);
  const scores = labels.map((label) => random.normal() + shift * label);
  return { labels, scores, value: auc(countAtThresholds(labels, scores)) };
}

/** How often each verdict falls, for true areas that differ by so much. */
function simulate(difference: number, units: number, margin: number, sets = 2000) {
  const random = new Random(`agreement ${difference} ${units}`);
  const verdicts = { agrees: 0, differs: 0, 'cannot say': 0 };
  let excludesTruth = 0;
  for (let set = 0; set < sets; set += 1) {
    const own = drawn(0.85 + difference, units, random);
    const theirs = drawn(0.85, units, random);
    const { verdict, low, high } = agreement(
      own.value,
      (level) => aucInterval({ labels: own.labels }, own.scores, level),
      { metric: 'auc', value: theirs.value, counts: { negatives: units, positives: units } },
      margin,
    );
    verdicts[verdict] += 1;
    if (low > difference || high < difference) excludesTruth += 1;
  }
  return { ...verdicts, excludesTruth };
}

test('at the margin at most 6 % of 2000 simulated pairs agree, and at most 6 % differ', () => {
  for (const [units, margin] of [
    [100, 0.1],
    [400, 0.05],
  ] as const)
    for (const sign of [-1, 1]) {
      const { agrees, differs, excludesTruth } = simulate(sign * margin, units, margin);
      const what = `${units} units, ${sign * margin}`;
      assert.ok(agrees <= 0.06 * 2000, `${what}: ${agrees} agree`);
      assert.ok(differs <= 0.06 * 2000, `${what}: ${differs} differ`);
      assert.ok(excludesTruth <= 0.06 * 2000, `${what}: ${excludesTruth} exclude the truth`);
    }
});

test('equal areas agree when there are images enough, and are hardly ever said to differ', () => {
  const { agrees, differs } = simulate(0, 1000, 0.04, 200);
  assert.ok(agrees > 160, `${agrees} of 200 agree`);
  assert.equal(differs, 0);
});
