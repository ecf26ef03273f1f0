import { writeFileSync } from 'node:fs';
import { csvLine } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatShare } from '../../src/format-numbers.ts';
import type { Estimate } from '../../src/learning/metrics/intervals/interval.ts';
import {
  independentDifference,
  type Share,
  shareDifference,
} from '../../src/learning/metrics/intervals/share-difference.ts';
import { type Metrics, parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { matchByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { collapseOf } from '../../src/learning/training/collapse.ts';
import { curveShape } from '../../src/learning/training/curve-shape.ts';
import { type History, parseHistory } from '../../src/learning/training/history.ts';
import { majorityOf, selectionSplit, totalOf } from '../../src/learning/training/splits.ts';
import { describeInput, readInput } from '../../src/read-input.ts';
import {
  type Highlight,
  type InputArtifact,
  type StageContext,
  StageError,
} from '../../src/stage.ts';
import type { TrendsSettings } from './spec.ts';

type Training = ReturnType<typeof readTraining>;

export default async function run(context: StageContext<TrendsSettings>): Promise<void> {
  const { confidence } = context.settings;
  const inputs = context.inputs('history');
  const axes = [...new Set(inputs.flatMap(({ labels }) => Object.keys(labels)))];
  const metrics = metricsOf(inputs, context.inputs('metrics'));
  const trainings = inputs.map((input, i) => readTraining(input, axes, confidence, metrics[i]));
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

/** The metrics of each training; none where the stage has no such input. */
function metricsOf(
  histories: readonly InputArtifact[],
  metrics: readonly InputArtifact[],
): readonly InputArtifact[] {
  if (metrics.length === 0) return [];
  return matchByLabels(histories, metrics, { one: 'history', other: 'metrics' });
}

function readTraining(
  input: InputArtifact,
  axes: readonly string[],
  confidence: number,
  metrics: InputArtifact | undefined,
) {
  const history = readInput('history', input, parseHistory);
  const labels = axes.map((axis) => input.labels[axis] ?? '');
  const kept = keptOf(history, confidence);
  const measured =
    metrics === undefined ? {} : { difference: measuredDifference(metrics, kept, confidence) };
  return { labels, curves: curvesOf(history), kept: { ...kept, ...measured } };
}

/** Further apart, an accuracy of the metrics is that of another model than the kept one. */
const mostApart = 0.01;

/**
 * Accuracy on val minus accuracy on test, with the interval that follows from those of the metrics.
 * Throws a {@link StageError} for metrics of another model, other splits or another confidence.
 */
function measuredDifference(
  input: InputArtifact,
  { accuracy, isConstant }: ReturnType<typeof keptOf>,
  confidence: number,
) {
  const metrics = readInput('metrics', input, parseMetrics);
  const what = describeInput('metrics', input.labels);
  if (metrics.confidence !== confidence) {
    throw new StageError(
      `${what}: expected intervals at the confidence of trends, ${confidence}, got ${metrics.confidence ?? 'none'}`,
    );
  }
  const estimates = [selectionSplit, testSplit].map((split) => {
    const estimate = accuracyOf(metrics, split, what);
    const kept = accuracy[split];
    // Metrics count ties otherwise, where a network gives every image the same scores.
    if (kept === undefined || isConstant(split)) return estimate;
    if (Math.abs(estimate.estimate - kept) <= mostApart) return estimate;
    throw new StageError(
      `${what}: expected the metrics of the model that the training kept, with an accuracy of ${formatShare(kept)} on ${split}, got ${formatShare(estimate.estimate)}`,
    );
  });
  return independentDifference(...(estimates as [Estimate, Estimate]));
}

function accuracyOf({ values, intervals }: Metrics, split: string, what: string): Estimate {
  const name = `${split}.accuracy`;
  const estimate = values.get(name);
  if (estimate === undefined || estimate === null) {
    throw new StageError(
      `${what}: expected an accuracy on ${selectionSplit} and ${testSplit}, got none on ${split}: let evaluate measure both (splits: [${selectionSplit}, ${testSplit}])`,
    );
  }
  const [low, high] = intervals.get(name) ?? [Number.NaN, Number.NaN];
  return { estimate, low, high };
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
    ...(difference
      ? [difference.value, difference.low, difference.high].map(cellOf)
      : ['', '', '']),
    collapsedTo ?? 'none',
    collapsedEpochs,
  ];
}

/** An end that is unknown is an empty cell. */
const cellOf = (value: number): number | string => (Number.isNaN(value) ? '' : value);

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
    /** Whether every image of a split is called one class. */
    isConstant: (split: string): boolean => kept.splits[split]?.allCalled !== undefined,
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
