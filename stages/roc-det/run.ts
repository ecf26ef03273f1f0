import { readFileSync, writeFileSync } from 'node:fs';
import { renderChart } from '../../src/charts/render-chart.ts';
import { parseScores, type ScoreRow } from '../../src/metrics/scores-file.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { defaultTitle, rocChart } from './chart.ts';
import { rankSplit } from './ranking.ts';

/** The kind's settings, as its spec parses them. */
interface RocSettings {
  readonly split: string;
  readonly title?: string | undefined;
}

export default async function run(context: StageContext<RocSettings>): Promise<void> {
  const { split, title } = context.settings;
  const { path, labels } = context.input('scores');
  const ranking = rankSplit(split, readSplit(path, split));
  const { real, fake } = ranking;
  if (real === 0 || fake === 0) {
    throw new StageError(
      `expected real and fake images in the split "${split}", got ${real} real and ${fake} fake: with one class there is nothing to rank`,
    );
  }
  const { difference, fakeScore, realScore } = ranking;
  const auc = { difference: difference.auc, fake: fakeScore.auc, real: realScore.auc };
  writeFileSync(
    context.output('metrics'),
    `${JSON.stringify({ split, images: real + fake, real, fake, auc }, null, 2)}\n`,
  );
  await renderChart(rocChart(ranking, title ?? defaultTitle(ranking, labels)), context.output('chart'), (line) =>
    context.warn(line),
  );
  context.highlight({
    title: `AUC on ${split}`,
    columns: ['ranked by', 'positive', 'AUC', 'images'],
    rows: [
      ['fake − real', 'fake', auc.difference.toFixed(4), real + fake],
      ['score of fake alone', 'fake', auc.fake.toFixed(4), real + fake],
      ['score of real alone', 'real', auc.real.toFixed(4), real + fake],
    ],
  });
}

function readSplit(path: string, split: string): readonly ScoreRow[] {
  const scores = parseScores(readFileSync(path, 'utf8'));
  if (!scores.ok) throw new StageError(`input "scores": ${scores.error}`);
  const rows = scores.value.filter((row) => row.split === split);
  if (rows.length > 0) return rows;
  const others = [...new Set(scores.value.map((row) => row.split))].map((name) => `"${name}"`).join(', ');
  throw new StageError(`expected images of the split "${split}" in the scores, got only ${others || 'an empty file'}`);
}
