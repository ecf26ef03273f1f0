import type { ScoreRow } from './scores-file.ts';

/**
 * What the two scores of a file's images are: logits, as a network gives them before any softmax, or probabilities. Their
 * ranking does not depend on it, but what is said of their calibration does:
 *
 *     const scale = scaleOf(allRows);                    // once for a file
 *     fakeProbabilitiesOf(rows, scale);                  // of those of one split
 *     fitTemperature(labels, fakeLogits(rows, scale));
 */
export type ScoreScale = 'logits' | 'probabilities';

type Pair = Pick<ScoreRow, 'real' | 'fake'>;

/** Probabilities where the two of every image are, and sum to 1 up to float32. Ask it of all of a file. */
export function scaleOf(rows: readonly Pair[]): ScoreScale {
  const isPair = ({ real, fake }: Pair) => real >= 0 && fake >= 0 && Math.abs(real + fake - 1) < 1e-5;
  return rows.length > 0 && rows.every(isPair) ? 'probabilities' : 'logits';
}

/** The two logits of every image, `[images, 2]`; of probabilities no farther out than float64 tells them from 1. */
export function logitsOf(rows: readonly Pair[], scale: ScoreScale): Float64Array {
  const of = (score: number) => (scale === 'logits' ? score : Math.log(Math.max(score, Number.EPSILON)));
  return Float64Array.from({ length: 2 * rows.length }, (_, i) => {
    const { real, fake } = rows[i >> 1]!;
    return of(i % 2 === 0 ? real : fake);
  });
}

/** Of fake for each image: the softmax of its two logits, or what it says itself. */
export function fakeProbabilitiesOf(rows: readonly Pair[], scale: ScoreScale): Float64Array {
  const said = ({ real, fake }: Pair) => (scale === 'logits' ? 1 / (1 + Math.exp(real - fake)) : Math.min(1, fake));
  return Float64Array.from(rows, said);
}
