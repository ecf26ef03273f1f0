import type { TopLevelSpec } from 'vega-lite';
import { chartTitle, withLabels } from '../../src/charts/chart-title.ts';
import { simplifyLine } from '../../src/charts/simplify-line.ts';
import { ink } from '../../src/charts/theme.ts';
import type { Ranking, ScoreRoc } from './ranking.ts';

const side = 380;

/** A tenth of a pixel of the chart's picture at two pixels per unit. */
const invisible = 0.1 / (2 * side);

/**
 * The receiver operating characteristic of the scores' difference, and of each score alone, on one square, chance
 * dashed. The data is tidy: a row for each point, `score` telling the curves apart.
 */
export function rocChart(ranking: Ranking, title = defaultTitle(ranking, {})): TopLevelSpec {
  const curves = [
    { name: `fake − real, AUC ${ranking.difference.auc.toFixed(3)}`, roc: ranking.difference },
    { name: `score of fake alone, AUC ${ranking.fakeScore.auc.toFixed(3)}`, roc: ranking.fakeScore },
    { name: `score of real alone (real is positive), AUC ${ranking.realScore.auc.toFixed(3)}`, roc: ranking.realScore },
  ];
  const count = (value: number) => value.toLocaleString('en-US');
  const axis = (channel: 'x' | 'y', name: string) => ({
    field: channel,
    type: 'quantitative' as const,
    title: name,
    scale: { domain: [0, 1] },
    axis: { tickCount: 5, format: '.1f' },
  });
  const domain = curves.map(({ name }) => name);
  const byScore = {
    field: 'score',
    type: 'nominal' as const,
    title: 'Ranked by',
    legend: {
      symbolType: 'stroke',
      orient: 'bottom' as const,
      direction: 'vertical' as const,
      titleAnchor: 'start' as const,
    },
  };
  return {
    title: chartTitle(
      title,
      `${count(ranking.real)} real and ${count(ranking.fake)} fake images; fake is positive`,
      side,
    ),
    width: side,
    height: side,
    layer: [
      {
        data: {
          values: [
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ],
        },
        mark: { type: 'line', color: ink.medium, strokeWidth: 1, strokeDash: [4, 4] },
        encoding: { x: axis('x', 'False positive rate'), y: axis('y', 'True positive rate') },
      },
      {
        data: { name: 'roc', values: curves.toReversed().flatMap(({ name, roc }) => rowsOf(name, roc)) }, // the main curve lies on top
        mark: { type: 'line' },
        encoding: {
          x: axis('x', 'False positive rate'),
          y: axis('y', 'True positive rate'),
          order: { field: 'point' },
          color: { ...byScore, scale: { domain } },
          strokeDash: { ...byScore, scale: { domain, range: [[], [8, 3], [2, 3]] } }, // told apart in grey, too
        },
      },
    ],
  };
}

/** Such as `ROC on test, seed 2: AUC 0.768`; `labels` say which instance of a matrix it is. */
export function defaultTitle({ split, difference }: Ranking, labels: Readonly<Record<string, string>>): string {
  return `${withLabels(`ROC on ${split}`, labels)}: AUC ${difference.auc.toFixed(3)}`;
}

function rowsOf(score: string, { points }: ScoreRoc) {
  return simplifyLine(points, invisible).map(({ x, y }, point) => ({ score, point, x, y }));
}
