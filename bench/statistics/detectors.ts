import type { BinaryRow } from '../../src/learning/metrics/binary-view.ts';
import { calibrationBins } from '../../src/learning/metrics/calibration/calibration-bins.ts';
import { matthewsCorrelation } from '../../src/learning/metrics/confusion.ts';
import { fakeProbabilities } from '../../src/learning/metrics/logits.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import type { Fitted } from '../../src/learning/metrics/split-statistics.ts';
import { tableOfPairs } from '../../src/learning/metrics/testing-scores.ts';
import type { Random } from '../../src/random.ts';
import { evaluate } from '../../stages/evaluate/evaluation.ts';
import { measure } from '../../stages/roc-det/measure.ts';
import {
  type Design,
  type Detector,
  detectorPopulation,
  drawDetector,
  errorsAt,
  heightAt,
} from './populations.ts';
import type { Claim, Outcome, Scenario } from './tally.ts';

export const options = {
  confidence: 0.95,
  sliceBy: 'accuracy',
  threads: 1,
  chosenEpoch: 0,
} as const;

/** The numbers of a metrics file of `evaluate`, and its intervals, by their names after `test.`. */
export function numbersOf(evaluation: unknown) {
  const parsed = parseMetrics(JSON.stringify(evaluation));
  if (!parsed.ok) throw new Error(`Internal error: ${parsed.error}`);
  const { values, intervals } = parsed.value;
  const own = <T>(map: ReadonlyMap<string, T>) =>
    new Map(
      [...map].flatMap(([name, value]) =>
        name.startsWith('test.') ? [[name.slice(5), value] as const] : [],
      ),
    );
  return { values: own(values), intervals: own(intervals) };
}

/**
 * Everything that `evaluate` and `roc-det` print of a detector, with sources, and thresholds and a
 * temperature that were fitted to val.
 */
export async function detectorScenario(
  detector: Detector,
  design: Design,
  draws: number,
): Promise<Scenario> {
  const population = detectorPopulation(detector, design);
  const whole = await evaluate(tableOfPairs(population), {
    ...options,
    splits: ['test'],
    draws: 0,
    seed: 1,
  });
  const truths = numbersOf(whole).values;
  const shareOfFakes = design.images[1]! / (design.images[0]! + design.images[1]!);
  const bins = trueBins(population);
  const fewer = population.filter((_, i) => i % 20 < 2);
  return {
    name: design.name,
    async simulate(random: Random, seed: number): Promise<Outcome> {
      const test = drawDetector(detector, design, 'test', random);
      const val = drawDetector(detector, validation, 'val', random);
      const table = tableOfPairs([...val, ...test]);
      const evaluation = await evaluate(table, {
        ...options,
        splits: ['val', 'test'],
        draws,
        seed,
      });
      const { values, intervals } = numbersOf(evaluation);
      const fitted = evaluation.fittedOnVal as Fitted;
      const truthOf = (name: string): number | undefined => {
        const [part, number] = name.split('.');
        if (part === 'atValEqualErrorThreshold')
          return truthAt(fitted.equalErrorThreshold!, number!);
        if (part === 'atValYoudenThreshold') return truthAt(fitted.youdenThreshold!, number!);
        if (part === 'withValTemperature') return tempered(fewer, fitted.temperature!)[number!];
        return truths.get(name) ?? undefined;
      };
      const truthAt = (threshold: number, number: string) =>
        decisions(errorsAt(detector, threshold), shareOfFakes)[number];
      const claims = [...values].flatMap(([name, value]): readonly Claim[] => {
        const truth = value === null || isCount(name) ? undefined : truthOf(name);
        return truth === undefined
          ? []
          : [{ name: groupedName(name), truth, ends: intervals.get(name) }];
      });
      // Charts have hundreds of places, and take most of the time.
      if (seed % 4 > 0) return { claims };
      const calibration = drawDetector(detector, design, 'val', random);
      const truth = { detector, shareOfFakes, bins, draws, seed };
      return { claims: [...claims, ...(await curveClaims(test, calibration, truth))] };
    },
  };
}

/** Enough to fit thresholds and a temperature, whatever the design. */
const validation: Design = { name: 'val', images: [40, 40], groupSize: 1 };

