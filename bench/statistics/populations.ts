import {
  normalCdf,
  normalQuantile,
} from '../../src/learning/metrics/intervals/normal-distribution.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import type { ScoreRow, ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import type { Random } from '../../src/random.ts';

/** How a test set is drawn. */
export interface Design {
  readonly name: string;
  /** Images of each class; where classes are drawn, their expected numbers. */
  readonly images: readonly number[];
  /**
   * Whether the class of each image, or group, is drawn, so that the numbers of the classes vary.
   */
  readonly drawsClasses?: boolean;
  /** Images of a group, such as frames of a video; 1 where images are independent. */
  readonly groupSize: number;
}

/** Half of the variance of an image's evidence is that of its group. */
const sharedByGroup = 0.5;

/** The evidence for an image beyond its class: standard normal, images of a group being alike. */
export class Evidence {
  readonly #random: Random;
  readonly #groupSize: number;
  #shared = 0;
  #left = 0;

  constructor(random: Random, { groupSize }: Design) {
    this.#random = random;
    this.#groupSize = groupSize;
  }

  next(): number {
    if (this.#groupSize === 1) return this.#random.normal();
    if (this.#left === 0) [this.#shared, this.#left] = [this.#random.normal(), this.#groupSize];
    this.#left--;
    return (
      Math.sqrt(sharedByGroup) * this.#shared + Math.sqrt(1 - sharedByGroup) * this.#random.normal()
    );
  }
}

/** The labels of a test set in groups of one class each, and the group of each image. */
export function drawLabels(design: Design, random: Random) {
  const { images, drawsClasses, groupSize } = design;
  const total = images.reduce((sum, count) => sum + count, 0);
  const fixed = images.flatMap((count, label) =>
    Array<number>(Math.round(count / groupSize)).fill(label),
  );
  const drawn = () => {
    let at = random.float() * total;
    return images.findIndex((count) => {
      at -= count;
      return at < 0;
    });
  };
  const ofGroups = drawsClasses ? fixed.map(drawn) : fixed;
  const labels = ofGroups.flatMap((label) => Array<number>(groupSize).fill(label));
  const groups =
    groupSize === 1 ? undefined : labels.map((_, i) => `group ${Math.floor(i / groupSize)}`);
  return { labels, groups };
}

/**
 * A detector whose evidence is normal in both classes: by `shift` above 0 for fakes and below it
 * for real images. Its logits are the log-odds times `temperature`, so that above 1 it is
 * overconfident. Fakes come from two sources that are alike.
 */
export interface Detector {
  readonly shift: number;
  readonly temperature: number;
}

/** The logit of fake for an image with this evidence; that of real is 0. */
export const logitOf = (
  { shift, temperature }: Detector,
  label: number,
  evidence: number,
): number => temperature * 2 * shift * ((label === 1 ? shift : -shift) + evidence);

export const binaryRow = (
  split: string,
  i: number,
  label: number,
  fake: number,
  group?: string,
): BinaryRow => ({
  key: `${i}`,
  split,
  label: label === 1 ? 1 : 0,
  negative: 0,
  positive: fake,
  source: label === 0 ? 'camera' : `fake ${i % 2}`,
  ...(group !== undefined && { group }),
});

/** Draws the scores of a split. */
export function drawDetector(
  detector: Detector,
  design: Design,
  split: string,
  random: Random,
): readonly BinaryRow[] {
  const { labels, groups } = drawLabels(design, random);
  const evidence = new Evidence(random, design);
  return labels.map((label, i) => {
    const group = groups === undefined ? undefined : `${split} ${groups[i]}`;
    return binaryRow(split, i, label, logitOf(detector, label, evidence.next()), group);
  });
}

/**
 * A population of a detector, by evenly spaced quantiles, with the shares of the classes of a
 * design.
 */
export function detectorPopulation(
  detector: Detector,
  { images }: Design,
  size = 200_000,
): readonly BinaryRow[] {
  const total = images.reduce((sum, count) => sum + count, 0);
  return images.flatMap((count, label) => {
    const imageCount = 2 * Math.round((size * count) / total / 2);
    return Array.from({ length: imageCount }, (_, i) => {
      // Both sources of fakes get the same quantiles.
      const probability = (2 * Math.floor(i / 2) + 1) / imageCount;
      return binaryRow('test', i, label, logitOf(detector, label, normalQuantile(probability)));
    });
  });
}

/** The error rates of a detector that calls fake from a threshold of the logit on. */
export function errorsAt({ shift, temperature }: Detector, threshold: number) {
  const evidence = threshold / (2 * shift * temperature);
  return {
    falsePositiveRate: 1 - normalCdf(evidence + shift),
    falseNegativeRate: normalCdf(evidence - shift),
  };
}

/** The height of its ROC curve at a false positive rate. */
export const heightAt = ({ shift }: Detector, rate: number): number =>
  normalCdf(normalQuantile(rate) + 2 * shift);

/**
 * Classes whose logits are normal, that of the own class higher by `shift`; a label without a class
 * has none that is higher.
 */
export function classTable(classes: number, rows: readonly ScoreRow[]): ScoreTable {
  const known = Array.from({ length: classes }, (_, c) => `${c}`);
  return { classes: known, names: [...known, 'unknown'], rows };
}

/** Draws the scores of a classifier for a design with one more class, that of unknown labels. */
export function drawClassifier(
  { shift, temperature }: Detector,
  design: Design,
  split: string,
  random: Random,
): ScoreTable {
  const classes = design.images.length - 1;
  const { labels, groups } = drawLabels(design, random);
  const evidence = Array.from({ length: classes }, () => new Evidence(random, design));
  const rows = labels.map((label, i): ScoreRow => {
    const scores = evidence.map(
      (of, c) => temperature * shift * (of.next() + (c === label ? shift : 0)),
    );
    return {
      key: `${i}`,
      split,
      label,
      scores,
      ...(groups !== undefined && { group: `${split} ${groups[i]}` }),
    };
  });
  return classTable(classes, rows);
}
