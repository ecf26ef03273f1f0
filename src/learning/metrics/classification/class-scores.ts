import { logSumOf, scaleOfTable } from '../binary-view.ts';
import { predictedClasses, softmax } from '../logits.ts';
import type { ScoreRow, ScoreTable } from '../scores-file.ts';

/** Images with their scores for several classes in the forms that metrics take. Rows of arrays follow the images. */
export interface ClassScores {
  readonly classes: number;
  /** `[images]`, each below `classes`. */
  readonly labels: Uint16Array;
  /** The class of the highest score, the first of a tie: `[images]`. */
  readonly predictions: Uint16Array;
  /** `[images, classes]`; of scores that are probabilities, their logarithms. */
  readonly logits: Float64Array;
  /** `[images, classes]`, 0 to 1. */
  readonly probabilities: Float64Array;
  /**
   * What ranks images for each class, `[images, classes]`: a given probability, or of logits the log-odds z_c - log Σ e^z over the other
   * classes. These have the order of the probability, but none that is near 1 ties with another.
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
    ...{ classes, logits, predictions: predictedClasses(raw, classes) },
    labels: Uint16Array.from(rows, ({ label }) => label),
    probabilities: isLogits ? flat(softmax) : raw,
    evidence: isLogits ? flat(logOdds) : raw,
  };
}

const logOdds = (logits: readonly number[]): readonly number[] =>
  logits.map((logit, c) => logit - logSumOf(logits.filter((_, other) => other !== c)));

/** The same scores with logits divided by a temperature. Predictions stay. */
export function tempered(scores: ClassScores, temperature: number): ClassScores {
  const { logits, classes, labels } = scores;
  const probabilities = new Float64Array(logits.length);
  for (const i of labels.keys()) {
    probabilities.set(softmax(logits.subarray(i * classes, (i + 1) * classes), temperature), i * classes);
  }
  return { ...scores, logits: logits.map((logit) => logit / temperature), probabilities };
}

/** How many classes come before the right one of an image by their scores; of equal scores the first class comes first. */
export function rankOf({ logits, labels, classes }: ClassScores, image: number): number {
  const label = labels[image]!;
  const own = logits[image * classes + label]!;
  let before = 0;
  for (let c = 0; c < classes; c++) {
    const other = logits[image * classes + c]!;
    if (other > own || (other === own && c < label)) before++;
  }
  return before;
}
