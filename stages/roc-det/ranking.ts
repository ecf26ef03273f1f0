import { auc } from '../../src/metrics/auc.ts';
import { rocCurve } from '../../src/metrics/roc-curve.ts';
import type { ScoreRow } from '../../src/metrics/scores-file.ts';

/** How well the images of one split are ranked by their two scores. */
export interface Ranking {
  readonly split: string;
  readonly real: number;
  readonly fake: number;
  /**
   * By the score of fake minus that of real, in float64: what the model decides by. Each score alone says less, since a
   * network's two outputs are free up to a common offset; where they are probabilities, all three rank alike.
   */
  readonly difference: ScoreRoc;
  /** By the score of fake alone. */
  readonly fakeScore: ScoreRoc;
  /** By the score of real alone, with real as the positive class. */
  readonly realScore: ScoreRoc;
}

export interface ScoreRoc {
  /** 0 to 1; 1 where every image of the positive class is above every other one, 0.5 by chance. */
  readonly auc: number;
  /** x: false positive rate, y: true positive rate; from (0, 0) to (1, 1). */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Ranks images by the difference of their scores, and by each score for its own class; both classes have images. */
export function rankSplit(split: string, rows: readonly ScoreRow[]): Ranking {
  const isFake = rows.map(({ label }) => label);
  const isReal = rows.map(({ label }) => 1 - label);
  const fake = isFake.filter((label) => label === 1).length;
  const byScore = (positive: readonly number[], score: (row: ScoreRow) => number): ScoreRoc => {
    const scores = rows.map(score);
    const curve = rocCurve(positive, scores);
    const points = Array.from(curve.falsePositiveRate, (x, index) => ({ x, y: curve.truePositiveRate[index]! }));
    return { auc: auc(positive, scores), points };
  };
  return {
    split,
    real: rows.length - fake,
    fake,
    difference: byScore(isFake, (row) => row.fake - row.real),
    fakeScore: byScore(isFake, (row) => row.fake),
    realScore: byScore(isReal, (row) => row.real),
  };
}
