import { defaultNames, negativeName, positiveName } from '../../src/default-class-names.ts';
import {
  formatDecimal,
  formatEstimate,
  formatFew,
  formatLevel,
  formatMetric,
  formatShare,
} from '../../src/format-numbers.ts';
import { type MetricName, metric } from '../../src/learning/metrics/metric-catalogue.ts';
import { reportedSplit } from '../../src/learning/metrics/reported-split.ts';
import type { SideNames } from '../../src/learning/metrics/scores/binary-view.ts';
import { guessingVerdict } from '../../src/learning/metrics/verdicts.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import type { Highlight } from '../../src/stage.ts';
import type { DetectedSplit } from './detector.ts';
import {
  type ClassifiedSplit,
  type EvaluatedSplit,
  type Evaluation,
  numberOf,
  partWith,
} from './evaluation.ts';
import type { EvaluateSettings } from './spec.ts';
import type { Pair } from './with-intervals.ts';

type Splits = readonly (readonly [string, EvaluatedSplit])[];

/**
 * The measures of a split as a detector's; undefined where it was measured as a classifier's alone.
 */
const detectionOf = (split: EvaluatedSplit): DetectedSplit | undefined =>
  'classes' in split ? split.detection : split;

const classified = (splits: Splits) =>
  splits.flatMap(([name, split]) =>
    'classes' in split ? [[name, split] as readonly [string, ClassifiedSplit]] : [],
  );

const detected = (splits: Splits) =>
  splits.flatMap(([name, split]) => {
    const detection = detectionOf(split);
    return detection === undefined ? [] : [[name, detection] as readonly [string, DetectedSplit]];
  });

/** The numbers of images of both sides, by their names. */
export function sidesOf(split: DetectedSplit): Readonly<Record<string, number>> {
  if (negativeName in split)
    return { [negativeName]: split[negativeName]!, [positiveName]: split[positiveName]! };
  return { [split.sides.negative]: split.negative, [split.sides.positive]: split.positive };
}

/**
 * The names of both sides, the positive one second: the keys of numbers lose that order where they
 * are integers.
 */
const sideNames = (split: DetectedSplit): SideNames =>
  negativeName in split ? defaultNames : [split.sides.negative, split.sides.positive];

