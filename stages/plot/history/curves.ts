import { groupOver, seedsTogether } from '../../../src/learning/charts/series.ts';
import { parseHistory } from '../../../src/learning/training/history.ts';
import { describeInput, readInput, requireKnown } from '../../../src/read-input.ts';
import { type InputArtifact, StageError } from '../../../src/stage.ts';
import type { DrawForm } from '../forms/draw-form.ts';
import { curvesChart } from './curves-chart.ts';
import type { Run } from './curves-data.ts';

export const draw: DrawForm = ({ inputs, settings }) => {
  const { over = [], band = 'range', title } = settings;
  const runs = inputs('history').map(readRun);
  const known = [...new Set(runs.flatMap(({ history }) => history.splits))];
  requireKnown('a split of the histories in "splits"', settings.splits ?? [], known);
  return curvesChart(groupOver(seedsTogether(runs), over), {
    splits: settings.splits ?? known,
    over,
    band,
    title,
  });
};

function readRun(input: InputArtifact): Run {
  const history = readInput('history', input, parseHistory);
  const { epochs, chosenEpoch } = history;
  const what = describeInput('history', input.labels);
  if (epochs.length === 0) throw new StageError(`${what}: expected at least one epoch, got none`);
  if (!epochs.some(({ epoch }) => epoch === chosenEpoch)) {
    throw new StageError(`${what}: expected the chosen epoch among the epochs, got ${chosenEpoch}`);
  }
  return { labels: input.labels, history };
}
