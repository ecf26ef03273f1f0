import type { ScoreRow } from './scores-file.ts';

/** The scores of every image for real and fake, before any softmax: `[images, 2]` in row order. */
export type Logits = ArrayLike<number>;

/**
 * The score that ranks images: second score minus first, in float64 `[images]`; higher is more fake. Not the softmax of the two, which
 * has the same order: in float32 it saturates at 1 and makes ties of confident images.
 */
export function logitDifferences(logits: Logits): Float64Array {
  const differences = new Float64Array(logits.length / 2);
  for (let i = 0; i < differences.length; i++) differences[i] = logits[2 * i + 1]! - logits[2 * i]!;
  return differences;
}

/** The class with the higher score, `[images]`: 0 = real, 1 = fake; real on a tie, as argmax does. */
export const predictedClasses = (logits: Logits): Uint8Array =>
  new Uint8Array(logits.length / 2).map((_, i) => (logits[2 * i + 1]! > logits[2 * i]! ? 1 : 0));

/** The probability of fake, `[images]`, from {@link logitDifferences} divided by a temperature above 0: the softmax. */
export const fakeProbabilities = (differences: ArrayLike<number>, temperature = 1): Float64Array =>
  Float64Array.from(differences, (difference) => 1 / (1 + Math.exp(-difference / temperature)));

/** The kind of the two scores in a file. The calibration depends on it, the ranking does not. */
export type ScoreScale = 'logits' | 'probabilities';

type Pair = Pick<ScoreRow, 'real' | 'fake'>;

/** Probabilities where the two scores of every image are and sum to 1, up to float32. Pass all rows of a file. */
export function scaleOf(rows: readonly Pair[]): ScoreScale {
  const isPair = ({ real, fake }: Pair) => real >= 0 && fake >= 0 && Math.abs(real + fake - 1) < 1e-5;
  return rows.length > 0 && rows.every(isPair) ? 'probabilities' : 'logits';
}

/** The logits of rows; those of probabilities are bounded by what float64 distinguishes from 0. */
export function logitsOf(rows: readonly Pair[], scale: ScoreScale): Float64Array {
  const of = (score: number) => (scale === 'logits' ? score : Math.log(Math.max(score, Number.EPSILON)));
  const logits = new Float64Array(2 * rows.length);
  for (const [i, { real, fake }] of rows.entries()) {
    logits[2 * i] = of(real);
    logits[2 * i + 1] = of(fake);
  }
  return logits;
}

/** The probability of fake for each row: the softmax of its logits, or its second score. */
export function fakeProbabilitiesOf(rows: readonly Pair[], scale: ScoreScale): Float64Array {
  if (scale === 'logits') return fakeProbabilities(logitDifferences(logitsOf(rows, scale)));
  return Float64Array.from(rows, ({ fake }) => Math.min(1, fake));
}
