import { writeFileSync } from 'node:fs';
import { csvLine } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatShare } from '../../src/format-numbers.ts';
import { parseHistory } from '../../src/learning/training/history.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { readInput } from '../../src/read-input.ts';
import type { Highlight, InputArtifact, StageContext } from '../../src/stage.ts';
import type { TrendsSettings } from './spec.ts';
import { curvesOf, keptOf } from './summarise.ts';

/** A training with the values of its axes. */
type Training = ReturnType<typeof readTraining>;

export default async function run(context: StageContext<TrendsSettings>): Promise<void> {
  const { confidence } = context.settings;
  const inputs = context.inputs('history');
  const axes = [...new Set(inputs.flatMap(({ labels }) => Object.keys(labels)))];
  const trainings = inputs.map((input) => readTraining(input, axes, confidence));
  const splits = [...new Set(trainings.flatMap(({ kept }) => Object.keys(kept.accuracy)))];
  const write = (port: string, columns: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
    writeFileSync(context.output(port), [[...axes, ...columns], ...rows].map(csvLine).join(''));
  write(
    'curves',
    ['split', 'measure', 'does', 'first', 'last', 'best', 'best epoch'],
    trainings.flatMap(({ labels, curves }) =>
      curves.map(({ split, measure, shape, first, last, best, bestEpoch }) => [
        ...[...labels, split, measure, shape, first, last, best, bestEpoch],
      ]),
    ),
  );
  write(
    'kept',
    [
      ...['epochs', 'kept'],
      ...splits.flatMap((split) => [`${split} accuracy`, `${split} majority`, `${split} loss`]),
      ...['val less test', 'low', 'high', 'collapsed to', 'epochs collapsed'],
    ],
    trainings.map(({ labels, kept }) => [...labels, ...keptRow(kept, splits)]),
  );
  writeFileSync(context.output('metrics'), formatJson(metricsOf(trainings, confidence)));
  context.highlight(highlight(trainings, axes, splits));
}

function readTraining(input: InputArtifact, axes: readonly string[], confidence: number) {
  const history = readInput('history', input, parseHistory);
  const labels = axes.map((axis) => input.labels[axis] ?? '');
  return { labels, curves: curvesOf(history), kept: keptOf(history, confidence) };
}

function keptRow(kept: Training['kept'], splits: readonly string[]): readonly (string | number)[] {
  const { epochs, epoch, accuracy, majority, loss, difference, collapsedTo, collapsedEpochs } = kept;
  return [
    ...[epochs, epoch],
    ...splits.flatMap((split) => [accuracy[split] ?? '', majority?.[split] ?? '', loss[split] ?? '']),
    ...(difference ? [difference.value, difference.low, difference.high] : ['', '', '']),
    ...[collapsedTo ?? 'none', collapsedEpochs],
  ];
}

/** All numbers of a single training; of several only the counts, since `table` gathers the rest from `evaluate`. */
function metricsOf(trainings: readonly Training[], confidence: number) {
  const collapsed = trainings.filter(({ kept }) => kept.collapsedTo !== undefined).length;
  const counts = { confidence, trainings: trainings.length, collapsed };
  const [only, ...others] = trainings;
  if (only === undefined || others.length > 0) return counts;
  const { difference, epochs, epoch, accuracy, majority, loss } = only.kept;
  return {
    ...{ ...counts, epochs, epoch, accuracy, ...(majority && { majority }), loss },
    ...(difference && {
      valLessTest: difference.value,
      intervals: { valLessTest: [difference.low, difference.high] },
    }),
  };
}

function highlight(trainings: readonly Training[], axes: readonly string[], splits: readonly string[]): Highlight {
  const shown = (share: number | undefined) => (share === undefined ? '–' : formatShare(share));
  return {
    title: 'Trainings at the epoch that was kept',
    columns: [
      ...[...axes, 'kept'],
      ...splits.flatMap((split) => [`${split} accuracy`, 'majority']),
      ...['validation accuracy', 'collapsed to'],
    ],
    rows: trainings.map(({ labels, kept, curves }) => [
      ...[...labels, `${kept.epoch} of ${kept.epochs}`],
      ...splits.flatMap((split) => [shown(kept.accuracy[split]), shown(kept.majority?.[split])]),
      curves.find(({ split, measure }) => split === selectionSplit && measure === 'accuracy')?.shape ?? '–',
      kept.collapsedTo ?? '–',
    ]),
  };
}
