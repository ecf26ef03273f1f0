import { csvTable } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatEnds, formatMetric, formatSigned } from '../../src/format-numbers.ts';
import type { Agreement } from '../../src/learning/metrics/comparison/published-agreement.ts';
import { type IntervalEnds, intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import { metric as findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import type { SideNames } from '../../src/learning/metrics/scores/binary-view.ts';
import { countsBySide } from '../../src/learning/metrics/scores/binary-view.ts';
import type { Unit } from '../../src/learning/metrics/scores/video-settings.ts';
import type { Highlight } from '../../src/stage.ts';
import type { MeasuredMetric } from './measure.ts';
import type { PublishedLine } from './published.ts';
import type { ProtocolSettings } from './spec.ts';

/** A metric of a network, beside a published value of it if there is one. */
export interface Reported extends MeasuredMetric {
  readonly network: string;
  /** Its 95 % interval. */
  readonly ends: IntervalEnds;
  readonly published?: PublishedLine;
  readonly agreement?: Agreement;
}

/** What all rows have in common. */
export interface Setting extends Pick<ProtocolSettings, 'name' | 'margin' | 'tuned' | 'aggregate'> {
  /** The state of the splits, in words. */
  readonly splits: string;
  /** Whether one is known to be another than the protocol's. */
  readonly isAnother: boolean;
  readonly sides: SideNames;
  /** What is judged. */
  readonly unit: Unit;
  readonly negatives: number;
  readonly positives: number;
}

export const formatTable = (reported: readonly Reported[], setting: Setting): string =>
  csvTable(
    reported.map(({ network, metric, value, ends, published, agreement }) => ({
      protocol: setting.name,
      network,
      metric,
      value,
      low: ends.low,
      high: ends.high,
      negatives: setting.negatives,
      positives: setting.positives,
      published: published?.value,
      difference: agreement?.difference,
      differenceLow: agreement?.low,
      differenceHigh: agreement?.high,
      margin: agreement && setting.margin,
      verdict: agreement?.verdict,
      source: published?.source,
      splits: setting.splits,
    })),
  );

/** The `metrics` artifact: the numbers of each network by its name. */
export function formatMetrics(reported: readonly Reported[], setting: Setting): string {
  const { name, unit, splits, sides, negatives, positives } = setting;
  const names = [...new Set(reported.map(({ network }) => network))];
  const models = names.map((network) => {
    const ofNetwork = reported.filter((row) => row.network === network);
    const intervals = ofNetwork.flatMap(({ metric, ends }) => {
      const pair = intervalPair(ends);
      return pair === null ? [] : [[metric, pair] as const];
    });
    const values = ofNetwork.map(({ metric, value }) => [metric, value] as const);
    return [
      network,
      { ...Object.fromEntries(values), intervals: Object.fromEntries(intervals) },
    ] as const;
  });
  return formatJson({
    protocol: name,
    splits,
    split: 'test',
    by: unit,
    confidence: 0.95,
    [`${unit}s`]: negatives + positives,
    ...countsBySide(sides, negatives, positives),
    models: Object.fromEntries(models),
  });
}

/** The table of the run's summary. */
export function summaryTable(reported: readonly Reported[], setting: Setting): Highlight {
  const hasPublished = reported.some(({ published }) => published !== undefined);
  const rows = reported.map(({ network, metric, value, ends, published, agreement }) => [
    network,
    findMetric(metric).title,
    formatMetric(value),
    formatEnds(ends, formatMetric),
    ...(hasPublished
      ? [
          published === undefined ? '' : formatMetric(published.value),
          agreement === undefined ? '' : formatSigned(agreement.difference),
          agreement === undefined ? '' : formatEnds(agreement, formatSigned),
          agreement?.verdict ?? '',
          published?.source ?? '',
        ]
      : []),
    setting.splits,
  ]);
  const compared = ['published', 'value − published', '95 % interval of it', 'verdict', 'source'];
  return {
    title: `${setting.name}: ${setting.unit}s of test; ${describeTuned(setting)}`,
    columns: [
      'network',
      'metric',
      'value',
      '95 % interval',
      ...(hasPublished ? compared : []),
      'splits',
    ],
    rows,
  };
}

/** `checkpoint and settings tuned on val, threshold on val` */
export function describeTuned({ tuned: { checkpoint, settings, threshold } }: Setting): string {
  const on = (split: string) => (split === 'nothing' ? 'not tuned' : `on ${split}`);
  return `checkpoint ${on(checkpoint)}, settings ${on(settings)}, threshold ${on(threshold)}`;
}
