import { mean, sampleVariance } from '../../src/learning/metrics/arithmetic/mean.ts';
import { weightedMean } from '../../src/learning/metrics/arithmetic/weights.ts';
import { holm } from '../../src/learning/metrics/comparison/holm.ts';
import { matchScores } from '../../src/learning/metrics/comparison/match-scores.ts';
import { pairedDifference } from '../../src/learning/metrics/comparison/paired-difference.ts';
import { differenceOf } from '../../src/learning/metrics/comparison/row-statistics.ts';
import { aucInterval } from '../../src/learning/metrics/intervals/auc-interval.ts';
import type {
  Estimate,
  Interval,
  PairedDifference,
} from '../../src/learning/metrics/intervals/interval.ts';
import type { BinaryRow, SideNames } from '../../src/learning/metrics/scores/binary-view.ts';
import { err, ok, type Result } from '../../src/result.ts';
import { ExchangedAreas, leftAboveChance } from './exchange-intervals.ts';

/** The scores of a detector for the images of a split. */
export interface SplitScores {
  readonly rows: readonly BinaryRow[];
  readonly sides: SideNames;
}

/** The scores of images that took a property of another one, by the keys of these partners. */
export interface ExchangedScores extends SplitScores {
  readonly partners: ReadonlyMap<string, string>;
}

/** The scores after an exchange of a property, with partners of the own class and of the other. */
export interface Exchanged {
  readonly property: string;
  readonly own: ExchangedScores;
  readonly other: ExchangedScores;
}

/** What a property decides. */
export interface Bias {
  readonly property: string;
  readonly images: number;
  readonly before: Interval;
  /** After an exchange within the class: what the procedure itself costs. */
  readonly control: Interval;
  readonly after: Interval;
  /** The AUC after the exchange less that of the control. */
  readonly difference: Estimate;
  /** (AUC after − ½) / (AUC before − ½): 1 where nothing is lost, 0 at chance. */
  readonly left: Estimate;
  /**
   * How much higher a score becomes by the property of a positive image than by that of a negative
   * one, in deviations of the unchanged scores, with its test for 0.
   */
  readonly shift: PairedDifference;
  /** By Holm's method, over all properties. */
  readonly adjustedP: number;
}

interface BiasOptions {
  readonly confidence: number;
  readonly draws: number;
  readonly seed: number;
}

/** Measures every property. The error is one sentence: scores of other images. */
export function measureBias(
  unchanged: SplitScores,
  exchanged: readonly Exchanged[],
  options: BiasOptions,
): Result<readonly Bias[], string> {
  const measured: Omit<Bias, 'adjustedP'>[] = [];
  for (const { property, own, other } of exchanged) {
    const matched = matchScores([
      { name: 'the unchanged images', ...unchanged },
      { name: `${property}, own`, ...own },
      { name: `${property}, other`, ...other },
    ]);
    if (!matched.ok) return matched;
    const { images, labels, groups, models, unmatched } = matched.value;
    if (unmatched.some((count) => count > 0)) {
      return err(
        `expected the same images in all scores, got ${unmatched[0]} unchanged ones that are not among those of ${property}`,
      );
    }
    const positions = new Map(images.map(({ key }, position) => [key, position]));
    const donors = [own, other].map(({ partners }) =>
      images.map(({ key }) => positions.get(partners.get(key) ?? '') ?? -1),
    );
    const lost = donors[0]!.indexOf(-1) === -1 ? donors[1]!.indexOf(-1) : donors[0]!.indexOf(-1);
    if (lost !== -1) {
      return err(
        `expected a partner among the scored images for "${images[lost]!.key}", got none: connect "partners" of the same stage of exchange`,
      );
    }
    const measures = measure({ labels, groups }, models, donors, options);
    measured.push({ property, ...measures });
  }
  const adjusted = holm(measured.map(({ shift }) => shift.p));
  return ok(measured.map((bias, i) => ({ ...bias, adjustedP: adjusted[i]! })));
}

interface Images {
  readonly labels: readonly (0 | 1)[];
  readonly groups?: readonly (string | undefined)[] | undefined;
}

function measure(
  images: Images,
  models: readonly (readonly BinaryRow[])[],
  donors: readonly (readonly number[])[],
  { confidence, draws, seed }: BiasOptions,
): Omit<Bias, 'property' | 'adjustedP'> {
  const { labels } = images;
  const [before, control, after] = models.map((rows) => rows.map(differenceOf)) as [
    number[],
    number[],
    number[],
  ];
  const effects = effectsOfDonors(labels, before, [control, after], donors);
  const meanOf = (label: number) => (weights: Uint8Array) =>
    weightedMean(effects.length, (i) => effects[i]!, {
      weights: weights.map((weight, i) => (labels[i] === label ? weight : 0)),
    });
  const areas = new ExchangedAreas(images, confidence);
  const scored = {
    before: { scores: before, givers: [...labels.keys()] },
    control: { scores: control, givers: donors[0]! },
    after: { scores: after, givers: donors[1]! },
  };
  const controlArea = areas.areaOf(scored.control);
  const afterArea = areas.areaOf(scored.after);
  return {
    images: labels.length,
    before: aucInterval(images, before, confidence),
    control: controlArea.interval,
    after: afterArea.interval,
    difference: areas.difference(afterArea, controlArea),
    left: leftAboveChance(images, scored, confidence),
    shift: pairedDifference({ ...images, draws, seed }, meanOf(1), meanOf(0), confidence),
  };
}

/**
 * For each image how much its property raised the scores of the images that took it, in deviations
 * of the unchanged scores; images of both classes that took it count alike. What varies between
 * samples are the properties of images: an image is the unit of the test as the giver, not as the
 * taker, since the takers of the two classes were given the same properties.
 */
function effectsOfDonors(
  labels: readonly number[],
  before: readonly number[],
  runs: readonly (readonly number[])[],
  donors: readonly (readonly number[])[],
): readonly number[] {
  const deviation = Math.sqrt(sampleVariance(before));
  const taken = labels.map((): [number[], number[]] => [[], []]);
  for (const [run, scores] of runs.entries())
    for (const [taker, score] of scores.entries()) {
      const ofClass = taken[donors[run]![taker]!]![labels[taker]!]!;
      ofClass.push((score - before[taker]!) / deviation);
    }
  return taken.map((classes) =>
    mean(classes.filter((effects) => effects.length > 0).map((effects) => mean(effects))),
  );
}
