import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../src/charts/chart-title.ts';
import { formatLevel } from '../../src/charts/format-number.ts';
import { simplifyLine } from '../../src/charts/simplify-line.ts';
import { ink } from '../../src/charts/theme.ts';
import type { ModelComparison } from '../../src/metrics/compare-models.ts';
import { curveLayers, guide, invisible, mostBands, type Series, side, titleWidth } from './curve-layers.ts';
import type { MeasuredModel, Point } from './measure.ts';
import { bandText, type Frame, formatInterval, imagesText, leaderTest, leaderText, titled } from './texts.ts';

/**
 * The receiver operating characteristic on a square, chance dashed: of one model by its second score and by its first, of
 * several each by its second. The scores are taken as probabilities, which sum to 1, so that both rank alike, in opposite
 * order: with fake as the positive class throughout, the curves mirror each other and their areas sum to 1.
 */
export function rocChart(
  models: readonly MeasuredModel[],
  pairs: readonly ModelComparison[],
  frame: Frame,
): TopLevelSpec {
  const axis = (title: string) => ({ title, scale: { domain: [0, 1] }, axis: { tickCount: 5, format: '.1f' } });
  const [x, y] = [axis('False positive rate (real called fake)'), axis('True positive rate (fake called fake)')];
  const [first] = models as readonly [MeasuredModel];
  const isOne = models.length === 1;
  const series = isOne ? bothScores(first) : models.map((model) => ofModel(model, models.length <= mostBands));
  const finding = isOne
    ? `AUC ${formatInterval(first.auc)} by the second score, ${complement(first.auc.estimate)} by the first`
    : leaderText(models, pairs, frame.confidence);
  const notes = [
    imagesText(models, frame),
    ...(isOne ? ['fake is positive for both scores, so their areas sum to 1'] : [leaderTest(models, pairs)]),
    ...bandText(frame, series),
  ];
  return {
    title: chartTitle(titled(frame, 'ROC', finding), notes.join('; '), titleWidth),
    width: side,
    height: side,
    layer: [
      guide(
        [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
        { color: ink.medium, strokeWidth: 1, strokeDash: [4, 4] },
        x,
        y,
      ),
      ...curveLayers(series, isOne ? 'Ranked by' : `AUC, ${formatLevel(frame.confidence)} interval`, x, y),
    ],
  };
}

function ofModel({ name, auc, roc }: MeasuredModel, hasBand: boolean): Series {
  return { name: `${name}: ${formatInterval(auc)}`, points: simplify(roc.points), band: hasBand ? roc.band : [] };
}

function bothScores({ auc, roc }: MeasuredModel): Series[] {
  // Ranked the other way round, each point is what lies below a threshold instead of above.
  const mirrored = roc.points.map(({ x, y }) => ({ x: 1 - x, y: 1 - y })).reverse();
  return [
    { name: `second score (fake), AUC ${auc.estimate.toFixed(3)}`, points: simplify(roc.points), band: roc.band },
    { name: `first score (real), AUC ${complement(auc.estimate)}`, points: simplify(mirrored), band: [] },
  ];
}

/** One less the area as it is printed, so that the two add up as printed too. */
function complement(area: number): string {
  return (1 - Number(area.toFixed(3))).toFixed(3);
}

function simplify(points: readonly Point[]): readonly Point[] {
  return simplifyLine(points, invisible);
}
