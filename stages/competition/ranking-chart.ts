import type { TopLevelSpec } from 'vega-lite';
import { formatEstimate, formatLevel } from '../../src/format-numbers.ts';
import { chart, domainOf } from '../../src/learning/charts/encoders.ts';
import { textWidth } from '../../src/learning/charts/fonts.ts';
import { intervalRows } from '../../src/learning/charts/interval-rows.ts';
import { type Ranked, type Tested, testedText } from './leaderboard.ts';
import type { RankBy } from './spec.ts';

const width = 320;
const longestName = 220;
const chance = 0.5;

/** The leaderboard as rows, the first on top: the AUC of each network with its interval. */
export function rankingChart(
  ranked: readonly Ranked[],
  tested: Tested,
  { confidence, rankBy }: { readonly confidence: number; readonly rankBy: RankBy },
): TopLevelSpec {
  const rows = ranked.map(({ rank, name, auc }) => ({
    name: `${rank}. ${name}`,
    value: auc.estimate,
    low: auc.low,
    high: auc.high,
    text: formatEstimate(auc),
  }));
  const label = `AUC on ${tested.split}`;
  const domain = domainOf(
    rows.flatMap(({ value, low, high }) => [value, low, high]),
    [0, 1],
  );
  const hasChance = domain[0] < chance && chance < domain[1];
  const notes = [
    testedText(tested),
    `lines: ${formatLevel(confidence)} intervals`,
    ...(rankBy === 'score' ? ['ranked by AUC and size'] : []),
    ...(hasChance ? ['dashed: chance'] : []),
  ];
  const room = Math.max(...rows.map(({ text }) => textWidth(text, 12)));
  return chart(
    `${label} by rank`,
    notes.join('; '),
    width + room + 90,
    intervalRows(rows, {
      dataName: 'ranking',
      label,
      domain,
      width,
      longestName,
      ruled: hasChance ? chance : undefined,
    }),
  );
}
