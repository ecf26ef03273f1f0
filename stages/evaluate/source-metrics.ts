import { accuracy, confusion } from '../../src/learning/metrics/confusion.ts';
import { equalErrorRate } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { countAtThresholds, rankScores } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { type IntervalOptions, type Measured, measure, measureAuc } from './measure.ts';
import { rankedOf } from './scored.ts';

/**
 * How right scores are on one source of a split. What it is called counts its own images alone; what ranks them, where it is
 * of one class, sets them against all images of the other: forgeries of one method against every real image, as is usual
 * (Rössler et al. 2019, "FaceForensics++", table 5), and one camera's real images against every forgery.
 */
export type SourceMetrics = {
  readonly class: Class;
  /** Its own. */
  readonly images: number;
  /** The images of the other class that it is set against. */
  readonly against: number;
} & Measured<'calledRight' | 'auc' | 'equalErrorRate'>;

type Class = 'real' | 'fake' | 'both';

/** Of every source of a class that has more than one; of another the whole split says it. */
export function sourceMetrics(
  rows: readonly ScoreRow[],
  options: IntervalOptions,
): Readonly<Record<string, SourceMetrics>> {
  const sources = new Map<string, ScoreRow[]>();
  for (const row of rows) {
    if (row.source === undefined) continue;
    const own = sources.get(row.source);
    if (own === undefined) sources.set(row.source, [row]);
    else own.push(row);
  }
  const classes = Array.from(sources, ([source, own]) => [source, classOf(own)] as const);
  const shares = (one: Class, other: Class) => one === other || one === 'both' || other === 'both';
  const several = classes.filter(([, of]) => classes.filter(([, other]) => shares(of, other)).length > 1);
  const entries = several.map(([source, of]) => {
    const own = sources.get(source)!;
    const others = of === 'both' ? [] : rows.filter(({ label }) => label === (of === 'fake' ? 0 : 1));
    return [source, metricsOf(own, others, of, options)] as const;
  });
  return Object.fromEntries(entries);
}

function metricsOf(
  own: readonly ScoreRow[],
  others: readonly ScoreRow[],
  of: Class,
  options: IntervalOptions,
): SourceMetrics {
  const [alone, ranked] = [rankedOf(own), rankedOf([...own, ...others])];
  const ranking = rankScores(ranked.differences);
  const called = measure(
    alone,
    (weights) => ({ calledRight: accuracy(confusion(alone.labels, alone.predictions, { weights })) }),
    options,
  );
  const error = measure(
    ranked,
    (weights) => ({ equalErrorRate: equalErrorRate(countAtThresholds(ranked.labels, ranking, { weights })).rate }),
    options,
  );
  const area = measureAuc(ranked, options);
  return {
    class: of,
    images: own.length,
    against: others.length,
    ...called,
    ...area,
    ...error,
    intervals: { ...called.intervals, ...area.intervals, ...error.intervals },
  };
}

function classOf(rows: readonly ScoreRow[]): Class {
  const labels = new Set(rows.map(({ label }) => label));
  return labels.size === 2 ? 'both' : labels.has(1) ? 'fake' : 'real';
}