export function evaluationTables(
  evaluation: Evaluation,
  { by, sliceBy }: EvaluateSettings,
): readonly Highlight[] {
  const splits: Splits = Object.entries(evaluation.splits);
  const counted = `${by}s`;
  const tables = [
    splitTable(evaluation, splits, counted),
    classTable(splits, counted),
    foldTable(splits, counted),
    openSetTable(splits, counted),
    detectionTable(splits, counted),
    confusionTable(detected(splits)),
    pairTable(splits, counted),
    sourceTable(detected(splits), counted),
    sliceTable(splits, sliceBy, counted),
    fittedTable(evaluation, splits),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function splitTable(
  { confidence, chosenEpoch }: Evaluation,
  splits: Splits,
  counted: string,
): Highlight {
  const isClassified = classified(splits).length > 0;
  const error = isClassified ? 'balancedAccuracy' : 'equalErrorRate';
  const conclusion = verdictOn(splits, confidence);
  return {
    title: `Evaluation, ${formatLevel(confidence)} intervals`,
    columns: [
      'split',
      counted,
      'best epoch',
      'accuracy',
      'majority class',
      'AUC',
      ...(isClassified ? ['balanced accuracy', 'loss', 'loss by chance'] : ['equal error', 'loss']),
    ],
    rows: splits.map(([split, measures]) => [
      split,
      measures.images,
      chosenEpoch?.epoch ?? '–',
      withInterval(measures, 'accuracy'),
      number(measures.majorityAccuracy),
      areaOf(measures),
      withInterval(measures, error),
      number(measures.loss),
      ...('classes' in measures ? [number(measures.chanceLoss)] : []),
    ]),
    ...(conclusion !== undefined && { conclusion }),
  };
}

/** Whether the model is better than guessing on the split that results report on. */
function verdictOn(splits: Splits, confidence: number): string | undefined {
  const split = reportedSplit(splits.map(([name]) => name));
  const measures = splits.find(([name]) => name === split)?.[1];
  if (split === undefined || measures === undefined) return undefined;
  const estimate = measures.auc ?? Number.NaN;
  const [low, high] = endsOf(measures, 'auc') ?? [Number.NaN, Number.NaN];
  return guessingVerdict({ split, estimate, low, high, confidence });
}

/** Classes with their numbers, at most as many as a reader takes in: those with the lowest F1. */
const mostClasses = 20;

function classTable(splits: Splits, counted: string): Highlight {
  const rows = classified(splits).flatMap(([split, { classes }]) => {
    const all = Object.entries(classes);
    const worst = new Set(
      all.toSorted(([, a], [, b]) => (a.f1 ?? 2) - (b.f1 ?? 2)).slice(0, mostClasses),
    );
    return all
      .filter((entry) => worst.has(entry))
      .map(([name, measures]) => [
        split,
        name,
        measures.images,
        measures.called,
        withInterval(measures, 'precision'),
        withInterval(measures, 'recall'),
        withInterval(measures, 'f1'),
        withInterval(measures, 'auc'),
      ]);
  });
  return {
    title: 'By class, each against all others',
    columns: ['split', 'class', counted, 'called it', 'precision', 'recall', 'F1', 'AUC'],
    rows,
  };
}

/**
 * Where models of several folds scored a split: whether their scores differ in level shows in the
 * difference of both areas.
 */
function foldTable(splits: Splits, counted: string): Highlight {
  return {
    title: 'AUC over folds',
    columns: ['split', 'folds', 'mean of the folds', `${counted} of all folds ranked together`],
    rows: splits.flatMap(([split, measures]) => {
      const { withinFolds } = measures;
      return withinFolds === undefined
        ? []
        : [[split, withinFolds.folds, areaOf(withinFolds), areaOf(measures)]];
    }),
  };
}

function openSetTable(splits: Splits, counted: string): Highlight {
  return {
    title: `Open set: ${counted} of unknown labels, by the largest softmax`,
    columns: ['split', 'unknown', 'of', 'labels', 'AUC', 'accepted where 95 % of known are'],
    rows: splits.flatMap(([split, { openSet: open }]) => {
      if (open === undefined) return [];
      const facts = [split, open.unknown, open.images, formatFew(open.labels, 5)];
      return [[...facts, areaOf(open), withInterval(open, 'falsePositiveRateAt95')]];
    }),
  };
}

/** The detector's view where there are more than two classes: of two, the first table has it. */
function detectionTable(splits: Splits, counted: string): Highlight {
  return {
    title: "Detector's view",
    columns: ['split', counted, 'positive', 'AUC', 'equal error', 'accuracy', 'loss'],
    rows: detected(splits.filter(([, numbers]) => 'classes' in numbers)).map(
      ([split, measures]) => [
        split,
        measures.images,
        sideNames(measures)[1],
        areaOf(measures),
        withInterval(measures, 'equalErrorRate'),
        withInterval(measures, 'accuracy'),
        number(measures.loss),
      ],
    ),
  };
}

function confusionTable(splits: readonly (readonly [string, DetectedSplit])[]): Highlight {
  const [no, yes] = splits[0] ? sideNames(splits[0][1]) : defaultNames;
  return {
    title: 'Confusion matrix',
    columns: [
      'split',
      `${no} as ${no}`,
      `${no} as ${yes}`,
      `${yes} as ${no}`,
      `${yes} as ${yes}`,
      `all as ${no}`,
      `all as ${yes}`,
    ],
    rows: splits.map(([split, { confusion, called }]) => [
      split,
      confusion.trueNegatives,
      confusion.falsePositives,
      confusion.falseNegatives,
      confusion.truePositives,
      ...Object.values(called),
    ]),
  };
}

/** Pairs of classes that are shown, the most confused first. */
const mostPairs = 10;

function pairTable(splits: Splits, counted: string): Highlight {
  const rows = classified(splits).flatMap(([split, { confusion, counts }]) => {
    const pairs = Object.entries(confusion).flatMap(([of, row]) =>
      Object.entries(row).flatMap(([called, count]) =>
        of === called || count === 0 ? [] : [{ of, called, count }],
      ),
    );
    return pairs
      .sort((a, b) => b.count - a.count)
      .slice(0, mostPairs)
      .map(({ of, called, count }) => [split, of, called, count, formatShare(count / counts[of]!)]);
  });
  return {
    title: 'Most confused classes',
    columns: ['split', 'class', 'called', counted, 'of the class'],
    rows,
  };
}

function sourceTable(
  splits: readonly (readonly [string, DetectedSplit])[],
  counted: string,
): Highlight {
  return {
    title: 'By source, each against the other class',
    columns: ['split', 'source', 'class', counted, 'called right', 'AUC', 'against'],
    rows: splits.flatMap(([split, { sources = {} }]) =>
      Object.entries(sources).map(([source, measures]) => [
        split,
        source,
        measures.class,
        measures.images,
        withInterval(measures, 'calledRight'),
        areaOf(measures),
        measures.against,
      ]),
    ),
  };
}

/** Values of a slice that are shown, the worst first. */
const mostValues = 10;

function sliceTable(splits: Splits, sliceBy: MetricName, counted: string): Highlight {
  const names = [...new Set(['accuracy', sliceBy] as const)];
  return {
    title: `By slice, the worst ${metric(sliceBy).title} first`,
    columns: ['split', 'slice', 'value', counted, ...names.map((name) => metric(name).title)],
    rows: splits.flatMap(([split, { slices = {}, worstFirst }]) =>
      Object.entries(slices).flatMap(([slice, values]) =>
        (worstFirst?.[slice] ?? Object.keys(values)).slice(0, mostValues).map((value) => {
          const numbers = values[value]!;
          const measures = names.map((name) => withInterval(partWith(numbers, name), name));
          return [split, slice, value, numbers.images, ...measures];
        }),
      ),
    ),
  };
}

function fittedTable({ fittedOnVal }: Evaluation, splits: Splits): Highlight {
  const thresholds =
    fittedOnVal && 'youdenThreshold' in fittedOnVal ? fittedOnVal : fittedOnVal?.detection;
  const rows = splits.flatMap(([split, metrics]) => {
    const { atValEqualErrorThreshold, atValYoudenThreshold } = detectionOf(metrics) ?? {};
    const { withValTemperature: tempered } = metrics;
    const decided = (
      what: string,
      value: number | null,
      at: DetectedSplit['atValYoudenThreshold'],
    ) => {
      if (at === undefined) return [];
      return [
        [
          split,
          what,
          number(value),
          'accuracy',
          number(detectionOf(metrics)!.accuracy),
          withInterval(at, 'accuracy'),
        ],
      ];
    };
    const calibrated = (name: 'calibrationError' | 'loss', what: string) => {
      if (tempered === undefined) return [];
      const change = [number(metrics[name]), withInterval(tempered, name)];
      return [[split, 'temperature', number(fittedOnVal!.temperature), what, ...change]];
    };
    return [
      ...decided(
        'equal error threshold',
        thresholds?.equalErrorThreshold ?? null,
        atValEqualErrorThreshold,
      ),
      ...decided('best threshold', thresholds?.youdenThreshold ?? null, atValYoudenThreshold),
      ...calibrated('calibrationError', 'calibration error'),
      ...calibrated('loss', 'loss'),
    ];
  });
  return {
    title: `Fitted to ${selectionSplit}, applied to the others`,
    columns: ['split', `fitted to ${selectionSplit}`, 'value', 'changes', 'from', 'to'],
    rows,
  };
}

type Measures = { readonly intervals: object };

/** A number by its name with its interval, where it has one: `0.723 (0.671–0.772)`. */
function withInterval(measures: Measures, name: string): string {
  return number(numberOf(measures, name) ?? null, endsOf(measures, name));
}

const endsOf = ({ intervals }: Measures, name: string): Pair | null | undefined =>
  (intervals as Readonly<Record<string, Pair | null>>)[name];

const areaOf = (measures: Measures & { readonly auc: number | null }) =>
  measures.auc === null ? 'one class only' : withInterval(measures, 'auc');

/** `0.723 (0.671–0.772)`, in the unit of the metrics file, as on all pages. */
function number(value: number | null, ends?: Pair | null): string {
  const [low, high] = ends ?? [Number.NaN, Number.NaN];
  return value === null ? '–' : formatEstimate({ estimate: value, low, high }, decimal);
}

/** With three decimals, also where it is whole; small ones with two significant digits. */
const decimal = (value: number): string =>
  Number.isInteger(value) ? formatDecimal(value) : formatMetric(value);

/** The measures of images and of their videos beside each other, split by split. */
export function bothLevels(images: Evaluation, videos: Evaluation): Highlight {
  const measuresOf = (split: EvaluatedSplit) => {
    const error = 'classes' in split ? 'balancedAccuracy' : 'equalErrorRate';
    return [areaOf(split), withInterval(split, error), withInterval(split, 'accuracy')];
  };
  const isClassified = Object.values(videos.splits).some((split) => 'classes' in split);
  return {
    title: 'Images and videos',
    columns: [
      'split',
      'judged',
      'number',
      'AUC',
      isClassified ? 'balanced accuracy' : 'equal error',
      'accuracy',
    ],
    rows: Object.keys(videos.splits).flatMap((split) => {
      const ofImages = images.splits[split]!;
      const ofVideos = videos.splits[split]!;
      return [
        [split, 'images', ofImages.images, ...measuresOf(ofImages)],
        [split, 'videos', ofVideos.images, ...measuresOf(ofVideos)],
      ];
    }),
  };
}
