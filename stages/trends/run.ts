import { readFileSync, writeFileSync } from 'node:fs';
import { csvLine } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatShare } from '../../src/format-numbers.ts';
import { seriesName } from '../../src/learning/charts/series.ts';
import { parseHistory } from '../../src/learning/training/history.ts';
import { type Highlight, type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import type { TrendsSettings } from './spec.ts';
import { type Curve, curvesOf, type Kept, keptOf } from './summarise.ts';

/** A training with what its tables say. */
interface Training {
  readonly labels: InputArtifact['labels'];
  readonly curves: readonly Curve[];
  readonly kept: Kept;
}

export default async function run(context: StageContext<TrendsSettings>): Promise<void> {
  const { confidence } = context.settings;
  const trainings = context.inputs('history').map(({ path, labels }): Training => {
    const history = parseHistory(readFileSync(path, 'utf8'));
    const name = seriesName(labels);
    if (!history.ok) throw new StageError(`input "history"${name && ` of ${name}`}: ${history.error}`);
    return { labels, curves: curvesOf(history.value), kept: keptOf(history.value, confidence) };
  });
  const axes = [...new Set(trainings.flatMap(({ labels }) => Object.keys(labels)))];
  const labelsOf = ({ labels }: Training) => axes.map((axis) => labels[axis] ?? '');
  const splits = [...new Set(trainings.flatMap(({ kept }) => Object.keys(kept.accuracy)))];
  const write = (port: string, rows: readonly (readonly (string | number)[])[]) =>
    writeFileSync(context.output(port), rows.map(csvLine).join(''));
  write('curves', [
    [...axes, 'split', 'measure', 'does', 'first', 'last', 'best', 'best epoch'],
    ...trainings.flatMap((one) =>
      one.curves.map(({ split, measure, shape, first, last, best, bestEpoch }) => [
        ...labelsOf(one),
        ...[split, measure, shape, first, last, best, bestEpoch],
      ]),
    ),
  ]);
  write('kept', [
    [...axes, ...keptColumns(splits)],
    ...trainings.map((one) => [...labelsOf(one), ...keptRow(one.kept, splits)]),
  ]);
  writeFileSync(context.output('metrics'), formatJson(metricsOf(trainings, confidence)));
  context.highlight(highlight(trainings, axes, splits));
}

const keptColumns = (splits: readonly string[]): readonly string[] => [
  ...['epochs', 'kept'],
  ...splits.flatMap((split) => [`${split} accuracy`, `${split} majority`, `${split} loss`]),
  ...['val less test', 'low', 'high', 'collapsed to', 'epochs collapsed'],
];

function keptRow(kept: Kept, splits: readonly string[]): readonly (string | number)[] {
  const { epochs, epoch, accuracy, majority, loss, difference, collapsedTo, collapsedEpochs } = kept;
  return [
    ...[epochs, epoch],
    ...splits.flatMap((split) => [accuracy[split] ?? '', majority?.[split] ?? '', loss[split] ?? '']),
    ...(difference ? [difference.value, difference.low, difference.high] : ['', '', '']),
    ...[collapsedTo ?? 'none', collapsedEpochs],
  ];
}

/** Numbers of a single training by name; of several only how many did what, since `table` gathers the rest from `evaluate`. */
function metricsOf(trainings: readonly Training[], confidence: number) {
  const counts = {
    confidence,
    trainings: trainings.length,
    collapsed: trainings.filter(({ kept }) => kept.collapsedTo !== undefined).length,
  };
  const [only, ...others] = trainings;
  if (only === undefined || others.length > 0) return counts;
  const { difference, epochs, epoch, accuracy, majority, loss } = only.kept;
  return {
    ...counts,
    ...{ epochs, epoch, accuracy, ...(majority && { majority }), loss },
    ...(difference && {
      valLessTest: difference.value,
      intervals: { valLessTest: [difference.low, difference.high] },
    }),
  };
}

function highlight(trainings: readonly Training[], axes: readonly string[], splits: readonly string[]): Highlight {
  const dash = '–';
  return {
    title: 'Trainings at the epoch that was kept',
    columns: [
      ...axes,
      'kept',
      ...splits.flatMap((split) => [`${split} accuracy`, 'majority']),
      'validation accuracy',
      'collapsed to',
    ],
    rows: trainings.map(({ labels, kept, curves }) => [
      ...axes.map((axis) => labels[axis] ?? ''),
      `${kept.epoch} of ${kept.epochs}`,
      ...splits
        .flatMap((split) => [kept.accuracy[split], kept.majority?.[split]])
        .map((share) => (share === undefined ? dash : formatShare(share))),
      curves.find(({ split, measure }) => split === 'val' && measure === 'accuracy')?.shape ?? dash,
      kept.collapsedTo ?? dash,
    ]),
  };
}
