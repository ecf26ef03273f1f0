import type { TopLevelSpec } from 'vega-lite';
import { formatLevel } from '../../src/format-numbers.ts';
import { chart, domainOf, type Part } from '../../src/learning/charts/encoders.ts';
import { intervalRows } from '../../src/learning/charts/interval-rows.ts';
import { seriesName } from '../../src/learning/charts/series.ts';
import { findMetric, titleOfPath } from '../../src/learning/metrics/metric-catalogue.ts';
import type { Row, Table } from './collect.ts';

/**
 * Widths of a panel alone, and of one beside another: with the names of the rows the chart fits a
 * column of text.
 */
const widths = { one: 340, several: 185 };
const spacing = 24;
const panelsAcross = 2;

/**
 * A panel for each value, a line for each row of the table: the single numbers as dots and, where
 * axes are averaged over, the mean as a stroke with its interval. The axis of a metric stays within
 * its range, where Student's t may leave it.
 */
export function tableChart(table: Table, title = defaultTitle(table)): TopLevelSpec {
  const across = Math.min(panelsAcross, table.values.length);
  const width = table.values.length === 1 ? widths.one : widths.several;
  return chart(title, subtitle(table), across * width + (across - 1) * spacing + 60, {
    columns: panelsAcross,
    spacing,
    concat: table.values.map((_, index) => panel(table, index, width)),
  });
}

export function defaultTitle({ over }: Table): string {
  return over.length === 0 ? 'Metrics' : `Mean over ${over.join(' and ')}`;
}

function subtitle({ labels, over, confidence, rows }: Table): string {
  if (over.length === 0)
    return labels.length === 0 ? 'One evaluation' : `By ${shown(labels).join(' and ')}`;
  const hasMeans = rows.some(({ cells }) =>
    cells.some((cell) => cell !== undefined && cell.points.length > 1),
  );
  if (!hasMeans) return `One ${over.join(' and ')} each`;
  return `Dots: each ${over.join(' and ')}; stroke: mean; line: its ${formatLevel(confidence)} t interval`;
}

/** The labels that name a row: a field of an axis says no more than the axis, and takes room. */
const shown = (labels: readonly string[]): readonly string[] =>
  labels.filter((name) => !name.includes('.') || !labels.includes(name.split('.')[0]!));

function nameOf({ labels }: Row): string {
  const names = shown(Object.keys(labels));
  return seriesName(Object.fromEntries(names.map((name) => [name, labels[name]!])));
}

function panel({ values, over, rows }: Table, index: number, width: number): Part {
  const cells = rows.flatMap((row) => {
    const cell = row.cells[index];
    return cell === undefined ? [] : [{ name: nameOf(row), ...cell }];
  });
  const points = cells.flatMap(({ name, points }) =>
    points.map(({ labels, value }) => ({ name, ...labels, value })),
  );
  const value = values[index]!;
  const isMean = over.length > 0;
  const drawn = [
    ...points.map(({ value }) => value),
    ...(isMean ? cells.flatMap(({ low, high }) => [low, high]) : []),
  ];
  return intervalRows(
    cells.map(({ name, mean, low, high }) => ({ name, value: mean, ...(isMean && { low, high }) })),
    {
      dataName: `values-${index}`,
      label: titleOfPath(value),
      width,
      domain: domainOf(drawn, findMetric(value)?.range),
      names: rows.map(nameOf),
      showsNames: index % panelsAcross === 0,
      ...(isMean && { points }),
    },
  );
}
