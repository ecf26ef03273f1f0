import { z } from 'zod';
import { positivePlural } from '../../src/default-class-names.ts';
import { namesSetting } from '../../src/learning/charts/names-setting.ts';
import { confidenceOf, drawsFrom } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { sidesMissing } from '../../src/learning/metrics/known-classes.ts';
import { classSettings } from '../../src/learning/metrics/scores/class-settings.ts';
import {
  unitSetting,
  videoMistakes,
  videoSettings,
} from '../../src/learning/metrics/scores/video-settings.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { flag, output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const settings = z.strictObject({
  split: text.default('test').describe('The split whose images are ranked.'),
  by: unitSetting('ranked', 'images'),
  ...videoSettings,
  confidence: confidenceOf('all intervals and bands'),
  draws: drawsFrom(100, ' and bands'),
  seed: z.int().default(7).describe('Seed of the bootstrap.'),
  calibrateOn: text
    .default('val')
    .describe(
      'The split on which the temperature of the reliability diagram is fitted; no temperature where the scores lack it.',
    ),
  over: uniqueList(text, 'axis')
    .default([])
    .describe(
      'Axes whose values are runs of one model, such as [seed]: drawn and tested as one model, or class by class, with separate spreads over runs and over test images.',
    ),
  bothScores: flag.describe(
    'Draws the ROC and the DET of a single model by its first score too: the two curves mirror each other.',
  ),
  ...classSettings,
  names: namesSetting,
  title: text.optional().describe('Replaces the split and the values of the matrix in the titles.'),
});
export type RocDetSettings = z.infer<typeof settings>;

export const spec = defineKind<RocDetSettings>({
  name: 'roc-det',
  version: 21,
  summary:
    'Ranks the images of a split by the scores of one model or of several: ROC, DET, precision-recall and reliability ' +
    'with their intervals, a ranking, and paired tests between the models.',
  settings,
  inputs: {
    scores: {
      type: 'scores',
      summary:
        'Scores of one model or of several, as evaluate writes them. Of one model with more than two classes and no `positive`, every class is ranked against all others; of its runs, with `over`, too.',
      list: true,
      labelled: true,
    },
  },
  axes: { over: ['scores'] },
  outputs: {
    roc: output.chart('Receiver operating characteristic: spec with its data, SVG and PNG.'),
    det: output.chart(
      'Detection error tradeoff on axes of normal deviates, with the equal error rate.',
    ),
    precisionRecall: output.chart('Precision against recall, with the precision of chance.'),
    reliability: output.chart(
      `The share of positives, such as ${positivePlural}, among images of about the same probability, and how many images have it.`,
    ),
    metrics: output.metrics(
      'JSON: AUC, equal error rate, average precision, calibration error; by model where there are several.',
    ),
    table: output.table('CSV: the models by AUC, every number with its interval.'),
    tests: output.table(
      'CSV: differences of every pair of models on the images that all scored, with intervals and p-values.',
    ),
  },
  check(settings) {
    const { split, calibrateOn } = settings;
    const message = `expected another split than "${split}", on which the temperature is judged`;
    return [
      ...mistakeIf(split === calibrateOn && calibrateOn !== 'val', ['calibrateOn'], message),
      ...videoMistakes(settings),
    ];
  },
  checkInputs({ positive, bothScores, over }, inputs) {
    const models = inputs('scores').map(({ labels }) => {
      const named = Object.entries(labels).filter(([axis]) => !over.includes(axis));
      return JSON.stringify(named.sort());
    });
    return bothScores || new Set(models).size > 1
      ? sidesMissing(positive, inputs, 'scores', { showsOne: !bothScores, takesRuns: true })
      : [];
  },
  example: `roc:
  kind: roc-det
  inputs: { scores: [score.scores] } # every instance of a matrix is a curve
  with: { split: test }
`,
});
