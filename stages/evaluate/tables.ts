import { formatDecimal, formatEstimate, formatLevel, formatShare } from '../../src/format-numbers.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import type { Highlight } from '../../src/stage.ts';
import type { EvaluatedSplit, Evaluation } from './evaluation.ts';
import type { Pair } from './measure.ts';
import type { EvaluateSettings } from './spec.ts';

type Splits = readonly (readonly [string, EvaluatedSplit])[];

/** The tables that a run shows of an evaluation. */
export function evaluationTables(evaluation: Evaluation, by: EvaluateSettings['by']): readonly Highlight[] {
  const splits: Splits = Object.entries(evaluation.splits);
  const counted = by === 'group' ? 'groups' : 'images';
  const tables = [
    splitTable(evaluation, splits, counted),
    confusionTable(splits),
    sourceTable(splits, counted),
    fittedTable(evaluation, splits),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function splitTable({ confidence, chosenEpoch }: Evaluation, splits: Splits, counted: string): Highlight {
  return {
    title: `Evaluation, ${formatLevel(confidence)} intervals`,
    columns: ['split', counted, 'best epoch', 'accuracy', 'majority class', 'AUC', 'equal error', 'loss'],
    rows: splits.map(([split, { images, accuracy, majorityAccuracy, auc, equalErrorRate, loss, intervals }]) => [
      ...[split, images, chosenEpoch?.epoch ?? '–', percent(accuracy, intervals.accuracy), percent(majorityAccuracy)],
      ...[areaOf(auc, intervals.auc), percent(equalErrorRate, intervals.equalErrorRate), number(loss)],
    ]),
  };
}

function confusionTable(splits: Splits): Highlight {
  return {
    title: 'Confusion matrix',
    columns: ['split', 'real as real', 'real as fake', 'fake as real', 'fake as fake', 'all as real', 'all as fake'],
    rows: splits.map(([split, { confusion, called }]) => [
      ...[split, confusion.trueNegatives, confusion.falsePositives, confusion.falseNegatives],
      ...[confusion.truePositives, called.real, called.fake],
    ]),
  };
}

function sourceTable(splits: Splits, counted: string): Highlight {
  return {
    title: 'By source, each against the other class',
    columns: ['split', 'source', 'class', counted, 'called right', 'AUC', 'against'],
    rows: splits.flatMap(([split, { sources = {} }]) =>
      Object.entries(sources).map(([source, { class: of, images, against, calledRight, auc, intervals }]) => [
        ...[
          split,
          source,
          of,
          images,
          percent(calledRight, intervals.calledRight),
          areaOf(auc, intervals.auc),
          against,
        ],
      ]),
    ),
  };
}

function fittedTable({ fittedOnVal }: Evaluation, splits: Splits): Highlight {
  const rows = splits.flatMap(([split, metrics]) => {
    const { atValEqualErrorThreshold, atValYoudenThreshold, withValTemperature: tempered } = metrics;
    const decided = (what: string, value: number | null, at: EvaluatedSplit['atValYoudenThreshold']) => {
      if (at === undefined) return [];
      const accuracies = [percent(metrics.accuracy), percent(at.accuracy, at.intervals.accuracy)];
      return [[split, what, number(value), 'accuracy', ...accuracies]];
    };
    const calibrated = (name: 'calibrationError' | 'loss', what: string, format: typeof percent) => {
      if (tempered === undefined) return [];
      const change = [format(metrics[name]), format(tempered[name], tempered.intervals[name])];
      return [[split, 'temperature', number(fittedOnVal!.temperature), what, ...change]];
    };
    return [
      ...decided('equal error threshold', fittedOnVal?.equalErrorThreshold ?? null, atValEqualErrorThreshold),
      ...decided('best threshold', fittedOnVal?.youdenThreshold ?? null, atValYoudenThreshold),
      ...calibrated('calibrationError', 'calibration error', percent),
      ...calibrated('loss', 'loss', number),
    ];
  });
  return {
    title: `Fitted to ${selectionSplit}, applied to the others`,
    columns: ['split', `fitted to ${selectionSplit}`, 'value', 'changes', 'from', 'to'],
    rows,
  };
}

const areaOf = (auc: number | null, ends?: Pair | null) => (auc === null ? 'one class only' : number(auc, ends));

/** `72.3 % (67.1–77.2 %)` */
const percent = (value: number | null, ends?: Pair | null) => cell(value, ends, formatShare);

/** `0.7230 (0.6710–0.7720)` */
const number = (value: number | null, ends?: Pair | null) => cell(value, ends, (one) => formatDecimal(one, 4));

function cell(value: number | null, ends: Pair | null | undefined, format: (value: number) => string): string {
  const [low, high] = ends ?? [Number.NaN, Number.NaN];
  return value === null ? '–' : formatEstimate({ estimate: value, low, high }, format);
}
