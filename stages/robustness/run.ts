import { writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import { formatEstimate, formatLevel, formatP } from '../../src/format-numbers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import {
  formatArea,
  formatAreaDifference,
} from '../../src/learning/metrics/comparison/format-areas.ts';
import { differenceOf } from '../../src/learning/metrics/comparison/row-statistics.ts';
import { fewGroups } from '../../src/learning/metrics/few-groups.ts';
import { aucInterval } from '../../src/learning/metrics/intervals/auc-interval.ts';
import { readSplitScores } from '../../src/learning/metrics/scores/read-split-scores.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { type Change, type ChangedScores, compareChanges, type Strength } from './changes.ts';
import { robustnessChart, titleOfChange } from './chart.ts';
import type { RobustnessSettings } from './spec.ts';

type Context = StageContext<RobustnessSettings>;

export default async function run(context: Context): Promise<void> {
  const { split, titles, confidence, title } = context.settings;
  const unchanged = read(context.input('unchanged'), 'unchanged', context.settings);
  const changed = context
    .inputs('changed')
    .map((input) => read(input, 'changed', context.settings));
  const changes = compareChanges(unchanged, changed, confidence);
  if (!changes.ok) throw new StageError(`Input "changed": ${changes.error}.`);
  const labels = unchanged.rows.map(({ label }) => label);
  const groups = unchanged.rows.map(({ group }) => group);
  const few = fewGroups({ labels, groups }, unchanged.sides, split);
  if (few !== undefined) context.warn(few);
  const usual = aucInterval({ labels, groups }, unchanged.rows.map(differenceOf), confidence);

  writeFileSync(context.output('table'), formatTable(changes.value));
  const chart = robustnessChart(changes.value, usual, {
    title: title ?? `AUC on ${split} of changed images`,
    split,
    titles,
    confidence,
  });
  await renderOutput(context, 'chart', chart);
  const level = formatLevel(confidence);
  context.highlight({
    title: `Changed images of ${split} against unchanged ones, AUC ${formatEstimate(usual, formatArea)}`,
    columns: ['change', 'strength', 'AUC', `changed − unchanged, ${level}`, 'p (Holm)'],
    rows: changes.value.flatMap((change) =>
      change.strengths.map(({ strength, auc, difference, adjustedP }) => [
        titleOfChange(change, titles),
        strength,
        formatArea(auc.estimate),
        formatAreaDifference({ ...difference, estimate: difference.difference }),
        formatP(adjustedP),
      ]),
    ),
    conclusion: conclusion(changes.value, titles),
  });
}

function read(
  { path, labels }: InputArtifact,
  port: string,
  settings: RobustnessSettings,
): ChangedScores {
  const { rows, names } = readSplitScores(path, settings.split, `input "${port}"`, settings);
  return { labels, rows, sides: names };
}

function formatTable(changes: readonly Change[]): string {
  return csvTable(
    changes.flatMap(({ stage, axis, strengths }) =>
      strengths.map(({ strength, images, auc, difference, adjustedP }) => ({
        stage: stage ?? '',
        axis,
        strength,
        images,
        auc: auc.estimate,
        aucLow: auc.low,
        aucHigh: auc.high,
        difference: difference.difference,
        differenceLow: difference.low,
        differenceHigh: difference.high,
        p: difference.p,
        adjustedP,
      })),
    ),
  );
}

/** The level at which a change counts as one. */
const level = 0.05;

/** Which changes cost something, by the adjusted tests. */
function conclusion(changes: readonly Change[], titles: Readonly<Record<string, string>>): string {
  const isLower = ({ adjustedP, difference }: Strength) =>
    adjustedP < level && difference.difference < 0;
  const lowered = changes.flatMap((change) => {
    const strengths = change.strengths.filter(isLower).map(({ strength }) => strength);
    return strengths.length === 0
      ? []
      : [`${titleOfChange(change, titles)} (${strengths.join(', ')})`];
  });
  const rule = `by paired tests at 5 % over all strengths`;
  if (lowered.length === 0) return `No change lowers the AUC, ${rule}.`;
  return `The AUC is lower, ${rule}, for ${lowered.join('; ')}.`;
}
