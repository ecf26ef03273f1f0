import { formatLevel } from '../../src/format-numbers.ts';
import { selectionSplit } from '../../src/learning/training/split-names.ts';
import type { Highlight } from '../../src/stage.ts';
import type { EvaluatedSplit, Evaluation } from './evaluation.ts';
import type { Pair } from './measure.ts';
import type { EvaluateSettings } from './spec.ts';

/** What is shown of an evaluation at the end of a run. */
export function evaluationTables(evaluation: Evaluation, by: EvaluateSettings['by']): readonly Highlight[] {
  const splits = Object.entries(evaluation.splits);
  const counted = by === 'group' ? 'groups' : 'images';
  return [
    splitTable(evaluation, splits, counted),
    confusionTable(splits),
    ...sourceTable(splits, counted),
    ...fittedTable(evaluation, splits),
  ];
}

type Splits = readonly (readonly [string, EvaluatedSplit])[];

function splitTable({ confidence, chosenEpoch }: Evaluation, splits: Splits, counted: string): Highlight {
  return {
    title: `Evaluation, intervals at ${formatLevel(confidence)}`,
    columns: ['split', counted, 'best epoch', 'accuracy', 'majority class', 'AUC', 'equal error', 'loss'],
    rows: splits.map(([split, { images, accuracy, majorityAccuracy, auc, equalErrorRate, loss, intervals }]) => [
      split,
      images,
      chosenEpoch?.epoch ?? '–',
      percent(accuracy, intervals.accuracy),
      percent(majorityAccuracy),
      auc === null ? 'one class only' : number(auc, 4, intervals.auc),
      percent(equalErrorRate, intervals.equalErrorRate),
      number(loss, 4),
    ]),
  };
}

function confusionTable(splits: Splits): Highlight {
  return {
    title: 'What is called what',
    columns: ['split', 'real as real', 'real as fake', 'fake as real', 'fake as fake', 'all as real', 'all as fake'],
    rows: splits.map(([split, { confusion, called }]) => [
      split,
      confusion.trueNegatives,
      confusion.falsePositives,
      confusion.falseNegatives,
      confusion.truePositives,
      called.real,
      called.fake,
    ]),
  };
}

function sourceTable(splits: Splits, counted: string): readonly Highlight[] {
  const rows = splits.flatMap(([split, { sources = {} }]) =>
    Object.entries(sources).map(([source, { class: of, images, against, calledRight, auc, intervals }]) => [
      split,
      source,
      of,
      images,
      percent(calledRight, intervals.calledRight),
      auc === null ? 'one class only' : number(auc, 4, intervals.auc),
      against,
    ]),
  );
  if (rows.length === 0) return [];
  const columns = ['split', 'source', 'class', counted, 'called right', 'AUC', 'against'];
  return [{ title: 'By source, each against the other class', columns, rows }];
}

function fittedTable({ fittedOnVal }: Evaluation, splits: Splits): readonly Highlight[] {
  const others = splits.filter(([split]) => split !== selectionSplit);
  if (fittedOnVal === undefined || others.length === 0) return [];
  const { equalErrorThreshold, youdenThreshold, temperature } = fittedOnVal;
  const rows = others.flatMap(([split, metrics]) => {
    const decided = (what: string, value: number | null, at: EvaluatedSplit['atValEqualErrorThreshold']) =>
      at === undefined
        ? []
        : [
            [
              split,
              what,
              number(value, 4),
              'accuracy',
              percent(metrics.accuracy),
              percent(at.accuracy, at.intervals.accuracy),
            ],
          ];
    const calm = metrics.withValTemperature;
    return [
      ...decided('equal error threshold', equalErrorThreshold, metrics.atValEqualErrorThreshold),
      ...decided('best threshold', youdenThreshold, metrics.atValYoudenThreshold),
      ...(calm === undefined
        ? []
        : [
            [
              split,
              'temperature',
              number(temperature, 4),
              'calibration error',
              percent(metrics.calibrationError),
              percent(calm.calibrationError, calm.intervals.calibrationError),
            ],
            [
              split,
              'temperature',
              number(temperature, 4),
              'loss',
              number(metrics.loss, 4),
              number(calm.loss, 4, calm.intervals.loss),
            ],
          ]),
    ];
  });
  if (rows.length === 0) return [];
  const columns = ['split', `fitted to ${selectionSplit}`, 'value', 'changes', 'from', 'to'];
  return [{ title: `Fitted to ${selectionSplit}, applied to the others`, columns, rows }];
}

/** `72.3 % (67.1–77.2)` */
function percent(share: number | null, interval?: Pair | null): string {
  return withEnds(share, (value) => (100 * value).toFixed(1), ' %', interval);
}

function number(value: number | null, digits: number, interval?: Pair | null): string {
  return withEnds(value, (end) => end.toFixed(digits), '', interval);
}

function withEnds(
  value: number | null,
  format: (value: number) => string,
  unit: string,
  interval: Pair | null | undefined,
): string {
  if (value === null) return '–';
  const ends = interval == null ? '' : ` (${format(interval[0])}–${format(interval[1])})`;
  return `${format(value)}${unit}${ends}`;
}
