import { z } from 'zod';
import { confidenceOf } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { sidesMissing } from '../../src/learning/metrics/known-classes.ts';
import { classSettings } from '../../src/learning/metrics/scores/class-settings.ts';
import {
  unitSetting,
  videoMistakes,
  videoSettings,
} from '../../src/learning/metrics/scores/video-settings.ts';
import { countedOnnxPort } from '../../src/learning/models/network-ports.ts';
import { oneInput } from '../../src/setting-mistakes.ts';
import { output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

/** What ranks the candidates. */
const rankings = ['score', 'auc'] as const;
export type RankBy = (typeof rankings)[number];

const settings = z.strictObject({
  split: text.default('test').describe('The split whose AUC counts.'),
  rankBy: z
    .enum(rankings)
    .default('score')
    .describe(
      'score: AUC and size, by the formula. auc: the AUC alone, where size does not count; tables for people then have no score.',
    ),
  by: unitSetting('ranked', 'images'),
  ...videoSettings,
  ...classSettings,
  confidence: confidenceOf('the intervals'),
  seed: z.int().nonnegative().default(7).describe('Seed of the bootstrap.'),
  title: text
    .optional()
    .describe('The title of the chart; by default it says what the chart shows.'),
});
export type CompetitionSettings = z.output<typeof settings>;

export const spec = defineKind<CompetitionSettings>({
  name: 'competition',
  version: 16,
  summary:
    'Ranks models by 1 / (1 + log10 n) · 100^(10 (AUC − 90) / 100), with n their learnable parameters and the AUC in per cent: ' +
    'the AUC counts most, and of equal ones the smaller network wins. Or by the AUC alone.',
  settings,
  inputs: {
    models: { type: 'model', summary: 'The candidates.', list: true, optional: true },
    onnx: { ...countedOnnxPort, list: true },
    scores: {
      type: 'scores',
      summary: 'The scores of each, in the same order, as evaluate writes them.',
      list: true,
    },
  },
  outputs: {
    leaderboard: output.table(
      'CSV, best first: rank, model, parameters, AUC and score with their intervals, whether on the Pareto front.',
    ),
    markdown: output.markdown('The same for a report, rounded.'),
    latex: output.latex('The same for a paper: a table for LaTeX, with the package booktabs.'),
    metrics: output.metrics(
      'JSON: of every candidate its AUC, score, parameters and rank, with intervals, and how far the first is ahead of the second.',
    ),
    chart: output.chart(
      'AUC against parameters with the Pareto front, and the intervals of up to ten networks.',
    ),
    ranking: output.chart('A row for each network, the first on top: its AUC with the interval.'),
    drawing: output.images("The winner's network, drawn: SVG and PNG."),
  },
  check: (given, inputs) => [...oneInput(inputs, ['models', 'onnx']), ...videoMistakes(given)],
  checkInputs: ({ positive }, inputs) => sidesMissing(positive, inputs, 'scores'),
  example: `leaderboard:
  kind: competition
  inputs: { models: [fit.model], scores: [scores.scores] }
  with: { split: test }
`,
});
