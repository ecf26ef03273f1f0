import { fitTemperature } from '../../src/learning/metrics/calibration/temperature.ts';
import {
  accuracy,
  balancedAccuracy,
  type Confusion,
  confusion,
  majorityAccuracy,
  matthewsCorrelation,
} from '../../src/learning/metrics/confusion.ts';
import { fakeProbabilities, logitDifferences } from '../../src/learning/metrics/logits.ts';
import { equalErrorRate, youdenThreshold } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { countAtThresholds } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import { finite, type IntervalOptions, type Measured, measure } from './measure.ts';
import type { Scored } from './scored.ts';
import { type Calibration, type Called, calibrationStatistics, calledOf } from './split-metrics.ts';

/** What was fitted to the validation split, and to no other. */
export interface Fitted {
  /** The difference of the scores, fake less real, from which on images are called fake where both error rates are equal. */
  readonly equalErrorThreshold: number | null;
  /** The one of the highest balanced accuracy. */
  readonly youdenThreshold: number | null;
  /** What the logits are divided by for the lowest loss; null where none is best, and 1 leaves them. */
  readonly temperature: number | null;
}

/** What it gives on another split. */
export interface Applied {
  readonly atValEqualErrorThreshold?: AtThreshold;
  readonly atValYoudenThreshold?: AtThreshold;
  readonly withValTemperature?: Measured<Calibration>;
}

export type AtThreshold = Measured<
  'accuracy' | 'balancedAccuracy' | 'matthewsCorrelation' | 'falsePositiveRate' | 'falseNegativeRate'
> & { readonly majorityAccuracy: number; readonly confusion: Confusion; readonly called: Called };

export function fitTo({ labels, differences, logits }: Scored): Fitted {
  const temperature = fitTemperature(labels, logitDifferences(logits));
  return {
    equalErrorThreshold: finite(equalErrorRate(countAtThresholds(labels, differences)).threshold),
    youdenThreshold: finite(youdenThreshold(countAtThresholds(labels, differences)).threshold),
    temperature: temperature === 0 ? null : finite(temperature),
  };
}

export function apply(fitted: Fitted, scored: Scored, options: IntervalOptions): Applied {
  const { equalErrorThreshold, youdenThreshold, temperature } = fitted;
  return {
    ...(equalErrorThreshold !== null && { atValEqualErrorThreshold: decideAt(equalErrorThreshold, scored, options) }),
    ...(youdenThreshold !== null && { atValYoudenThreshold: decideAt(youdenThreshold, scored, options) }),
    ...(temperature !== null && {
      withValTemperature: measure(scored, calibrationStatistics(tempered(scored, temperature)), options),
    }),
  };
}

function decideAt(threshold: number, scored: Scored, options: IntervalOptions): AtThreshold {
  const { labels, differences } = scored;
  const predictions = Uint8Array.from(differences, (difference) => (difference >= threshold ? 1 : 0));
  const measured = measure(
    scored,
    (weights) => {
      const counted = confusion(labels, predictions, { weights });
      const { trueNegatives, falsePositives, falseNegatives, truePositives } = counted;
      return {
        accuracy: accuracy(counted),
        balancedAccuracy: balancedAccuracy(counted),
        matthewsCorrelation: matthewsCorrelation(counted),
        falsePositiveRate: falsePositives / (falsePositives + trueNegatives),
        falseNegativeRate: falseNegatives / (falseNegatives + truePositives),
      };
    },
    options,
  );
  const counted = confusion(labels, predictions);
  return {
    majorityAccuracy: majorityAccuracy(counted),
    ...measured,
    confusion: counted,
    called: calledOf(counted),
  };
}

/** The logits divided by the temperature; predictions and ranking stay. */
function tempered(scored: Scored, temperature: number): Scored {
  return {
    ...scored,
    logits: scored.logits.map((logit) => logit / temperature),
    probabilities: fakeProbabilities(logitDifferences(scored.logits), temperature),
  };
}
