import type { TopLevelSpec } from 'vega-lite';
import { simplifyLine } from '../../src/charts/simplify-line.ts';
import { ink } from '../../src/charts/theme.ts';
import type { Ranking, ScoreRoc } from './ranking.ts';

const side = 380;

/** A tenth of a pixel of the chart's picture at two pixels per unit. */
const invisible = 0.1 / (2 * side);

/**
 * The receiver operating characteristic of both scores on one square, chance dashed. The data is tidy: a row for each
 * point, `score` telling the curves apart.
 */
export function rocChart(ranking: Ranking, title = `ROC on ${ranking.split}`): TopLevelSpec {
  const curves = [
    { name: `second (fake), AUC ${ranking.second.auc.toFixed(3)}`, roc: ranking.second },
    { name: `first (real), AUC ${ranking.first.auc.toFixed(3)}`, roc: ranking.first },
  ];
  const count = (value: number) => value.toLocaleString('en-US');
  const axis = (channel: 'x' | 'y', name: string) => ({
    field: channel,
    type: 'quantitative' as const,
    title: name,
    scale: { domain: [0, 1] },
    axis: { tickCount: 5, format: '.1f' },
  });
  return {
    title: {
      text: title,
      subtitle: `${count(ranking.real)} real and ${count(ranking.fake)} fake images; fake is positive for both scores`,
    },
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
        data: { name: 'roc', values: curves.flatMap(({ name, roc }) => rowsOf(name, roc)) },
        mark: { type: 'line' },
        encoding: {
          x: axis('x', 'False positive rate'),
          y: axis('y', 'True positive rate'),
          order: { field: 'point' },
          color: {
            field: 'score',
            type: 'nominal',
            title: 'Ranked by score',
            scale: { domain: curves.map(({ name }) => name) },
            legend: { symbolType: 'stroke', orient: 'bottom', direction: 'vertical', titleAnchor: 'start' },
          },
        },
      },
    ],
  };
}

function rowsOf(score: string, { points }: ScoreRoc) {
  return simplifyLine(points, invisible).map(({ x, y }, point) => ({ score, point, x, y }));
}
