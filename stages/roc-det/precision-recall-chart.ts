import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../src/charts/chart-title.ts';
import { formatLevel, formatShare } from '../../src/charts/format-number.ts';
import { simplifyLine } from '../../src/charts/simplify-line.ts';
import { ink } from '../../src/charts/theme.ts';
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
import type { MeasuredModel, Point } from './measure.ts';
import { bandText, type Frame, formatInterval, imagesText, titled } from './texts.ts';

/**
 * Precision against recall, by steps: between two points of the ranking neither changes evenly. The line of chance lies at
 * the share of fakes, where calling everything fake would be.
 */
export function precisionRecallChart(models: readonly MeasuredModel[], frame: Frame): TopLevelSpec {
  const isOne = models.length === 1;
  const axis = (title: string) => ({ title, scale: { domain: [0, 1] }, axis: { tickCount: 5, format: '.1f' } });
  const [x, y] = [axis('Recall (share of fakes called fake)'), axis('Precision (share of those called fake that are)')];
  const best = models.toSorted((a, b) => b.averagePrecision.estimate - a.averagePrecision.estimate)[0]!;
  const prevalence = best.fake / (best.fake + best.real);
  const series = models.map(
    ({ name, averagePrecision, precisionRecall }): Series => ({
      name: `${name}: ${formatInterval(averagePrecision)}`,
      points: simplifyLine(steps(precisionRecall.points), invisible),
      band: models.length <= mostBands ? precisionRecall.band : [],
    }),
  );
  const finding = `${isOne ? '' : 'highest '}average precision ${formatInterval(best.averagePrecision)}${isOne ? '' : ` by ${best.name}`}, ${prevalence.toFixed(3)} by chance`;
  const notes = [imagesText(models, frame), ...bandText(frame, series)];
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
      ...curveLayers(series, isOne ? undefined : `Average precision, ${formatLevel(frame.confidence)} interval`, x, y),
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
