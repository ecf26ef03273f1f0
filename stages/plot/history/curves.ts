import { readFileSync } from 'node:fs';
import { groupOver } from '../../../src/learning/charts/series.ts';
import { type History, parseHistory } from '../../../src/learning/training/history.ts';
import { type InputArtifact, StageError } from '../../../src/stage.ts';
import { thereAre } from '../../../src/suggest.ts';
import { type DrawForm, describeInput } from '../inputs.ts';
import { curvesChart } from './curves-chart.ts';
import type { Run } from './curves-data.ts';

export const draw: DrawForm = ({ inputs, settings }) => {
  const { over = [], band = 'range', title } = settings;
  const runs = inputs('history').map(readRun);
  const splits = splitsOf(runs, settings.splits);
  return curvesChart(groupOver(runs, over), { splits, over, band, title });
};

function readRun({ path, labels }: InputArtifact): Run {
  const history = parseHistory(readFileSync(path, 'utf8'));
  const what = describeInput('history', labels);
  if (!history.ok) throw new StageError(`${what}: ${history.error}`);
  const { epochs, chosenEpoch }: History = history.value;
  if (epochs.length === 0) throw new StageError(`${what}: expected at least one epoch, got none`);
  if (!epochs.some(({ epoch }) => epoch === chosenEpoch)) {
    throw new StageError(`${what}: expected the chosen epoch among the epochs, got ${chosenEpoch}`);
  }
  return { labels, history: history.value };
}

/** Those wanted, or all that any run has. */
function splitsOf(runs: readonly Run[], wanted: readonly string[] | undefined): readonly string[] {
  const known = [...new Set(runs.flatMap(({ history }) => history.splits))];
  const unknown = wanted?.find((split) => !known.includes(split));
  if (unknown !== undefined) {
    throw new StageError(
      `Expected a split of the histories in "splits", got "${unknown}". ${thereAre(unknown, known)}`,
    );
  }
  return wanted ?? known;
}