/** Numbers that count, or have no interval by definition. */
const isCount = (name: string): boolean =>
  /^(images|real|fake|majorityAccuracy|confusion|called)|\.(confusion|called)\.|\.(images|against|majorityAccuracy)$/.test(
    name,
  );

/** Both sources are alike. */
const groupedName = (name: string): string => name.replace(/^sources\.[^.]+/, 'sources.*');

function decisions(
  { falsePositiveRate, falseNegativeRate }: ReturnType<typeof errorsAt>,
  fakes: number,
) {
  const counts = {
    trueNegatives: (1 - fakes) * (1 - falsePositiveRate),
    falsePositives: (1 - fakes) * falsePositiveRate,
    falseNegatives: fakes * falseNegativeRate,
    truePositives: fakes * (1 - falseNegativeRate),
  };
  const numbers: Readonly<Record<string, number>> = {
    accuracy: counts.trueNegatives + counts.truePositives,
    balancedAccuracy: 1 - (falsePositiveRate + falseNegativeRate) / 2,
    matthewsCorrelation: matthewsCorrelation(counts),
    falsePositiveRate,
    falseNegativeRate,
  };
  return numbers;
}

/** Loss and Brier score of a population at a temperature. */
function tempered(
  population: readonly BinaryRow[],
  temperature: number,
): Readonly<Record<string, number>> {
  let loss = 0;
  let brier = 0;
  for (const { label, fake } of population) {
    const margin = (label === 1 ? fake : -fake) / temperature;
    loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : -margin + Math.log1p(Math.exp(margin));
    brier += (1 / (1 + Math.exp(margin))) ** 2;
  }
  return { loss: loss / population.length, brier: brier / population.length };
}

/** The share of fakes in each bin of probability. */
function trueBins(population: readonly BinaryRow[]): ReadonlyMap<number, number> {
  const labels = population.map(({ label }) => label);
  const probabilities = fakeProbabilities(population.map(({ fake }) => fake));
  return new Map(
    calibrationBins(labels, probabilities).map(({ low, positiveShare }) => [low, positiveShare]),
  );
}

interface CurveTruth {
  readonly detector: Detector;
  readonly shareOfFakes: number;
  readonly bins: ReadonlyMap<number, number>;
  readonly draws: number;
  readonly seed: number;
}

/**
 * The bands and bars of the charts of `roc-det`, each place of a curve as a claim, and the
 * temperature.
 */
async function curveClaims(
  rows: readonly BinaryRow[],
  calibration: readonly BinaryRow[],
  { detector, shareOfFakes, bins, draws, seed }: CurveTruth,
): Promise<readonly Claim[]> {
  const given = { name: '', rows, calibration, sides: ['real', 'fake'] as const };
  const model = await measure(given, {
    confidence: options.confidence,
    draws: Math.max(100, draws),
    seed,
    threads: 1,
  });
  const precisionAt = (recall: number) => {
    const falsePositives = (1 - shareOfFakes) * errorRateAt(detector, recall);
    return (shareOfFakes * recall) / (shareOfFakes * recall + falsePositives);
  };
  const band = (name: string, curve: typeof model.roc, truthAt: (x: number) => number) =>
    curve.band
      .filter(({ x }) => x > 0.005 && x < 0.995)
      .map(({ x, low, high }): Claim => ({ name, truth: truthAt(x), ends: [low, high] }));
  const isBalanced = shareOfFakes === 0.5;
  return [
    ...band('roc-det: ROC band', model.roc, (x) => heightAt(detector, x)),
    ...band('roc-det: DET band', model.det, (x) => 1 - heightAt(detector, x)),
    ...band('roc-det: precision-recall band', model.precisionRecall, precisionAt),
    ...model.reliability.map(
      ({ low, shareLow, shareHigh }): Claim => ({
        name: 'roc-det: bars of reliability',
        truth: bins.get(low) ?? Number.NaN,
        ends: [shareLow, shareHigh],
      }),
    ),
    // The temperature that is best for the population is the detector's own only where the classes
    // are as frequent.
    ...(isBalanced && model.scaled
      ? [
          {
            name: 'roc-det: temperature',
            truth: detector.temperature,
            ends: model.scaled.temperatureEnds,
          },
        ]
      : []),
  ];
}

/** The false positive rate at a recall. */
const errorRateAt = (detector: Detector, recall: number): number =>
  1 - heightAt(detector, 1 - recall);
