import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import { chart, quantity } from '../../learning/charts/encoders.ts';
import { lineLayers } from '../../learning/charts/line-layers.ts';
import { theme } from '../../learning/charts/theme.ts';
import { axisTitle } from '../../learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../learning/training/splits.ts';
import { stepAxis } from '../curve-charts.ts';
import type { Comparison } from './compare-subjects.ts';
import type { ComparisonGrid, SettingColumn } from './comparison-grid.ts';

/** Subjects whose curves are drawn as one, with a band around it. */
export interface CurveGroup {
  readonly label: string;
  /** Their places in the comparison. */
  readonly subjects: readonly number[];
}

/** Beyond this many groups, bands hide each other. */
const mostGroups = 8;
const width = 400;
const height = 220;

/** Settings by whose value curves can be grouped: those of few values, fewer than subjects. */
export const groupingSettings = ({ settings, labels }: ComparisonGrid): readonly SettingColumn[] =>
  settings.filter(({ values }) => {
    const count = new Set(values).size;
    return count > 1 && count <= mostGroups && count < labels.length;
  });

/**
 * Subjects by the value of a setting; by the one with most values where none of this name is there.
 * One group for `all`, or where no setting serves.
 */
export function curveGroups(grid: ComparisonGrid, by: string): readonly CurveGroup[] {
  const settings = groupingSettings(grid);
  const count = ({ values }: SettingColumn) => new Set(values).size;
  const [most] = settings.toSorted((a, b) => count(b) - count(a));
  const setting = by === 'all' ? undefined : (settings.find(({ name }) => name === by) ?? most);
  const places = [...grid.labels.keys()];
  if (setting === undefined) return [{ label: 'all', subjects: places }];
  const short = setting.name.slice(setting.name.lastIndexOf('.') + 1);
  return Array.from(
    groupBy(places, (place) => setting.values[place] ?? null),
    ([value, subjects]) => ({ label: `${short} ${value ?? '–'}`, subjects }),
  );
}

/** One curve of a subject. */
interface Line {
  readonly subject: number;
  readonly points: readonly (readonly [step: number, value: number | null])[];
}

/**
 * The training histories and reported curves of many subjects: a line for the mean of each group,
 * and a band from its least to its greatest value.
 */
export function bandCharts(
  { histories, curves }: Comparison,
  groups: readonly CurveGroup[],
): readonly { readonly name: string; readonly spec: TopLevelSpec }[] {
  return [
    ...histories.flatMap(({ stage, of }) => {
      const splits = of.flatMap((history) => history?.splits ?? []);
      const split = splits.includes(selectionSplit) ? selectionSplit : splits[0]!;
      return (['accuracy', 'loss'] as const).map((field) => {
        const lines = of.map((history, subject): Line => {
          const rows = history?.epochs ?? [];
          return {
            subject,
            points: rows.map(({ epoch, splits }) => [epoch, splits[split]?.[field] ?? null]),
          };
        });
        const name = `${stage}, ${field} on ${split}`;
        const axes = { unit: 'epoch', title: axisTitle(field) };
        return { name, spec: bandChart(name, lines, groups, axes) };
      });
    }),
    ...curves.flatMap(({ stage, of }) => {
      const all = of.flatMap((curves, subject) => curves.map((curve) => ({ curve, subject })));
      const measures = groupBy(all, ({ curve: { name, unit } }) => JSON.stringify([unit, name]));
      return Array.from(measures.values(), (owned) => {
        const { name: measure, unit } = owned[0]!.curve;
        const lines = owned.map(({ curve, subject }): Line => ({ subject, points: curve.points }));
        const name = `${stage}, ${measure}`;
        return { name, spec: bandChart(name, lines, groups, { unit, title: measure }) };
      });
    }),
  ];
}

function bandChart(
  title: string,
  lines: readonly Line[],
  groups: readonly CurveGroup[],
  { unit, title: axis }: { readonly unit: string; readonly title: string },
): TopLevelSpec {
  const values = groups.flatMap(({ label, subjects }) => {
    const members = new Set(subjects);
    const points = lines
      .filter(({ subject }) => members.has(subject))
      .flatMap((line) => line.points);
    const bySteps = groupBy(
      points.filter(([, value]) => value !== null),
      ([step]) => step,
    );
    return Array.from(bySteps, ([step, stepPoints]) => {
      const numbers = stepPoints.map(([, value]) => value!);
      const sum = numbers.reduce((total, value) => total + value, 0);
      return {
        series: label,
        step,
        value: rounded(sum / numbers.length),
        low: rounded(Math.min(...numbers)),
        high: rounded(Math.max(...numbers)),
        count: numbers.length,
      };
    }).toSorted((a, b) => a.step - b.step);
  });
  const count = lines.filter(({ points }) => points.length > 0).length;
  const of = groups.length === 1 ? '' : 'each group of ';
  const reading = `Mean of ${of}${formatCountOf(count, 'curve')}; bands: least to greatest`;
  const names = groups.map(({ label }) => label);
  return chart(title, reading, width, {
    config: theme,
    width,
    height,
    data: { values },
    layer: lineLayers(names, {
      x: stepAxis(
        unit,
        values.map(({ step }) => step),
      ),
      y: quantity('value', axis),
      bands: true,
      legend: names.length === 1 ? null : { width },
      tooltip: { band: 'Least to greatest' },
    }),
  });
}

const rounded = (value: number): number => Number(value.toPrecision(6));
