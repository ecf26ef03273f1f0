import { writeFileSync } from 'node:fs';
import { csvLine } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatShare } from '../../src/format-numbers.ts';
import {
  type Share,
  shareDifference,
} from '../../src/learning/metrics/intervals/share-difference.ts';
import { collapseOf } from '../../src/learning/training/collapse.ts';
import { curveShape } from '../../src/learning/training/curve-shape.ts';
import { type History, parseHistory } from '../../src/learning/training/history.ts';
import { majorityOf, selectionSplit, totalOf } from '../../src/learning/training/splits.ts';
import { readInput } from '../../src/read-input.ts';
import type { Highlight, InputArtifact, StageContext } from '../../src/stage.ts';
import type { TrendsSettings } from './spec.ts';

type Training = ReturnType<typeof readTraining>;

export default async function run(context: StageContext<TrendsSettings>): Promise<void> {
  const { confidence } = context.settings;
  const inputs = context.inputs('history');
  const axes = [...new Set(inputs.flatMap(({ labels }) => Object.keys(labels)))];
  const trainings = inputs.map((input) => readTraining(input, axes, confidence));
  const splits = [...new Set(trainings.flatMap(({ kept }) => Object.keys(kept.accuracy)))];
  const write = (
    port: string,
    columns: readonly string[],
    rows: readonly (readonly (string | number)[])[],
  ) => writeFileSync(context.output(port), [[...axes, ...columns], ...rows].map(csvLine).join(''));
  const curves = trainings.flatMap(({ labels, curves }) =>
    curves.map(({ split, measure, shape, first, last, best, bestEpoch }) => [
      ...labels,
      split,
      measure,
      shape,
      first,
      last,
      best,
      bestEpoch,
    ]),
  );
  write('curves', ['split', 'measure', 'does', 'first', 'last', 'best', 'best epoch'], curves);
  const keptColumns = [
    'epochs',
    'kept',
    ...splits.flatMap((split) => [`${split} accuracy`, `${split} majority`, `${split} loss`]),
    'val minus test',
    'low',
    'high',
    'collapsed to',
    'epochs collapsed',
  ];
  const keptRows = trainings.map(({ labels, kept }) => [...labels, ...keptRow(kept, splits)]);
  write('kept', keptColumns, keptRows);
  // Only the counts, since `kept` has the numbers of each training.
  const collapsed = trainings.filter(({ kept }) => kept.collapsedTo !== undefined).length;
  writeFileSync(
    context.output('metrics'),
    formatJson({ confidence, trainings: trainings.length, collapsed }),
  );
  context.highlight(highlight(trainings, axes, splits));
}

function readTraining(input: InputArtifact, axes: readonly string[], confidence: number) {
  const history = readInput('history', input, parseHistory);
  const labels = axes.map((axis) => input.labels[axis] ?? '');
  return { labels, curves: curvesOf(history), kept: keptOf(history, confidence) };
}

function keptRow(kept: Training['kept'], splits: readonly string[]): readonly (string | number)[] {
  const { epochs, epoch, accuracy, majority, loss, difference, collapsedTo, collapsedEpochs } =
    kept;
  return [
    epochs,
    epoch,
    ...splits.flatMap((split) => [
      accuracy[split] ?? '',
      majority?.[split] ?? '',
      loss[split] ?? '',
    ]),
    ...(difference ? [difference.value, difference.low, difference.high] : ['', '', '']),
    collapsedTo ?? 'none',
    collapsedEpochs,
  ];
}

function highlight(
  trainings: readonly Training[],
  axes: readonly string[],
  splits: readonly string[],
): Highlight {
  const shareText = (share: number | undefined) => (share === undefined ? '–' : formatShare(share));
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
      ...labels,
      `${kept.epoch} of ${kept.epochs}`,
      ...splits.flatMap((split) => [
        shareText(kept.accuracy[split]),
        shareText(kept.majority?.[split]),
      ]),
      curves.find(({ split, measure }) => split === selectionSplit && measure === 'accuracy')
        ?.shape ?? '–',
      kept.collapsedTo ?? '–',
    ]),
  };
}

/**
 * The course of each measure on each split: `best` is the highest accuracy or the lowest loss, and
 * the first epoch that has it.
 */
function curvesOf({ splits, epochs }: History) {
  return splits.flatMap((split) =>
    (['accuracy', 'loss'] as const).map((measure) => {
      const values = epochs.map((epoch) => epoch.splits[split]![measure]);
      const best = measure === 'accuracy' ? Math.max(...values) : Math.min(...values);
      return {
        split,
        measure,
        shape: curveShape(values),
        best,
        first: values[0]!,
        last: values.at(-1)!,
        bestEpoch: epochs[values.indexOf(best)]!.epoch,
      };
    }),
  );
}

const testSplit = 'test';

/** The epoch that was kept, with its values on every monitored split. */
function keptOf({ splits, epochs, chosenEpoch, images }: History, confidence: number) {
  const kept = epochs.find(({ epoch }) => epoch === chosenEpoch)!;
  const each = (of: (split: string) => number): Readonly<Record<string, number>> =>
    Object.fromEntries(splits.map((split) => [split, of(split)]));
  const share = (split: string): Share => ({
    value: kept.splits[split]!.accuracy,
    images: totalOf(images![split]!),
  });
  const majority = (split: string) => majorityOf(images![split]!);
  const isCompared =
    images !== undefined && splits.includes(selectionSplit) && splits.includes(testSplit);
  return {
    epochs: epochs.length,
    epoch: chosenEpoch,
    accuracy: each((split) => kept.splits[split]!.accuracy),
    loss: each((split) => kept.splits[split]!.loss),
    /**
     * The accuracy of always answering the larger class; undefined for histories without counts of
     * images.
     */
    majority: images && each(majority),
    /** Accuracy on val minus accuracy on test, which have different images. */
    difference: isCompared
      ? shareDifference(share(selectionSplit), share(testSplit), confidence)
      : undefined,
    /**
     * The one class that every image of val is called at the kept epoch, where the network learned
     * nothing.
     */
    collapsedTo: collapseOf(kept, images),
    /** The number of epochs after which the network is collapsed. */
    collapsedEpochs: epochs.filter((epoch) => collapseOf(epoch, images) !== undefined).length,
  };
}
