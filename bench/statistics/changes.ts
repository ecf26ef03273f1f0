import { testAreas } from '../../src/learning/metrics/comparison/area-test.ts';
import { agreement } from '../../src/learning/metrics/comparison/published-agreement.ts';
import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import type { Random } from '../../src/random.ts';
import { measureNetwork } from '../../stages/protocol/measure.ts';
import { spec } from '../../stages/protocol/spec.ts';
import { binaryRow, type Design, drawLabels, Evidence } from './populations.ts';
import type { Scenario } from './tally.ts';

/** How much of the variance the scores before and after a change have in common. */
const common = 0.98;

/**
 * What `robustness`, `fuse` and `evaluate` with `testTime` print of a change that hardly changes
 * scores, and what `protocol` prints beside a value that others published for their own images.
 */
export function changesScenario(shift: number, design: Design, draws: number): Scenario {
  const area = (of: number) => normalCdf(Math.SQRT2 * of);
  const settings = spec.settings.parse({
    name: 'protocol',
    metrics: ['auc', 'equalErrorRate', 'accuracy'],
    draws: Math.max(100, draws),
  });
  return {
    name: design.name,
    simulate(random) {
      const equal = drawTwice(shift, shift, design, random);
      const worse = drawTwice(shift, 0.9 * shift, design, random);
      const gainOf = ({ images, before, after }: Twice) =>
        testAreas(images, [after, before], { level: 0.95, draws });
      const same = gainOf(equal);
      const fell = gainOf(worse);
      const own = networkOf(drawTwice(shift, shift, design, random));
      const theirs = networkOf(drawTwice(shift, shift, design, random));
      const published = measureNetwork(theirs, settings);
      const groupsOf = (label: number) => design.images[label]! / design.groupSize;
      const counts = { negatives: groupsOf(0), positives: groupsOf(1) };
      const compared = measureNetwork(own, settings).map(({ metric, value, endsAt }, m) => {
        const theirValue = published[m]!.value;
        const { low, high } = agreement(value, endsAt, { metric, value: theirValue, counts }, 0.02);
        return { name: `published ${metric}`, truth: 0, ends: [low, high] as const };
      });
      const claims = [
        { name: 'change of AUC, equal', truth: 0, ends: [same.low, same.high] as const },
        {
          name: 'change of AUC, worse',
          truth: area(0.9 * shift) - area(shift),
          ends: [fell.low, fell.high] as const,
        },
        ...compared,
      ];
      return { claims, tests: [{ name: 'change of AUC', p: same.p }] };
    },
  };
}

/** The scores of the same images before and after a change. */
function drawTwice(before: number, after: number, design: Design, random: Random) {
  const { labels, groups } = drawLabels(design, random);
  const [shared, first, second] = Array.from({ length: 3 }, () => new Evidence(random, design));
  const seen = labels.map(() => Math.sqrt(common) * shared!.next());
  const scoresOf = (shift: number, own: Evidence) =>
    labels.map(
      (label, i) => (label === 1 ? shift : -shift) + seen[i]! + Math.sqrt(1 - common) * own.next(),
    );
  return {
    images: { labels, groups },
    before: scoresOf(before, first!),
    after: scoresOf(after, second!),
  };
}

type Twice = ReturnType<typeof drawTwice>;

const networkOf = ({ images: { labels, groups }, before }: Twice) => ({
  name: 'network',
  rows: labels.map((label, i) => binaryRow('test', i, label, before[i]!, groups?.[i])),
  fitted: [],
  scale: 'logits' as const,
});
