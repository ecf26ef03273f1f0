/**
 * The scores of every image for each class, before any softmax: `[images, classes]` in row order.
 */
export type Logits = ArrayLike<number>;

/**
 * The score that ranks images: second score minus first, in float64 `[images]`; higher is more
 * positive. Not the softmax of the two, which saturates at 1 in float32 and makes ties of confident
 * images.
 */
export function logitDifferences(logits: Logits): Float64Array {
  const differences = new Float64Array(logits.length / 2);
  for (let i = 0; i < differences.length; i++) differences[i] = logits[2 * i + 1]! - logits[2 * i]!;
  return differences;
}

/**
 * The class with the highest score, `[images]`. It is the first of a
 * tie, as argmax does, so it is for display; metrics count a tie in equal shares, by
 * {@link tiedMaxima}.
 */
export function predictedClasses(logits: Logits, classes = 2): Uint16Array {
  return new Uint16Array(logits.length / classes).map((_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if (logits[classes * i + c]! > logits[classes * i + best]!) best = c;
    return best;
  });
}

/** The classes that share the highest score of an image, by the image; only where several do. */
export function tiedMaxima(logits: Logits, classes = 2): ReadonlyMap<number, readonly number[]> {
  const tied = new Map<number, readonly number[]>();
  for (let i = 0; i < logits.length / classes; i++) {
    let most = Number.NEGATIVE_INFINITY;
    let count = 0;
    for (let c = 0; c < classes; c++) {
      const logit = logits[classes * i + c]!;
      if (logit > most) [most, count] = [logit, 1];
      else if (logit === most) count++;
    }
    if (count < 2) continue;
    const all = Array.from({ length: classes }, (_, c) => c);
    tied.set(
      i,
      all.filter((c) => logits[classes * i + c] === most),
    );
  }
  return tied;
}

/**
 * The probability of the positive class, `[images]`, from {@link logitDifferences} divided by a
 * temperature above 0: the softmax.
 */
export const positiveProbabilities = (
  differences: ArrayLike<number>,
  temperature = 1,
): Float64Array => {
  const probabilities = new Float64Array(differences.length);
  for (let i = 0; i < probabilities.length; i++)
    probabilities[i] = 1 / (1 + Math.exp(-differences[i]! / temperature));
  return probabilities;
};

/**
 * The probabilities of all classes for one image, from its logits, which are divided by a
 * temperature above 0.
 */
export function softmax(logits: ArrayLike<number>, temperature = 1): readonly number[] {
  const all = Array.from(logits);
  const most = Math.max(...all);
  const powers = all.map((logit) => Math.exp((logit - most) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * The sum of numbers, the smallest first: in another order of the same numbers it would be rounded
 * otherwise.
 */
export const sortedSum = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b).reduce((sum, value) => sum + value, 0);

/** What the scores of a file are. Calibration depends on it, ranking does not. */
export type ScoreScale = 'logits' | 'probabilities';

/** The evidence for both sides of a detector. */
export interface SideScores {
  readonly negative: number;
  readonly positive: number;
}
/** The scores for all classes. */
type Scores = { readonly scores: readonly number[] };

/**
 * Probabilities where the scores of every image are and sum to 1, up to float32. Pass all rows of a
 * file.
 */
export function scaleOfScores(rows: readonly Scores[]): ScoreScale {
  const areShares = ({ scores }: Scores) =>
    scores.every((score) => score >= 0) &&
    Math.abs(scores.reduce((sum, score) => sum + score) - 1) < 1e-5;
  return rows.length > 0 && rows.every(areShares) ? 'probabilities' : 'logits';
}

/** {@link scaleOfScores} of the two sides. */
export const scaleOf = (rows: readonly SideScores[]): ScoreScale =>
  scaleOfScores(rows.map(({ negative, positive }) => ({ scores: [negative, positive] })));

/** The logits of rows; those of probabilities are bounded by what float64 distinguishes from 0. */
export function logitsOf(rows: readonly SideScores[], scale: ScoreScale): Float64Array {
  const of = (score: number) =>
    scale === 'logits' ? score : Math.log(Math.max(score, Number.EPSILON));
  const logits = new Float64Array(2 * rows.length);
  for (let i = 0; i < rows.length; i++) {
    logits[2 * i] = of(rows[i]!.negative);
    logits[2 * i + 1] = of(rows[i]!.positive);
  }
  return logits;
}

/**
 * The probability of the positive side for each row: the softmax of its logits, or its second
 * score.
 */
export function positiveProbabilitiesOf(
  rows: readonly SideScores[],
  scale: ScoreScale,
): Float64Array {
  if (scale === 'logits') return positiveProbabilities(logitDifferences(logitsOf(rows, scale)));
  return Float64Array.from(rows, ({ positive }) => Math.min(1, positive));
}

/** log Σ exp of values, without overflow, the same in any order; of one value itself. */
export function logSumOf(values: readonly number[]): number {
  const [first, ...others] = values;
  if (others.length === 0) return first!;
  const most = Math.max(...values);
  return most + Math.log(sortedSum(values.map((value) => Math.exp(value - most))));
}
