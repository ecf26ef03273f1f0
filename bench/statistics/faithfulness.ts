import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { normalQuantile } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import { judge } from '../../stages/faithfulness/verdict.ts';
import { type Design, drawLabels, Evidence } from './populations.ts';
import type { Claim, NullTest, Scenario } from './tally.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Areas of an image under the curves of a method, and likenesses of its maps. */
interface MethodShape {
  readonly insertion: (z: number) => number;
  readonly deletion: (z: number) => number;
  readonly own: (z: number) => number;
  readonly others: (z: number) => number;
}

/** The control, and a method that is no better: of the same distribution. */
const control: MethodShape = {
  insertion: (z) => logistic(0.5 + 1.2 * z),
  deletion: (z) => logistic(-1 + 1.2 * z),
  own: (z) => Math.tanh(0.4 + 0.4 * z),
  others: (z) => Math.tanh(0.4 + 0.4 * z),
};
/** Most images lose their class at once, and a few never do. */
const better: MethodShape = {
  insertion: (z) => logistic(1.5 + 1.5 * z),
  deletion: (z) => logistic(-3 + 1.5 * z),
  own: (z) => Math.tanh(0.8 + 0.5 * z),
  others: (z) => Math.tanh(0.1 + 0.2 * z),
};
const shapes = [control, better, control];
const names = ['method like the control', 'better method', 'control'];

/** The mean of a measure of normal evidence, by evenly spaced quantiles. */
function meanOf(measure: (z: number) => number): number {
  const size = 20_000;
  return mean(
    Array.from({ length: size }, (_, i) => measure(normalQuantile((2 * i + 1) / (2 * size)))),
  );
}

/** Everything that `faithfulness` prints of its methods. */
export function faithfulnessScenario(design: Design, draws: number): Scenario {
  const truths = shapes.map(({ insertion, deletion, own, others }) => ({
    insertion: meanOf(insertion),
    deletion: meanOf(deletion),
    own: meanOf(own),
    others: meanOf(others),
  }));
  const contrasts = truths.map(({ insertion, deletion }) => insertion - deletion);
  return {
    name: design.name,
    simulate(random, seed) {
      const { labels, groups } = drawLabels(design, random);
      const common = new Evidence(random, design);
      const evidence = shapes.map(() =>
        Array.from({ length: 4 }, () => new Evidence(random, design)),
      );
      const images = labels.map((_, index) => {
        const z = Math.SQRT1_2 * common.next();
        const drawn = evidence.map((of) => of.map((part) => z + Math.SQRT1_2 * part.next()));
        const curve = (area: number) => Float64Array.of(area, area);
        const curves = shapes.map(({ insertion, deletion }, m) => ({
          insertion: curve(insertion(drawn[m]![0]!)),
          deletion: curve(deletion(drawn[m]![1]!)),
        }));
        const own = shapes.map((shape, m) => [shape.own(drawn[m]![2]!)]);
        const others = shapes.map((shape, m) => [shape.others(drawn[m]![3]!)]);
        return { index, curves, likeness: { byDepth: own, own, others } };
      });
      const { ranked, control } = judge(images, {
        classes: 2,
        methods: ['gradient', 'grad-cam', 'random-cam'],
        depths: [{ layer: 'all', kernels: 1 }],
        labels,
        groups: groups ?? labels.map(() => undefined),
        confidence: 0.95,
        draws,
        seed,
      });
      const claims: Claim[] = [];
      const tests: NullTest[] = [];
      const claim = (name: string, truth: number, { low, high }: { low: number; high: number }) =>
        claims.push({ name, truth, ends: [low, high] });
      for (const method of [...ranked, control]) {
        const m = ['gradient', 'grad-cam', 'random-cam'].indexOf(method.method);
        const truth = truths[m]!;
        claim('insertion', truth.insertion, method.insertion);
        claim('deletion', truth.deletion, method.deletion);
        claim('insertionMinusDeletion', contrasts[m]!, method.contrast);
        const { own, others, excess } = method.newWeights!;
        claim('likeness', truth.own, own);
        claim('likenessOfOtherImages', truth.others, others);
        claim(`likenessExcess, ${names[m]}`, truth.own - truth.others, excess);
        if (truth.own === truth.others) tests.push({ name: 'likenessExcess', p: excess.p });
      }
      for (const { method, overControl } of ranked) {
        const m = ['gradient', 'grad-cam'].indexOf(method);
        claim(`overControl, ${names[m]}`, contrasts[m]! - contrasts[2]!, overControl);
        if (m === 0) tests.push({ name: 'overControl', p: overControl.p });
      }
      return { claims, tests };
    },
  };
}
