import { groupBy } from '../../group-by.ts';
import { axisTitle } from '../../learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../learning/training/splits.ts';
import { thinned } from '../../reported-curves.ts';
import type { Comparison } from './compare-subjects.ts';
import type { CurvePanel, SubjectLine } from './curve-groups.ts';

/** More points of all lines of a panel make a page slow. */
const mostPoints = 20_000;
const leastOfLine = 40;

/** The training histories and reported curves of subjects, a panel for each measure. */
export function comparedCurves({ histories, curves }: Comparison): readonly CurvePanel[] {
  const panels = [
    ...histories.flatMap(({ stage, of }) => {
      const splits = of.flatMap((history) => history?.splits ?? []);
      const split = splits.includes(selectionSplit) ? selectionSplit : splits[0]!;
      return (['accuracy', 'loss'] as const).map((field): CurvePanel => {
        const lines = of.map((history, subject): SubjectLine => {
          const rows = history?.epochs ?? [];
          return {
            subject,
            points: rows.map(({ epoch, splits }) => [epoch, splits[split]?.[field] ?? null]),
          };
        });
        const name = `${stage}, ${field} on ${split}`;
        return { name, unit: 'epoch', axis: axisTitle(field), lines };
      });
    }),
    ...curves.flatMap(({ stage, of }) => {
      const all = of.flatMap((curves, subject) => curves.map((curve) => ({ curve, subject })));
      const measures = groupBy(all, ({ curve: { name, unit } }) => JSON.stringify([unit, name]));
      return Array.from(measures.values(), (owned): CurvePanel => {
        const { name: measure, unit } = owned[0]!.curve;
        const lines = owned.map(({ curve, subject }) => ({ subject, points: curve.points }));
        return { name: `${stage}, ${measure}`, unit, axis: measure, lines };
      });
    }),
  ];
  return panels.map(drawable).filter(({ lines }) => lines.length > 0);
}

/** Lines with at least two numbers, of long ones evenly spaced points. */
function drawable(panel: CurvePanel): CurvePanel {
  const lines = panel.lines.filter(
    ({ points }) => points.filter(([, value]) => value !== null).length > 1,
  );
  const most = Math.max(leastOfLine, Math.floor(mostPoints / lines.length));
  return {
    ...panel,
    lines: lines.map(({ subject, points }) => ({
      subject,
      points: thinned(points, most).map(([step, value]) => [
        step,
        value && Number(value.toPrecision(6)),
      ]),
    })),
  };
}
