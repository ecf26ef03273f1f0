import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { simplifyLine } from '../../src/learning/charts/simplify-line.ts';
import { ink } from '../../src/learning/charts/theme.ts';
import type { ModelComparison } from '../../src/learning/metrics/comparison/compare-models.ts';
import { curveLayers, guide, invisible, mirrored, mostBands, type Series, side, titleWidth } from './curve-layers.ts';
import { haveRuns, type Line, numberOf, runsOf } from './lines.ts';
import type { MeasuredModel, Point } from './measure.ts';
import {
  bandText,
  type Frame,
  formatInterval,
  formatOfLine,
  imagesText,
  leaderTest,
  leaderText,
  legendTitle,
  lineName,
  runsText,
  titled,
} from './texts.ts';

/**
 * The receiver operating characteristic on a square, chance dashed: of one model by its second score and by its first, of
 * several each by its second. The scores are taken as probabilities, which sum to 1, so that both rank alike, in opposite
 * order: with fake as the positive class throughout, the curves mirror each other and their areas sum to 1.
 */
export function rocChart(lines: readonly Line[], pairs: readonly ModelComparison[], frame: Frame): TopLevelSpec {
  const models = runsOf(lines);
  const axis = (title: string) => ({ title, scale: { domain: [0, 1] }, axis: { tickCount: 5, format: '.1f' } });
  const [x, y] = [axis('False positive rate (real called fake)'), axis('True positive rate (fake called fake)')];
  const [first] = models as readonly [MeasuredModel];
  const isOne = models.length === 1;
  const series = isOne
    ? bothScores(first)
    : lines.map((line) => ofLine(line, models.length <= mostBands && !haveRuns(lines)));
  const finding = isOne
    ? `AUC ${formatInterval(first.auc)} by the second score, ${complement(first.auc.estimate)} by the first`
    : lines.length === 1
      ? `AUC ${formatOfLine(lines[0]!, areaOf(lines[0]!))}`
      : leaderText(lines.map(named), pairs, frame.confidence);
  const notes = [
    imagesText(models, frame),
    ...(isOne
      ? ['fake is positive for both scores, so their areas sum to 1']
      : lines.length === 1
        ? []
        : [leaderTest(lines.map(named), pairs)]),
    ...runsText(lines, frame),
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
      ...curveLayers(series, isOne ? 'Ranked by' : legendTitle('AUC', lines, frame), x, y),
    ],
  };
}

const areaOf = (line: Line) => numberOf(line, ({ auc }) => auc);
const named = (line: Line) => ({ name: line.name, auc: areaOf(line) });

function ofLine(line: Line, hasBand: boolean): Series {
  return {
    name: `${lineName(line)}: ${formatInterval(areaOf(line))}`,
    curves: line.runs.map(({ roc }) => simplify(roc.points)),
    band: hasBand ? line.runs[0]!.roc.band : [],
  };
}

function bothScores({ auc, roc }: MeasuredModel): Series[] {
  return [
    { name: `second score (fake), AUC ${auc.estimate.toFixed(3)}`, curves: [simplify(roc.points)], band: roc.band },
    { name: `first score (real), AUC ${complement(auc.estimate)}`, curves: [simplify(mirrored(roc.points))], band: [] },
  ];
}

/** One less the area as it is printed, so that the two add up as printed too. */
function complement(area: number): string {
  return (1 - Number(area.toFixed(3))).toFixed(3);
}

function simplify(points: readonly Point[]): readonly Point[] {
  return simplifyLine(points, invisible);
}
