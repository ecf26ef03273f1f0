import { methodTitle } from '../../src/attribution/methods.ts';
import { formatJson } from '../../src/charts/format-json.ts';
import { formatLevel } from '../../src/charts/format-number.ts';
import { csvLine } from '../../src/csv.ts';
import { type Interval, intervalPair } from '../../src/metrics/interval.ts';
import type { Highlight } from '../../src/stage.ts';
import { type JudgedMethod, type Judgement, keptBy, type RankedMethod, sideOf, type Tested } from './judge.ts';
import { type Frame, formatInterval, formatSigned } from './texts.ts';

/** The `metrics` artifact: under `methods`, the numbers of each by its name, intervals beside them. */
export function formatMetrics(judgement: Judgement, frame: Frame): string {
  const { ranked, control, real, fake, kept } = judgement;
  return formatJson({
    ...{ split: frame.split, class: frame.class, score: frame.score, confidence: frame.confidence },
    ...{ layer: frame.layer, curveBaseline: frame.curveBaseline },
    ...{ images: real + fake, real, fake, baselineHasClass: kept },
    best: ranked[0]!.method,
    beatControl: ranked.filter(({ overControl }) => sideOf(overControl, frame.confidence) === 'above').length,
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
  const { insertion, deletion, contrast, toAnother, likeness, excess } = method;
  const measured: Readonly<Record<string, Interval>> = {
    ...{ insertion, deletion, insertionLessDeletion: contrast },
    ...(depths.length > 0 && { likenessToOtherImage: toAnother, likenessWithNewWeights: keptBy(method) }),
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
    ...(excess !== undefined && testedNumbers('likenessExcess', excess)),
    intervals: { ...each(intervalPair), ...(excess !== undefined && { likenessExcess: intervalPair(excess) }) },
  };
}

const testedNumbers = (name: string, { difference, p, adjustedP }: Tested) => ({
  [name]: finite(difference),
  [`${name}P`]: finite(p),
  [`${name}AdjustedP`]: finite(adjustedP),
});

const finite = (value: number) => (Number.isFinite(value) ? value : null);

const testedColumns = (name: string) => [name, `${name}Low`, `${name}High`, `${name}P`, `${name}AdjustedP`];

/** A row for each method, the control last and without a rank, in full precision; what is undefined is empty. */
export function formatTable({ ranked, control, depths }: Judgement): string {
  const isRandomised = depths.length > 0;
  const names = [
    ...['insertion', 'deletion', 'insertionLessDeletion'],
    ...(isRandomised ? ['likenessWithNewWeights', 'likenessToOtherImage'] : []),
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
      ...(isRandomised ? [keptBy(method), method.toAnother] : []),
    ].flatMap(({ estimate, low, high }) => cells([estimate, low, high])),
    ...(method.excess === undefined ? [] : tested(method.excess)),
  ];
  const rows = ranked.map((method, i) => [i + 1, method.method, ...tested(method.overControl), ...numbers(method)]);
  const last = ['', control.method, ...Array<string>(5).fill(''), ...numbers(control)];
  return [header, ...rows, last].map(csvLine).join('');
}

/** A row for each method, the control last. */
export function faithfulnessTable(
  { ranked, control, depths }: Judgement,
  { split, confidence }: Pick<Frame, 'split' | 'confidence'>,
): Highlight {
  const row = (method: JudgedMethod, over: readonly string[]) => [
    ...[methodTitle(method.method), method.insertion.estimate.toFixed(3), method.deletion.estimate.toFixed(3)],
    ...over,
    ...(method.excess === undefined
      ? []
      : [keptBy(method).estimate.toFixed(3), formatInterval(method.toAnother), formatSigned(method.excess)]),
  ];
  return {
    title: `Faithfulness on ${split}, ${formatLevel(confidence)} intervals`,
    columns: [
      ...['method', 'insertion', 'deletion', `above ${methodTitle(control.method)}`, 'p'],
      ...(depths.length > 0 ? ['likeness, new weights', 'to other images', 'excess'] : []),
    ],
    rows: [
      ...ranked.map((method) => row(method, [formatSigned(method.overControl), formatP(method.overControl.adjustedP)])),
      row(control, ['–', '–']),
    ],
  };
}

const formatP = (p: number) => (Number.isNaN(p) ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3));
