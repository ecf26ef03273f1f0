import { csvTable, intervalCells } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import {
  formatCount,
  formatDecimal,
  formatEnds,
  formatEstimate,
  formatLevel,
  formatP,
  formatShare,
  formatSigned,
} from '../../src/format-numbers.ts';
import {
  type ModelComparison,
  type TestedDifference,
  testedMetrics,
  testNames,
} from '../../src/learning/metrics/comparison/compare-models.ts';
import {
  onlyRightColumns,
  pairColumns,
  testColumns,
} from '../../src/learning/metrics/comparison/pair-table.ts';
import { type Interval, intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import type { RunSpread } from '../../src/learning/metrics/intervals/spread-over-runs.ts';
import { metric } from '../../src/learning/metrics/metric-catalogue.ts';
import { countsBySide } from '../../src/learning/metrics/scores/binary-view.ts';
import { differenceVerdict, guessingVerdict } from '../../src/learning/metrics/verdicts.ts';
import type { Highlight } from '../../src/stage.ts';
import type { Frame } from './lines.ts';
import type { MeasuredModel } from './measure.ts';
import type { ModelSpread } from './spread-over-seeds.ts';

const measures = ['auc', 'equalErrorRate', 'averagePrecision', 'calibrationError'] as const;

/** How an interval was found, in words. */
const methods: Readonly<Record<Interval['method'], string>> = {
  delong: 'DeLong',
  'group-delong': 'DeLong of groups',
  'one-sided': 'one-sided bound',
  bootstrap: 'bootstrap',
  'group-bootstrap': 'bootstrap of groups',
};

type Named = { readonly name: string };

/**
 * The `metrics` artifact: the numbers of the only model, or those of each by its name, and what was
 * put together over runs; intervals beside them.
 */
export function formatMetrics(
  models: readonly MeasuredModel[],
  spreads: readonly ModelSpread[],
  frame: Frame,
): string {
  const { split, unit, confidence } = frame;
  const overRuns = Object.fromEntries(
    spreads.map((spread) => [spread.name || 'all', spreadNumbers(spread)]),
  );
  const head = { split, by: unit, confidence, ...(spreads.length > 0 && { overRuns }) };
  const [first, ...others] = models as readonly [MeasuredModel];
  return formatJson(
    others.length === 0
      ? { ...head, ...numbersOf(first, unit) }
      : {
          ...head,
          models: Object.fromEntries(models.map((model) => [model.name, numbersOf(model, unit)])),
        },
  );
}

/** The images of both sides. */
const sidesOf = ({ sides, negative, positive }: MeasuredModel): Readonly<Record<string, number>> =>
  countsBySide(sides, negative, positive);

function numbersOf(model: MeasuredModel, unit: Frame['unit']) {
  const { negative, positive, groups, scaled, firstScoreAuc, meanProbability } = model;
  const defined = measures.filter((name) => intervalPair(model[name]) !== null);
  return {
    [`${unit}s`]: negative + positive,
    ...sidesOf(model),
    ...(groups !== undefined && { groups }),
    ...Object.fromEntries(measures.map((name) => [name, model[name].estimate])),
    firstScoreAuc,
    meanProbability,
    ...(scaled && {
      temperature: scaled.temperature,
      scaledCalibrationError: scaled.calibrationError,
    }),
    intervals: {
      ...Object.fromEntries(measures.map((name) => [name, intervalPair(model[name])])),
      ...(scaled && {
        temperature: scaled.temperatureEnds.every(Number.isFinite) ? scaled.temperatureEnds : null,
      }),
    },
    methods: Object.fromEntries(defined.map((name) => [name, methods[model[name].method]])),
  };
}

/**
 * The mean twice, since it has two intervals: of other runs on these images, and of these runs on
 * other images.
 */
function spreadNumbers({ auc, accuracy }: ModelSpread) {
  const spreads = Object.entries({ auc, accuracy });
  return {
    runs: auc.values.length,
    ...Object.fromEntries(
      spreads.flatMap(([name, { mean, deviation }]) => [
        ...[`${name}OverRuns`, `${name}OverImages`].map((key) => [key, mean] as const),
        [`${name}Deviation`, deviation] as const,
      ]),
    ),
    intervals: Object.fromEntries(
      spreads.flatMap(([name, { overRuns, overImages }]) => [
        [`${name}OverRuns`, intervalPair(overRuns)],
        [`${name}OverImages`, intervalPair(overImages)],
      ]),
    ),
  };
}

/** A row for each model, in full precision. */
export function formatRanking(models: readonly MeasuredModel[], { unit }: Frame): string {
  return csvTable(
    models.map((model, i) => ({
      rank: i + 1,
      model: model.name,
      [`${unit}s`]: model.negative + model.positive,
      ...sidesOf(model),
      ...(unit !== 'group' && { groups: model.groups }), // counted beside images or videos
      ...Object.assign({}, ...measures.map((name) => intervalCells(name, model[name]))),
      temperature: model.scaled?.temperature,
      scaledCalibrationError: model.scaled?.calibrationError,
    })),
  );
}

/** A row for each pair of models, the better one first, in full precision. */
export function formatTests(
  models: readonly Named[],
  pairs: readonly ModelComparison[],
  images: number,
  { unit }: Frame,
): string {
  const cells = (name: string, { difference, low, high, p, adjustedP, test }: TestedDifference) => {
    const values = [difference, low, high, p, adjustedP, testNames[test]];
    return Object.fromEntries(testColumns.map((column, i) => [name + column, values[i]]));
  };
  const rows = pairs.map(({ one, other, auc, accuracy, ...right }) => ({
    one: models[one]!.name,
    other: models[other]!.name,
    [`${unit}s`]: images,
    ...cells('auc', auc),
    ...cells('accuracy', accuracy),
    ...right,
  }));
  return csvTable(rows, [
    ...pairColumns,
    `${unit}s`,
    ...['auc', 'accuracy'].flatMap((name) => testColumns.map((column) => name + column)),
    ...onlyRightColumns,
  ]);
}

export function numbersTable(model: MeasuredModel, { split, confidence }: Frame): Highlight {
  const ends: typeof formatEnds = (interval, format) => formatEnds(interval, format) || '–';
  const { scaled, meanProbability, negative, positive } = model;
  const [low, high] = scaled?.temperatureEnds ?? [Number.NaN, Number.NaN];
  const among = `${formatShare(positive / (negative + positive))} are ${model.sides[1]}`;
  const conclusion = guessingVerdict({ ...model.auc, split, confidence });
  return {
    ...(conclusion !== undefined && { conclusion }),
    title: `Ranking of ${split}`,
    columns: ['measure', 'value', formatLevel(confidence), 'by'],
    rows: [
      ...measures.map((name) => {
        const interval = model[name];
        const method = Number.isNaN(interval.low) ? '–' : methods[interval.method];
        return [metric(name).title, formatDecimal(interval.estimate), ends(interval), method];
      }),
      [
        `mean probability of ${model.sides[1]} (${among})`,
        formatDecimal(meanProbability),
        '–',
        '–',
      ],
      ...(scaled
        ? [
            [
              'temperature',
              formatDecimal(scaled.temperature),
              ends({ low, high }),
              'normal, robust',
            ],
            [
              'calibration error at this temperature',
              formatDecimal(scaled.calibrationError),
              '–',
              '–',
            ],
          ]
        : []),
    ],
  };
}

/** Several models: a row for each, the highest AUC first. */
export function rankingTable(
  models: readonly MeasuredModel[],
  { split, confidence, unit, byClass }: Frame,
): Highlight {
  return {
    title: `${byClass === undefined ? 'Models' : 'Classes, each against all others,'} by AUC on ${split}, with ${formatLevel(confidence)} intervals`,
    columns: [
      byClass === undefined ? 'model' : 'class',
      `${unit}s`,
      ...measures.map((name) => metric(name).title),
    ],
    rows: models.map((model) => [
      model.name,
      model.negative + model.positive,
      ...measures.map((name) => formatEstimate(model[name])),
    ]),
  };
}

/** A row for each model that was run several times. */
export function spreadTable(
  spreads: readonly ModelSpread[],
  { split, confidence, unit, over }: Frame,
): Highlight {
  const axes = over.join(', ');
  const several = spreads.length > 1;
  const row = (
    name: string,
    measure: string,
    { values, mean, deviation, overRuns, overImages }: RunSpread,
  ) => [
    ...(several ? [name] : []),
    measure,
    values.length,
    formatDecimal(mean),
    formatDecimal(deviation),
    formatEnds(overRuns) || '–',
    formatEnds(overImages) || '–',
  ];
  return {
    title: `Over ${axes}, on ${split}: how much other runs, and other ${unit}s, would differ`,
    columns: [
      ...(several ? ['model'] : []),
      'measure',
      'runs',
      'mean',
      'deviation',
      `${formatLevel(confidence)} over ${axes}`,
      `${formatLevel(confidence)} over ${unit}s`,
    ],
    rows: spreads.flatMap(({ name, auc, accuracy }) => [
      row(name, 'AUC', auc),
      row(name, 'accuracy', accuracy),
    ]),
  };
}

export function testsTable(
  models: readonly Named[],
  pairs: readonly ModelComparison[],
  images: number,
  { unit, confidence }: Frame,
): Highlight {
  const adjusted =
    pairs.length > 1
      ? `; p adjusted by Holm, ${formatLevel(confidence)} intervals of each pair alone`
      : '';
  const conclusions = testedMetrics.flatMap((name) => {
    const tested = pairs.map((pair) => ({
      one: models[pair.one]!.name,
      other: models[pair.other]!.name,
      ...pair[name],
    }));
    return differenceVerdict(tested, name, confidence) ?? [];
  });
  return {
    ...(conclusions.length > 0 && { conclusion: conclusions.join(' ') }),
    title: `Paired tests on ${formatCount(images)} shared ${unit}s${adjusted}`,
    columns: ['pair', 'AUC', 'p', 'by', 'accuracy', 'p', 'by'],
    rows: pairs.map(({ one, other, auc, accuracy }) => [
      `${models[one]!.name} − ${models[other]!.name}`,
      ...[auc, accuracy].flatMap(({ difference, low, high, adjustedP, test }) => [
        formatEstimate({ estimate: difference, low, high }, formatSigned),
        formatP(adjustedP),
        testNames[test],
      ]),
    ]),
  };
}
