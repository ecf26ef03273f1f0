import { csvLine } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatLevel, usualDecimals } from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import type { CompletenessGap } from '../../src/learning/explanations/completeness-gap.ts';
import { type Interval, intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import type { Highlight } from '../../src/stage.ts';
import { type JudgedMethod, type Judgement, type NewWeights, type RankedMethod, sideOf, type Tested } from './judge.ts';
import { areaDecimals, type Frame, formatSigned, rankingDecimals } from './texts.ts';

/** The `metrics` artifact: under `methods`, the numbers of each by its name, intervals beside them. */
export function formatMetrics(judgement: Judgement, frame: Frame): string {
  const { ranked, control, real, fake, kept, weightDraws } = judgement;
  const { split, class: of, score, layer, seed, curveBaseline, curveSteps, confidence } = frame;
  return formatJson({
    ...{ split, class: of, score, confidence, layer, seed, curveBaseline, curveSteps },
    ...(weightDraws > 0 && { weightDraws }),
    ...{ images: real + fake, real, fake, baselineHasClass: kept },
    best: ranked[0]!.method,
    beatControl: ranked.filter(({ overControl }) => sideOf(overControl, confidence) === 'above').length,
    methods: Object.fromEntries([
      ...ranked.map((method, i) => [method.method, rankedNumbers(method, i + 1, judgement)]),
      [control.method, numbersOf(control, judgement)],
    ]),
  });
}

function rankedNumbers(method: RankedMethod, rank: number, judgement: Judgement) {
  const { intervals, ...numbers } = numbersOf(method, judgement);
  const { overControl } = method;
  return {
    ...{ rank, ...numbers, ...testedNumbers('overControl', overControl) },
    intervals: { ...intervals, overControl: intervalPair(overControl) },
  };
}

function numbersOf(method: JudgedMethod, { depths }: Judgement) {
  const { insertion, deletion, contrast, likeness, newWeights, completeness } = method;
  const measured: Readonly<Record<string, Interval>> = {
    ...{ insertion, deletion, insertionLessDeletion: contrast },
    ...(newWeights && { likenessWithNewWeights: newWeights.own, likenessOfOtherImages: newWeights.others }),
  };
  const byLayer = depths.map(({ layer }, d) => [layer, likeness[d]!] as const);
  const each = (of: (interval: Interval) => unknown) => ({
    ...Object.fromEntries(Object.entries(measured).map(([name, interval]) => [name, of(interval)])),
    ...(depths.length > 0 && {
      likenessFrom: Object.fromEntries(byLayer.map(([name, interval]) => [name, of(interval)])),
    }),
  });
  return {
    ...each(({ estimate }) => finite(estimate)),
    ...(newWeights && {
      ...testedNumbers('likenessExcess', newWeights.excess),
      likenessExcessByDraw: Object.fromEntries(newWeights.byDraw.map((excess, draw) => [draw + 1, finite(excess)])),
    }),
    ...(completeness && { completeness: mapNumbers(completeness) }),
    intervals: { ...each(intervalPair), ...(newWeights && { likenessExcess: intervalPair(newWeights.excess) }) },
  };
}

const testedNumbers = (name: string, { difference, p, adjustedP }: Tested) => ({
  [name]: finite(difference),
  [`${name}P`]: finite(p),
  [`${name}AdjustedP`]: finite(adjustedP),
});

const mapNumbers = (numbers: CompletenessGap) =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, finite(value)]));

const finite = (value: number) => (Number.isFinite(value) ? value : null);

const testedColumns = (name: string) => [name, `${name}Low`, `${name}High`, `${name}P`, `${name}AdjustedP`];

/** A row for each method, the control last and without a rank, in full precision; what is undefined is empty. */
export function formatTable({ ranked, control, depths }: Judgement): string {
  const isRandomised = depths.length > 0;
  const names = [
    ...['insertion', 'deletion', 'insertionLessDeletion'],
    ...(isRandomised ? ['likenessWithNewWeights', 'likenessOfOtherImages'] : []),
  ];
  const header = [
    ...['rank', 'method', ...testedColumns('overControl')],
    ...names.flatMap((name) => [name, `${name}Low`, `${name}High`]),
    ...(isRandomised ? testedColumns('likenessExcess') : []),
  ];
  const cells = (values: readonly number[]) => values.map((value) => (Number.isNaN(value) ? '' : value));
  const tested = ({ difference, low, high, p, adjustedP }: Tested) => cells([difference, low, high, p, adjustedP]);
  const numbers = (method: JudgedMethod) => [
    ...[
      ...[method.insertion, method.deletion, method.contrast],
      ...(method.newWeights ? [method.newWeights.own, method.newWeights.others] : []),
    ].flatMap(({ estimate, low, high }) => cells([estimate, low, high])),
    ...(method.newWeights ? tested(method.newWeights.excess) : []),
  ];
  const rows = ranked.map((method, i) => [i + 1, method.method, ...tested(method.overControl), ...numbers(method)]);
  const last = ['', control.method, ...Array<string>(5).fill(''), ...numbers(control)];
  return [header, ...rows, last].map(csvLine).join('');
}

/** A row for each method, the control last. */
export function faithfulnessTable(
  judgement: Judgement,
  { split, confidence }: Pick<Frame, 'split' | 'confidence'>,
): Highlight {
  const { ranked, control, depths } = judgement;
  const [areas, differences] = [areaDecimals(judgement), rankingDecimals(judgement)];
  const row = (method: JudgedMethod, over: readonly string[]) => [
    ...[methodTitle(method.method), method.insertion.estimate.toFixed(areas), method.deletion.estimate.toFixed(areas)],
    ...over,
    ...(method.newWeights === undefined ? [] : likenessCells(method.newWeights)),
  ];
  return {
    title: `Faithfulness on ${split}, ${formatLevel(confidence)} intervals`,
    columns: [
      ...['method', 'insertion', 'deletion', `above ${methodTitle(control.method)}`, 'p'],
      ...(depths.length > 0 ? ['likeness, new weights', 'of other images', 'excess'] : []),
    ],
    rows: [
      ...ranked.map((method) =>
        row(method, [formatSigned(method.overControl, differences), formatP(method.overControl.adjustedP)]),
      ),
      row(control, ['–', '–']),
    ],
  };
}

const likenessCells = ({ own, others, excess }: NewWeights) => [
  formatNumber(own.estimate),
  formatNumber(others.estimate),
  formatSigned(excess),
];

const formatNumber = (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(usualDecimals).replace('-', '−'));

const formatP = (p: number) => (Number.isNaN(p) ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3));
