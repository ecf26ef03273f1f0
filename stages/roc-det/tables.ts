import { csvLine } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatCount, formatLevel, formatShare } from '../../src/format-numbers.ts';
import {
  type ModelComparison,
  type TestedDifference,
  testNames,
} from '../../src/learning/metrics/comparison/compare-models.ts';
import { type Interval, intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import type { RunSpread } from '../../src/learning/metrics/intervals/spread-over-runs.ts';
import type { Highlight } from '../../src/stage.ts';
import type { MeasuredModel } from './measure.ts';
import type { ModelSpread } from './spread.ts';
import {
  type Frame,
  formatDifference,
  formatEnds,
  formatInterval,
  formatP,
  formatShareEnds,
  formatShareInterval,
} from './texts.ts';

const measures = ['auc', 'equalErrorRate', 'averagePrecision', 'calibrationError'] as const;

/** How an interval was found, in words. */
const methods: Readonly<Record<Interval['method'], string>> = {
  delong: 'DeLong',
  'one-sided': 'one-sided bound',
  bootstrap: 'bootstrap',
  'group-bootstrap': 'bootstrap of groups',
};

/**
 * The `metrics` artifact: the numbers of the only model, or those of each by its name, and what was put together over runs;
 * intervals beside them.
 */
export function formatMetrics(models: readonly MeasuredModel[], spreads: readonly ModelSpread[], frame: Frame): string {
  const { split, by, confidence } = frame;
  const head = {
    ...{ split, by, confidence },
    ...(spreads.length > 0 && {
      overRuns: Object.fromEntries(spreads.map((spread) => [spread.name || 'all', spreadNumbers(spread)])),
    }),
  };
  const [first] = models as readonly [MeasuredModel];
  return formatJson(
    models.length === 1
      ? { ...head, ...numbersOf(first, frame) }
      : { ...head, models: Object.fromEntries(models.map((model) => [model.name, numbersOf(model, frame)])) },
  );
}

function numbersOf(model: MeasuredModel, { by }: Frame) {
  const { real, fake, groups, scaled, firstScoreAuc } = model;
  const defined = measures.filter((name) => intervalPair(model[name]) !== null);
  return {
    [`${by}s`]: real + fake,
    real,
    fake,
    ...(groups !== undefined && { groups }),
    ...Object.fromEntries(measures.map((name) => [name, model[name].estimate])),
    firstScoreAuc,
    ...(scaled !== undefined && {
      temperature: scaled.temperature,
      scaledCalibrationError: scaled.calibrationError,
    }),
    intervals: {
      ...Object.fromEntries(measures.map((name) => [name, intervalPair(model[name])])),
      ...(scaled !== undefined && { temperature: finitePair(scaled.temperatureEnds) }),
    },
    methods: Object.fromEntries(defined.map((name) => [name, methods[model[name].method]])),
  };
}

/** The mean twice, since it has two intervals: of other runs on these images, and of these runs on other images. */
function spreadNumbers({ auc, accuracy }: ModelSpread) {
  const numbers = (name: string, { mean, deviation, overRuns, overImages }: RunSpread) => ({
    values: { [`${name}OverRuns`]: mean, [`${name}OverImages`]: mean, [`${name}Deviation`]: finite(deviation) },
    intervals: { [`${name}OverRuns`]: intervalPair(overRuns), [`${name}OverImages`]: intervalPair(overImages) },
  });
  const [first, second] = [numbers('auc', auc), numbers('accuracy', accuracy)];
  return {
    ...{ runs: auc.values.length, ...first.values, ...second.values },
    intervals: { ...first.intervals, ...second.intervals },
  };
}

/** Null where the images leave an end open. */
const finitePair = (ends: readonly number[]) => (ends.every(Number.isFinite) ? ends : null);

const finite = (value: number) => (Number.isFinite(value) ? value : null);

/** A row for each model that was run several times. */
export function spreadTable(
  spreads: readonly ModelSpread[],
  over: readonly string[],
  { split, confidence, by }: Frame,
): Highlight {
  const axes = over.join(', ');
  const ends = ({ low, high }: { readonly low: number; readonly high: number }) =>
    Number.isNaN(low) ? '–' : `${low.toFixed(3)} – ${high.toFixed(3)}`;
  const row = (name: string, measure: string, { values, mean, deviation, overRuns, overImages }: RunSpread) => [
    ...(spreads.length > 1 ? [name] : []),
    ...[measure, values.length, mean.toFixed(3), Number.isNaN(deviation) ? '–' : deviation.toFixed(3)],
    ...[ends(overRuns), ends(overImages)],
  ];
  return {
    title: `Over ${axes}, on ${split}: how much other runs, and other ${by}s, would differ`,
    columns: [
      ...(spreads.length > 1 ? ['model'] : []),
      ...['measure', 'runs', 'mean', 'deviation'],
      ...[`${formatLevel(confidence)} over ${axes}`, `${formatLevel(confidence)} over ${by}s`],
    ],
    rows: spreads.flatMap(({ name, auc, accuracy }) => [row(name, 'AUC', auc), row(name, 'accuracy', accuracy)]),
  };
}

/** A row for each model, in full precision; an undefined interval is empty. */
export function formatRanking(models: readonly MeasuredModel[], { by }: Frame): string {
  const joined = by === 'image'; // groups are counted beside the images only
  const header = [
    'rank',
    'model',
    `${by}s`,
    'real',
    'fake',
    ...(joined ? ['groups'] : []),
    ...measures.flatMap((name) => [name, `${name}Low`, `${name}High`]),
  ];
  const rows = models.map((model, i) => [
    i + 1,
    model.name,
    model.real + model.fake,
    model.real,
    model.fake,
    ...(joined ? [model.groups ?? ''] : []),
    ...measures.flatMap((name) => [model[name].estimate, ...ends(model[name])]),
    model.scaled?.temperature ?? '',
    model.scaled?.calibrationError ?? '',
  ]);
  return [[...header, 'temperature', 'scaledCalibrationError'], ...rows].map(csvLine).join('');
}

/** A row for each pair of models, the better one first, in full precision. */
export function formatTests(
  models: readonly { readonly name: string }[],
  pairs: readonly ModelComparison[],
  images: number,
  { by }: Frame,
): string {
  const columns = ['Difference', 'Low', 'High', 'P', 'AdjustedP', 'Test'];
  const header = [
    'one',
    'other',
    `${by}s`,
    ...columns.map((column) => `auc${column}`),
    ...columns.map((column) => `accuracy${column}`),
    'onlyOneRight',
    'onlyOtherRight',
  ];
  const cells = (tested: TestedDifference) => [
    tested.difference,
    ...ends(tested),
    ...[tested.p, tested.adjustedP].map((p) => (Number.isNaN(p) ? '' : p)),
    testNames[tested.test],
  ];
  const rows = pairs.map(({ one, other, auc, accuracy, onlyOneRight, onlyOtherRight }) => [
    models[one]!.name,
    models[other]!.name,
    images,
    ...cells(auc),
    ...cells(accuracy),
    onlyOneRight ?? '',
    onlyOtherRight ?? '',
  ]);
  return [header, ...rows].map(csvLine).join('');
}

function ends({ low, high }: { readonly low: number; readonly high: number }): (number | string)[] {
  return [low, high].map((end) => (Number.isNaN(end) ? '' : end));
}

/** One model: a row for each number. */
export function numbersTable(model: MeasuredModel, { split, confidence }: Frame): Highlight {
  const method = (interval: Interval) => (Number.isNaN(interval.low) ? '–' : methods[interval.method]);
  const row = (name: string, value: string, interval: Interval, range = formatEnds(interval, 4)) => [
    name,
    value,
    range || '–',
    method(interval),
  ];
  const { auc, equalErrorRate, averagePrecision, calibrationError, scaled } = model;
  return {
    title: `Ranking of ${split}`,
    columns: ['measure', 'value', formatLevel(confidence), 'by'],
    rows: [
      row('AUC', auc.estimate.toFixed(4), auc),
      row('equal error rate', formatShare(equalErrorRate.estimate), equalErrorRate, formatShareEnds(equalErrorRate)),
      row('average precision', averagePrecision.estimate.toFixed(4), averagePrecision),
      row('calibration error', calibrationError.estimate.toFixed(4), calibrationError),
      ...(scaled === undefined
        ? []
        : [
            [
              `calibration error at temperature ${scaled.temperature.toPrecision(3)}`,
              scaled.calibrationError.toFixed(4),
              '–',
              '–',
            ],
          ]),
    ],
  };
}

/** Several models: a row for each, the highest AUC first. */
export function rankingTable(models: readonly MeasuredModel[], { split, confidence, by }: Frame): Highlight {
  return {
    title: `Models by AUC on ${split}, with ${formatLevel(confidence)} intervals`,
    columns: ['model', `${by}s`, 'AUC', 'equal error rate', 'average precision', 'calibration error'],
    rows: models.map(({ name, real, fake, auc, equalErrorRate, averagePrecision, calibrationError }) => [
      name,
      real + fake,
      formatInterval(auc),
      formatShareInterval(equalErrorRate),
      formatInterval(averagePrecision),
      formatInterval(calibrationError),
    ]),
  };
}

/** Several models: a row for each pair. */
export function testsTable(
  models: readonly { readonly name: string }[],
  pairs: readonly ModelComparison[],
  images: number,
  { by, confidence }: Frame,
): Highlight {
  const adjusted =
    pairs.length > 1 ? `; p adjusted by Holm, ${formatLevel(confidence)} intervals of each pair alone` : '';
  return {
    title: `Paired tests on ${formatCount(images)} shared ${by}s${adjusted}`,
    columns: ['pair', 'AUC', 'p', 'by', 'accuracy', 'p', 'by'],
    rows: pairs.map(({ one, other, auc, accuracy }) => [
      `${models[one]!.name} − ${models[other]!.name}`,
      ...[auc, accuracy].flatMap((tested) => [
        formatDifference(tested),
        formatP(tested.adjustedP).replace(/^p = /, '').replace(/^p /, ''),
        testNames[tested.test],
      ]),
    ]),
  };
}
