import { Random } from '../../src/random.ts';
import { evaluate } from '../../stages/evaluate/evaluation.ts';
import { numbersOf, options } from './detectors.ts';
import { type Design, type Detector, drawClassifier } from './populations.ts';
import type { Claim, Outcome, Scenario } from './tally.ts';

/**
 * Everything that `evaluate` prints of a classifier, the last class of the design being one that it
 * does not know.
 */
export async function classifierScenario(
  classifier: Detector,
  design: Design,
  draws: number,
): Promise<Scenario> {
  const total = design.images.reduce((sum, count) => sum + count, 0);
  const many = {
    ...design,
    groupSize: 1,
    images: design.images.map((count) => (200_000 * count) / total),
  };
  const population = drawClassifier(
    classifier,
    { ...many, drawsClasses: false },
    'test',
    new Random('population'),
  );
  const whole = await evaluate(population, { ...options, splits: ['test'], draws: 0, seed: 1 });
  const truths = numbersOf(whole).values;
  return {
    name: design.name,
    async simulate(random: Random, seed: number): Promise<Outcome> {
      const table = drawClassifier(classifier, design, 'test', random);
      const evaluation = await evaluate(table, { ...options, splits: ['test'], draws, seed });
      const { values, intervals } = numbersOf(evaluation);
      const claims = [...values].flatMap(([name, value]): readonly Claim[] => {
        const truth = value === null || isCount(name) ? null : truths.get(name);
        return truth == null
          ? []
          : [
              {
                name: name.replace(/^classes\.\d+/, 'classes.*'),
                truth,
                ends: intervals.get(name),
              },
            ];
      });
      return { claims };
    },
  };
}

const isCount = (name: string): boolean =>
  /^(images|classCount|counts|called|majorityAccuracy|chanceLoss|confusion)|\.(images|called|unknown)$/.test(
    name,
  );
