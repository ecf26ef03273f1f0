import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatDecimal, formatList, formatMetric } from '../../src/format-numbers.ts';
import { chart, domainOf, type Part } from '../../src/learning/charts/encoders.ts';
import { textWidth } from '../../src/learning/charts/fonts.ts';
import { type IntervalRow, intervalRows } from '../../src/learning/charts/interval-rows.ts';
import { publishedEnds } from '../../src/learning/metrics/comparison/published-agreement.ts';
import { metric as findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import type { Reported, Setting } from './tables.ts';

const width = 300;

/**
 * A panel for each metric; a row for each network, and an open one below it for each published
 * value, with the interval that its counts give.
 */
export function protocolChart(reported: readonly Reported[], setting: Setting): TopLevelSpec {
  const metrics = [...new Set(reported.map(({ metric }) => metric))];
  const panels = metrics.map((metric) =>
    panel(metric, rowsOf(reported.filter((row) => row.metric === metric))),
  );
  const texts = reported.flatMap(({ agreement }) => agreement?.verdict ?? []);
  const room = Math.max(60, ...texts.map((text) => textWidth(`0.0000, ${text}`, 12)));
  const titles = formatList(metrics.map((metric) => findMetric(metric).title));
  return chart(
    `${titles} on test, protocol ${setting.name}`,
    subtitle(reported, setting),
    width + room + 120,
    panels.length === 1 ? panels[0]! : { vconcat: panels, spacing: 24 },
  );
}

/** The rows of one metric: each network, then the published values of it. */
function rowsOf(reported: readonly Reported[]): readonly IntervalRow[] {
  const names = [...new Set(reported.map(({ network }) => network))];
  return names.flatMap((name): IntervalRow[] => {
    const ofNetwork = reported.filter(({ network }) => network === name);
    const { value, ends } = ofNetwork[0]!;
    const published = ofNetwork.flatMap(({ published, agreement }): IntervalRow[] => {
      if (published === undefined) return [];
      return [
        {
          name: `${name}, ${published.source}`,
          value: published.value,
          ...publishedEnds(published, 0.95),
          text: `${formatMetric(published.value)}, ${agreement!.verdict}`,
          isOpen: true,
        },
      ];
    });
    return [{ name, value, ...ends, text: formatMetric(value) }, ...published];
  });
}

function panel(metric: Reported['metric'], rows: readonly IntervalRow[]): Part {
  const { title, range } = findMetric(metric);
  const ends = rows.flatMap(({ value, low = value, high = value }) => [value, low, high]);
  return intervalRows(rows, {
    dataName: metric,
    label: title,
    domain: domainOf(ends, range),
    width,
  });
}

function subtitle(reported: readonly Reported[], setting: Setting): string {
  const { negatives, positives, sides, unit, margin, isAnother, splits } = setting;
  const n = `${formatCount(negatives)} ${sides[0]} and ${formatCount(positives)} ${sides[1]} ${unit}s; lines: 95 % intervals`;
  const isCompared = reported.some(({ published }) => published !== undefined);
  const compared = isCompared ? `; open: published; margin ${formatDecimal(margin!)}` : '';
  return `${n}${compared}${isAnother ? `; ${splits}` : ''}`;
}
