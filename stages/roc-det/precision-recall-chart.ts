import type { TopLevelSpec } from 'vega-lite';
import { formatShare } from '../../src/format-numbers.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { simplifyLine } from '../../src/learning/charts/simplify-line.ts';
import { ink } from '../../src/learning/charts/theme.ts';
import {
  curveLayers,
  guide,
  invisible,
  type Layers,
  mostBands,
  type Series,
  side,
  titleWidth,
} from './curve-layers.ts';
import { haveRuns, type Line, numberOf, runsOf } from './lines.ts';
import type { Point } from './measure.ts';
import {
  bandText,
  type Frame,
  formatInterval,
  formatOfLine,
  imagesText,
  legendTitle,
  lineName,
  runsText,
  titled,
} from './texts.ts';

/**
 * Precision against recall, by steps: between two points of the ranking neither changes evenly. The line of chance lies at
 * the share of fakes, where calling everything fake would be.
 */
export function precisionRecallChart(lines: readonly Line[], frame: Frame): TopLevelSpec {
  const models = runsOf(lines);
  const isOne = models.length === 1;
  const axis = (title: string) => ({ title, scale: { domain: [0, 1] }, axis: { tickCount: 5, format: '.1f' } });
  const [x, y] = [axis('Recall (share of fakes called fake)'), axis('Precision (share of those called fake that are)')];
  const precisionOf = (line: Line) => numberOf(line, ({ averagePrecision }) => averagePrecision);
  const best = lines.toSorted((a, b) => precisionOf(b).estimate - precisionOf(a).estimate)[0]!;
  const { real, fake } = best.runs[0]!;
  const prevalence = fake / (fake + real);
  const hasBand = models.length <= mostBands && !haveRuns(lines);
  const series = lines.map(
    (line): Series => ({
      name: `${lineName(line)}: ${formatInterval(precisionOf(line))}`,
      curves: line.runs.map(({ precisionRecall }) => simplifyLine(steps(precisionRecall.points), invisible)),
      band: hasBand ? line.runs[0]!.precisionRecall.band : [],
    }),
  );
  const isAlone = lines.length === 1;
  const precision = isAlone
    ? `average precision ${formatOfLine(best, precisionOf(best))}`
    : `highest average precision ${formatInterval(precisionOf(best))} by ${best.name}`;
  const finding = `${precision}, ${prevalence.toFixed(3)} by chance`;
  const notes = [imagesText(models, frame), ...runsText(lines, frame), ...bandText(frame, series)];
  return {
    title: chartTitle(titled(frame, 'Precision-recall', finding), notes.join('; '), titleWidth),
    width: side,
    height: side,
    layer: [
      guide(
        [
          { x: 0, y: prevalence },
          { x: 1, y: prevalence },
        ],
        { color: ink.medium, strokeWidth: 1, strokeDash: [4, 4] },
        x,
        y,
      ),
      chanceText(prevalence, y),
      ...curveLayers(series, isOne ? undefined : legendTitle('Average precision', lines, frame), x, y),
    ],
  };
}

/** Up to each recall, the precision of the threshold that reaches it; those that reach none are not drawn. */
function steps(points: readonly Point[]): readonly Point[] {
  const reached = points.filter(({ x }) => x > 0);
  return reached.flatMap((point, i) => [{ x: i === 0 ? 0 : reached[i - 1]!.x, y: point.y }, point]);
}

/** Beside the line of chance, where no curve is. */
function chanceText(prevalence: number, y: object): Layers[number] {
  return {
    data: { values: [{ y: prevalence }] },
    mark: {
      ...{ type: 'text', align: 'left', baseline: 'middle', color: ink.medium },
      ...{ text: ['chance:', formatShare(prevalence), 'are fake'], lineHeight: 14, dy: -14 },
    },
    encoding: { x: { value: side + 6 }, y: { ...y, field: 'y', type: 'quantitative' } },
  };
}
