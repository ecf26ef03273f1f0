import { auc } from '../../src/metrics/auc.ts';
import { rocCurve } from '../../src/metrics/roc-curve.ts';
import type { ScoreRow } from '../../src/metrics/scores-file.ts';

/** How the images of one split are ranked by each of the two scores; fake is positive for both. */
export interface Ranking {
  readonly split: string;
  readonly real: number;
  readonly fake: number;
  /** By the first score, for real: below 0.5 where it does its work. */
  readonly first: ScoreRoc;
  /** By the second score, for fake. */
  readonly second: ScoreRoc;
}

export interface ScoreRoc {
  /** 0 to 1; those of the two scores sum to 1. */
  readonly auc: number;
  /** x: share of real images called fake, y: share of fake images called fake; from (0, 0) to (1, 1). */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/**
 * Ranks images by the difference of their scores in float64, the first score by the same difference the other way round.
 * (Each score alone means nothing: a network's two outputs are free up to a common offset.)
 */
export function rankSplit(split: string, rows: readonly ScoreRow[]): Ranking {
  const labels = rows.map(({ label }) => label);
  const fake = labels.filter((label) => label === 1).length;
  const byScore = (score: (row: ScoreRow) => number): ScoreRoc => {
    const scores = rows.map(score);
    const curve = rocCurve(labels, scores);
    const points = Array.from(curve.falsePositiveRate, (x, index) => ({ x, y: curve.truePositiveRate[index]! }));
    return { auc: auc(labels, scores), points };
  };
  return {
    split,
    real: rows.length - fake,
    fake,
    first: byScore((row) => row.real - row.fake),
    second: byScore((row) => row.fake - row.real),
  };
}
