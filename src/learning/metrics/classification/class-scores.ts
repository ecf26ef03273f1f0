import { predictedClasses, softmax, tiedMaxima } from '../arithmetic/logits.ts';
import { scaleOfTable } from '../scores/binary-view.ts';
import type { ScoreRow, ScoreTable } from '../scores/scores-file.ts';

/**
 * Images with their scores for several classes in the forms that metrics take. Rows of arrays
 * follow the images.
 */
export interface ClassScores {
  readonly classes: number;
  /** `[images]`, each below `classes`. */
  readonly labels: Uint16Array;
  /** The class of the highest score, the first of a tie: `[images]`. */
  readonly predictions: Uint16Array;
  /** The classes that share the highest score of an image, where several do. */
  readonly ties: ReadonlyMap<number, readonly number[]>;
  /** `[images, classes]`; of scores that are probabilities, their logarithms. */
  readonly logits: Float64Array;
  /** `[images, classes]`, 0 to 1. */
  readonly probabilities: Float64Array;
  /**
   * What ranks images for each class, `[images, classes]`: a given probability, or of logits the
   * log-odds z_c - log Σ e^z over the other classes. These have the order of the probability, but
   * none that is near 1 ties with another. Where the logits of two images are the same but for an
   * order of the other classes, so are the log-odds: terms are summed by size.
   */
  readonly evidence: Float64Array;
}

/** The scores of rows whose labels the model knows. */
export function classScoresOf(table: ScoreTable, rows: readonly ScoreRow[]): ClassScores {
  const classes = table.classes.length;
  const flat = (of: (scores: readonly number[]) => readonly number[]) => {
    const values = new Float64Array(rows.length * classes);
    for (const [i, { scores }] of rows.entries()) values.set(of(scores), i * classes);
    return values;
  };
  const logarithm = (share: number) => Math.log(Math.max(share, Number.EPSILON));
  const raw = flat((scores) => scores);
  const isLogits = scaleOfTable(table) === 'logits';
  const logits = isLogits ? raw : flat((scores) => scores.map(logarithm));
  return {
    classes,
    logits,
    predictions: predictedClasses(raw, classes),
    ties: tiedMaxima(raw, classes),
    labels: Uint16Array.from(rows, ({ label }) => label),
    probabilities: isLogits ? flat(softmax) : raw,
    evidence: isLogits ? flat(logOdds) : raw,
  };
}

/**
 * z_c - log Σ e^z over the other classes, for each class; of differences to the largest logit,
 * which a common offset does not change.
 */
function logOdds(logits: readonly number[]): readonly number[] {
  const most = Math.max(...logits);
  const sorted = logits.map((logit) => logit - most).sort((a, b) => a - b);
  return logits.map((logit) => {
    const own = logit - most;
    const skipped = sorted.indexOf(own);
    // Without the largest term itself, the next one is scaled to 1, so that none of them vanishes.
    const largest = skipped === sorted.length - 1 ? sorted[skipped - 1]! : 0;
    let sum = 0;
    for (const [place, other] of sorted.entries())
      if (place !== skipped) sum += Math.exp(other - largest);
    return own - largest - Math.log(sum);
  });
}

/** The same scores with logits divided by a temperature. Predictions stay. */
export function tempered(scores: ClassScores, temperature: number): ClassScores {
  const { logits, classes, labels } = scores;
  const probabilities = new Float64Array(logits.length);
  for (const i of labels.keys()) {
    probabilities.set(
      softmax(logits.subarray(i * classes, (i + 1) * classes), temperature),
      i * classes,
    );
  }
  return { ...scores, logits: logits.map((logit) => logit / temperature), probabilities };
}

/**
 * The chance that the class of an image is among the `top` highest scores, 0 to 1: where classes
 * share a score at the end of these, each of them is as likely.
 */
export function chanceInTop(
  { logits, labels, classes }: ClassScores,
  image: number,
  top: number,
): number {
  const own = logits[image * classes + labels[image]!]!;
  let higher = 0;
  let equal = 0;
  for (let c = 0; c < classes; c++) {
    const other = logits[image * classes + c]!;
    if (other > own) higher++;
    else if (other === own) equal++;
  }
  return Math.min(1, Math.max(0, (top - higher) / equal));
}
