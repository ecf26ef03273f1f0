import { predictedClasses, softmax, tiedMaxima } from '../arithmetic/logits.ts';
import { scaleOfTable } from '../scores/binary-view.ts';
import type { Forecasts } from '../scores/forecasts.ts';
import type { ScoreRow, ScoreTable } from '../scores/scores-file.ts';
import type { CalledImages } from './confusion-matrix.ts';

/**
 * Images with their scores for several classes in the forms that metrics take. Rows of arrays
 * follow the images.
 */
export interface ClassScores extends Forecasts, CalledImages {
  readonly labels: Uint16Array;
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
    judged: [...table.classes.keys()],
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
    const relative = logit - most;
    const skipped = sorted.indexOf(relative);
    // Without the largest term itself, the next one is scaled to 1, so that none of them vanishes.
    const largest = skipped === sorted.length - 1 ? sorted[skipped - 1]! : 0;
    let sum = 0;
    for (const [position, term] of sorted.entries())
      if (position !== skipped) sum += Math.exp(term - largest);
    return relative - largest - Math.log(sum);
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
