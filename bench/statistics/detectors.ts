import { defaultNames } from '../../src/default-class-names.ts';
import {
  logitDifferences,
  logitsOf,
  positiveProbabilities,
} from '../../src/learning/metrics/arithmetic/logits.ts';
import { calibrationBins } from '../../src/learning/metrics/calibration/calibration-bins.ts';
import {
  fitTemperature,
  temperatureInterval,
} from '../../src/learning/metrics/calibration/temperature.ts';
import { matthewsCorrelation } from '../../src/learning/metrics/classification/decision-metrics.ts';
import { decisionsOfSides } from '../../src/learning/metrics/detector-confusion.ts';
import { scoredOf } from '../../src/learning/metrics/detector-scores.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { tableOfPairs } from '../../src/learning/metrics/testing-scores.ts';
import type { Random } from '../../src/random.ts';
import { detect, fitTo } from '../../stages/evaluate/detector.ts';
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
  const ofDetector = <T>(map: ReadonlyMap<string, T>) =>
    new Map(
      [...map].flatMap(([name, value]) =>
        name.startsWith('test.') ? [[name.slice(5), value] as const] : [],
      ),
    );
  return { values: ofDetector(values), intervals: ofDetector(intervals) };
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
  const population = detectorPopulation(detector, design, 100_000);
  const whole = await evaluate(tableOfPairs(population), {
    ...options,
    splits: ['test'],
    draws: 0,
    seed: 1,
  });
  const truths = numbersOf(whole).values;
  const shareOfFakes = design.images[1]! / (design.images[0]! + design.images[1]!);
  const bins = trueBins(population);
  const fewer = detectorPopulation(detector, design, 4000);
  const bestTemperature = fitTemperature(
    fewer.map(({ label }) => label),
    logitDifferences(logitsOf(fewer, 'logits')),
  );
  return {
    name: design.name,
    async simulate(random: Random, seed: number): Promise<Outcome> {
      const test = drawDetector(detector, design, 'test', random);
      const val = drawDetector(detector, validation, 'val', random);
      const fitted = fitTo(scoredOf(val, 'logits'))!;
      const sides = { scale: 'logits', names: defaultNames, fitted } as const;
      // As `evaluate` does, but without the intervals of val, of which nothing is asked.
      const measured = await detect(test, sides, { ...options, draws, seed });
      const { values, intervals } = numbersOf({ splits: { test: measured } });
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
      const allClaims = [...claims, temperatureClaim(test, bestTemperature)];
      // Charts have hundreds of points, and take most of the time.
      if (seed % 4 > 0) return { claims: allClaims };
      const { drawsClasses = false } = design;
      const truth = { detector, shareOfFakes, drawsClasses, bins, draws, seed };
      return { claims: [...allClaims, ...(await curveClaims(test, truth))] };
    },
  };
}

/** The temperature that `roc-det` fits to a split, such as this one. */
function temperatureClaim(rows: readonly BinaryRow[], truth: number): Claim {
  const labels = rows.map(({ label }) => label);
  const groups = rows.map(({ group }) => group);
  const logits = logitDifferences(logitsOf(rows, 'logits'));
  const fitted = fitTemperature(labels, logits);
  const ends = temperatureInterval(labels, logits, fitted, options.confidence, groups);
  return { name: 'roc-det: temperature', truth, ends };
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
    matthewsCorrelation: matthewsCorrelation(decisionsOfSides(counts)),
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
  for (const { label, positive } of population) {
    const margin = (label === 1 ? positive : -positive) / temperature;
    loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : -margin + Math.log1p(Math.exp(margin));
    brier += (1 / (1 + Math.exp(margin))) ** 2;
  }
  return { loss: loss / population.length, brier: brier / population.length };
}

/** The share of fakes in each bin of probability. */
function trueBins(population: readonly BinaryRow[]): ReadonlyMap<number, number> {
  const labels = population.map(({ label }) => label);
  const probabilities = positiveProbabilities(population.map(({ positive }) => positive));
  return new Map(
    calibrationBins(labels, probabilities).map(({ low, positiveShare }) => [low, positiveShare]),
  );
}

interface CurveTruth {
  readonly detector: Detector;
  readonly shareOfFakes: number;
  readonly drawsClasses: boolean;
  readonly bins: ReadonlyMap<number, number>;
  readonly draws: number;
  readonly seed: number;
}

/** The ends of a curve, which rarely rest on enough images. */
const isAtEnd = (x: number): boolean => x < 0.1 || x > 0.9;

/** The bands and bars of the charts of `roc-det`, each point of a curve as a claim. */
async function curveClaims(
  rows: readonly BinaryRow[],
  { detector, shareOfFakes, drawsClasses, bins, draws, seed }: CurveTruth,
): Promise<readonly Claim[]> {
  const given = { name: '', rows, calibration: [], sides: defaultNames };
  const model = await measure(given, {
    confidence: options.confidence,
    draws: Math.max(100, draws),
    seed,
    threads: 1,
  });
  const precisionWhere = (share: number) => (recall: number) => {
    const falsePositives = (1 - share) * errorRateAt(detector, recall);
    return (share * recall) / (share * recall + falsePositives);
  };
  const drawnShare = rows.filter(({ label }) => label === 1).length / rows.length;
  const band = (name: string, curve: typeof model.roc, truthAt: (x: number) => number) =>
    curve.band
      .filter(({ x }) => x > 0.005 && x < 0.995)
      .map(({ x, low, high }): Claim => {
        const where = isAtEnd(x) ? 'below 10 % and above 90 %' : 'from 10 to 90 %';
        return { name: `${name}, ${where}`, truth: truthAt(x), ends: [low, high] };
      });
  return [
    ...band('roc-det: ROC band', model.roc, (x) => heightAt(detector, x)),
    ...band('roc-det: DET band', model.det, (x) => 1 - heightAt(detector, x)),
    ...band('roc-det: precision-recall band', model.precisionRecall, precisionWhere(shareOfFakes)),
    // The end of the band is drawn where a class is larger than usual by chance, and precision with
    // it.
    ...(drawsClasses
      ? band(
          'roc-det: precision-recall band, at the share of fakes that was drawn',
          model.precisionRecall,
          precisionWhere(drawnShare),
        )
      : []),
    ...model.reliability.flatMap(({ low, shareLow, shareHigh }): readonly Claim[] => {
      const truth = bins.get(low);
      const name = 'roc-det: bars of reliability';
      return truth === undefined ? [] : [{ name, truth, ends: [shareLow, shareHigh] }];
    }),
  ];
}

/** The false positive rate at a recall. */
const errorRateAt = (detector: Detector, recall: number): number =>
  1 - heightAt(detector, 1 - recall);
