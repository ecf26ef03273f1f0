import { writeFileSync } from 'node:fs';
import { formatLevel } from '../../src/format-numbers.ts';
import { latexNote, latexTable } from '../../src/latex-table.ts';
import { escapeXml } from '../../src/learning/charts/escape-xml.ts';
import { fontFamily } from '../../src/learning/charts/fonts.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { writeDrawing } from '../../src/learning/charts/render-png.ts';
import { wrapText } from '../../src/learning/charts/wrap-text.ts';
import { bothLevelsTable } from '../../src/learning/metrics/both-levels.ts';
import {
  type MatchedScores,
  matchScores,
} from '../../src/learning/metrics/comparison/match-scores.ts';
import { differenceOf } from '../../src/learning/metrics/comparison/row-statistics.ts';
import { distinctNames } from '../../src/learning/metrics/distinct-names.ts';
import { fewGroups } from '../../src/learning/metrics/few-groups.ts';
import { aucInterval } from '../../src/learning/metrics/intervals/auc-interval.ts';
import { pairByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { distinctTables } from '../../src/learning/metrics/scores/aggregate-videos.ts';
import { readSplitScores } from '../../src/learning/metrics/scores/read-split-scores.ts';
import { modelInputs } from '../../src/learning/models/model-inputs.ts';
import { markdownTable } from '../../src/markdown-table.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { openCandidate } from './candidate.ts';
import { competitionChart } from './chart.ts';
import {
  formatLeaderboard,
  formatMetrics,
  isNumeric,
  leaderboardTable,
  type Ranked,
  rank,
  testedText,
} from './leaderboard.ts';
import { rankingChart } from './ranking-chart.ts';
import type { CompetitionSettings } from './spec.ts';
import { aucLead, type Lead, leadMetrics, leadTable, scoreLead } from './winner-lead.ts';

type Context = StageContext<CompetitionSettings>;

type Entrant = ReturnType<typeof enter>;

export default async function run(context: Context): Promise<void> {
  const { split, confidence, rankBy } = context.settings;
  const models = modelInputs(context, 'models');
  const pairs = pairByLabels(models, context.inputs('scores'), { one: 'model', other: 'scores' });
  const names = distinctNames(models);
  const entrants = pairs.map(({ one, other }, index) =>
    enter(one, other, names[index]!, context.settings),
  );
  const matched = match(context, entrants);
  const { sides, unit } = entrants[0]!;
  const few = fewGroups(matched, sides, split, unit);
  if (few !== undefined) context.warn(few);
  const ranked = rankEntrants(context, entrants, matched);
  const positive = matched.labels.filter((label) => label === 1).length;
  const lead = leadOfFirst(ranked, entrants, matched, context.settings);
  const tested = {
    split,
    unit,
    negative: matched.labels.length - positive,
    positive,
    sides,
  };
  writeFileSync(context.output('leaderboard'), formatLeaderboard(ranked));
  const { columns, rows } = leaderboardTable(ranked, rankBy);
  const markdown = markdownTable(columns, rows, isNumeric);
  writeFileSync(context.output('markdown'), `${markdown}\n`);
  const note = latexNote(
    `${formatLevel(confidence)} intervals in brackets; ${testedText(tested)} of ${split}`,
  );
  const latex = latexTable(columns, rows, isNumeric);
  writeFileSync(context.output('latex'), `${latex}\n${note}\n`);
  writeFileSync(
    context.output('metrics'),
    formatMetrics(ranked, tested, { confidence, rankBy, lead: lead && leadMetrics(lead) }),
  );
  await renderOutput(context, 'chart', competitionChart(ranked, tested, context.settings));
  await renderOutput(context, 'ranking', rankingChart(ranked, tested, context.settings));
  await draw(context, ranked, entrants);
  context.highlight({ title: `Leaderboard on ${split}`, columns, rows });
  const levels = bothLevelsTable(entrants, confidence);
  if (levels !== undefined) context.highlight(levels);
  for (const table of distinctTables(entrants)) context.highlight(table);
  if (lead !== undefined) {
    context.highlight(leadTable(lead, ranked[0]!.name, formatLevel(confidence)));
  }
}

function enter(
  model: InputArtifact,
  scores: InputArtifact,
  name: string,
  settings: CompetitionSettings,
) {
  const candidate = openCandidate(model.path);
  const {
    rows,
    names: sides,
    unit,
    videos,
    imageRows,
  } = readSplitScores(scores.path, settings.split, `input "scores" of ${name}`, settings);
  return {
    name,
    candidate,
    parameters: candidate.parameters,
    rows,
    sides,
    unit,
    videos,
    imageRows,
  };
}

/** The images that all candidates scored, since AUCs on different images do not compare. */
function match(context: Context, entrants: readonly Entrant[]): MatchedScores {
  const matched = matchScores(entrants);
  if (!matched.ok) throw new StageError(`input "scores": ${matched.error}.`);
  const { unmatched } = matched.value;
  const lost = entrants.flatMap(({ name }, i) =>
    unmatched[i] === 0 ? [] : [`${unmatched[i]} of ${name}`],
  );
  if (lost.length > 0)
    context.warn(`Images that some candidates have not scored are left out: ${lost.join(', ')}.`);
  return matched.value;
}

function rankEntrants(
  { settings }: Context,
  entrants: readonly Entrant[],
  matched: MatchedScores,
): readonly Ranked[] {
  const { labels, groups, models } = matched;
  const { confidence, rankBy } = settings;
  return rank(
    entrants.map(({ name, parameters }, i) => {
      const scores = models[i]!.map(differenceOf);
      return { name, parameters, auc: aucInterval({ labels, groups }, scores, confidence) };
    }),
    rankBy,
  );
}

/** The lead of the first over the second; undefined for a single candidate. */
function leadOfFirst(
  [winner, second]: readonly Ranked[],
  entrants: readonly Entrant[],
  { labels, groups, models }: MatchedScores,
  { confidence, rankBy }: CompetitionSettings,
): Lead | undefined {
  if (winner === undefined || second === undefined) return undefined;
  const withScores = ({ name, parameters, auc }: Ranked) => {
    const rows = models[entrants.findIndex((entrant) => entrant.name === name)]!;
    return { name, parameters, scores: rows.map(differenceOf), area: auc.estimate };
  };
  const leadBy = { score: scoreLead, auc: aucLead }[rankBy];
  return leadBy({ labels, groups }, withScores(winner), withScores(second), confidence);
}

async function draw(
  context: Context,
  ranked: readonly Ranked[],
  entrants: readonly Entrant[],
): Promise<void> {
  const winners = ranked.filter(({ rank }) => rank === 1);
  const [winner] = winners as [Ranked, ...Ranked[]];
  if (winners.length > 1) {
    context.warn(
      `${winners.map(({ name }) => name).join(', ')} share first place; the drawing shows ${winner.name}.`,
    );
  }
  const { candidate } = entrants.find(({ name }) => name === winner.name)!;
  const drawn = await candidate.draw(winner.name);
  if (!drawn.ok) context.warn(`${winner.name}, the winner, could not be drawn: ${drawn.error}.`);
  const svg = drawn.ok
    ? drawn.value
    : drawMessage(`${winner.name} could not be drawn: ${drawn.error}.`);
  writeDrawing(context.output('drawing'), 'winner', svg);
}

function drawMessage(message: string): string {
  const width = 480;
  const size = 13;
  const lines = wrapText(message, width - 2 * size, { size });
  const texts = lines.map(
    (line, i) => `<text x="${size}" y="${(i + 2) * 1.4 * size}">${escapeXml(line)}</text>`,
  );
  const height = Math.ceil((lines.length + 2) * 1.4 * size);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${fontFamily}" font-size="${size}">${texts.join('')}</svg>\n`;
}
