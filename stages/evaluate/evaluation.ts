import { scaleOf } from '../../src/learning/metrics/score-scale.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { selectionSplit } from '../../src/learning/training/split-names.ts';
import { type Applied, apply, type Fitted, fitTo } from './fitted.ts';
import type { IntervalOptions } from './measure.ts';
import { type Scored, scoredOf } from './scored.ts';
import { type SourceMetrics, sourceMetrics } from './source-metrics.ts';
import { type SplitMetrics, splitMetrics } from './split-metrics.ts';

/** How right scores are: the `metrics` output. */
export interface Evaluation {
  /** Of all intervals. */
  readonly confidence: number;
  /** The epoch whose weights these are, the best on val, with the accuracies there; absent where none was trained. */
  readonly chosenEpoch?: { readonly epoch: number; readonly accuracy: Readonly<Record<string, number | null>> };
  /** Absent where val is not evaluated, or has one class only. */
  readonly fittedOnVal?: Fitted;
  readonly splits: Readonly<Record<string, EvaluatedSplit>>;
}

export type EvaluatedSplit = SplitMetrics &
  Applied & {
    /** Where a class has several. */
    readonly sources?: Readonly<Record<string, SourceMetrics>>;
  };

export interface EvaluationOptions extends IntervalOptions {
  readonly splits: readonly string[];
  /** 0 where none was trained. */
  readonly chosenEpoch: number;
}

export function evaluate(rows: readonly ScoreRow[], options: EvaluationOptions): Evaluation {
  const { splits: names, confidence, chosenEpoch } = options;
  const bySplit = new Map(names.map((name) => [name, rows.filter(({ split }) => split === name)]));
  const scale = scaleOf(rows);
  const validation = bySplit.get(selectionSplit);
  const fitted = validation === undefined ? undefined : fitToBoth(scoredOf(validation, scale));
  const splits = Object.fromEntries(
    Array.from(bySplit, ([name, own]): [string, EvaluatedSplit] => {
      const scored = scoredOf(own, scale);
      const sources = sourceMetrics(own, options);
      return [
        name,
        {
          ...splitMetrics(scored, options),
          // On val itself they would flatter.
          ...(fitted !== undefined && name !== selectionSplit && apply(fitted, scored, options)),
          ...(Object.keys(sources).length > 0 && { sources }),
        },
      ];
    }),
  );
  const accuracy = Object.fromEntries(names.map((name) => [name, splits[name]!.accuracy]));
  return {
    confidence,
    ...(chosenEpoch > 0 && { chosenEpoch: { epoch: chosenEpoch, accuracy } }),
    ...(fitted !== undefined && { fittedOnVal: fitted }),
    splits,
  };
}

function fitToBoth(scored: Scored): Fitted | undefined {
  return new Set(scored.labels).size === 2 ? fitTo(scored) : undefined;
}

/** The `metrics` output: where groups are judged, what is counted is called `groups`. */
export function metricsOf(evaluation: Evaluation, by: 'image' | 'group'): object {
  if (by === 'image') return evaluation;
  const counting = <T extends { readonly images: number }>({ images, ...rest }: T) => ({ groups: images, ...rest });
  const mapped = <T, U>(entries: Readonly<Record<string, T>>, change: (item: T) => U) =>
    Object.fromEntries(Object.entries(entries).map(([name, item]) => [name, change(item)]));
  const splits = mapped(evaluation.splits, ({ sources, ...split }) => ({
    ...counting(split),
    ...(sources !== undefined && { sources: mapped(sources, counting) }),
  }));
  return { ...evaluation, splits };
}
