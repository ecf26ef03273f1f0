import { csvTable, intervalCells } from '../../src/csv.ts';
import { negativeName, positiveName } from '../../src/default-class-names.ts';
import { formatJson } from '../../src/format-json.ts';
import {
  decimalsOf,
  formatDecimal,
  formatEstimate,
  formatLevel,
  formatP,
  formatSigned,
} from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import type { ScoreKind } from '../../src/learning/attribution/questions/question.ts';
import { type Estimate, intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import type { Highlight } from '../../src/stage.ts';
import type { FaithfulnessSettings } from './spec.ts';
import {
  followsImage,
  type JudgedMethod,
  type Judgement,
  type RankedMethod,
  sideOf,
  type Tested,
} from './verdict.ts';

type MayBeTested = Estimate & Partial<Tested>;

/** The numbers of a method by their names in metrics and table. */
function numbersOf(
  method: JudgedMethod | RankedMethod,
): readonly (readonly [string, MayBeTested])[] {
  const { insertion, deletion, contrast, newWeights } = method;
  return Object.entries<MayBeTested>({
    ...('overControl' in method && { overControl: method.overControl }),
    insertion,
    deletion,
    insertionMinusDeletion: contrast,
    ...(newWeights && {
      likenessWithNewWeights: newWeights.own,
      likenessOfOtherImages: newWeights.others,
      likenessExcess: newWeights.excess,
    }),
  });
}

const pValues = (name: string, { p, adjustedP }: MayBeTested): Readonly<Record<string, number>> =>
  p === undefined ? {} : { [`${name}P`]: p, [`${name}AdjustedP`]: adjustedP! };

/** What `metrics` repeats of the settings, and the layer of class activation maps. */
interface MetricsHead {
  readonly split: string;
  /** `label`, `predicted`, or a class's name. */
  readonly class: string;
  readonly score: ScoreKind;
  readonly confidence: number;
  readonly layer: string;
  readonly seed: number;
  readonly curveBaseline: FaithfulnessSettings['curveBaseline'];
  readonly curveSteps: number;
}

/** The `metrics` artifact: the numbers of each method by its name, with their intervals. */
export function formatMetrics(judgement: Judgement, head: MetricsHead): string {
  const { ranked, control, images, negative, positive, kept, weightDraws } = judgement;
  const { split, class: of, score, confidence, layer, seed, curveBaseline, curveSteps } = head;
  return formatJson({
    split,
    class: of,
    score,
    confidence,
    layer,
    seed,
    curveBaseline,
    curveSteps,
    ...(weightDraws > 0 && { weightDraws }),
    images,
    ...(negative !== undefined && {
      [negativeName]: negative,
      [positiveName]: positive,
    }),
    baselineHasClass: kept,
    best: ranked[0]!.method,
    beatControl: ranked.filter(({ overControl }) => sideOf(overControl, confidence) === 'above')
      .length,
    methods: Object.fromEntries([
      ...ranked.map((method, i) => [
        method.method,
        { rank: i + 1, ...metricsOf(method, judgement) },
      ]),
      [control.method, metricsOf(control, judgement)],
    ]),
  });
}

function metricsOf(method: JudgedMethod, { depths }: Judgement) {
  const { likeness, newWeights, completeness } = method;
  const numbers = numbersOf(method);
  const byLayer = (of: (estimate: MayBeTested) => unknown) =>
    depths.length > 0 && {
      likenessFrom: Object.fromEntries(depths.map(({ layer }, d) => [layer, of(likeness[d]!)])),
    };
  const values = numbers.map(([name, number]) => ({
    [name]: number.estimate,
    ...pValues(name, number),
  }));
  return {
    ...Object.assign({}, ...values),
    ...byLayer(({ estimate }) => estimate),
    ...(newWeights && {
      likenessExcessByDraw: Object.fromEntries(
        newWeights.byDraw.map((excess, draw) => [draw + 1, excess]),
      ),
    }),
    ...(completeness && { completeness }),
    intervals: {
      ...Object.fromEntries(numbers.map(([name, number]) => [name, intervalPair(number)])),
      ...byLayer(intervalPair),
    },
  };
}

/**
 * The `table` artifact: a row for each method, the control last and without a rank, in full
 * precision.
 */
export function formatTable({ ranked, control }: Judgement): string {
  const rowOf = (method: JudgedMethod, rank?: number) => {
    const numbers = numbersOf(method).map(([name, number]) => ({
      ...intervalCells(name, number),
      ...pValues(name, number),
    }));
    return { rank, method: method.method, ...Object.assign({}, ...numbers) };
  };
  return csvTable([...ranked.map((method, i) => rowOf(method, i + 1)), rowOf(control)]);
}

/** Decimals that distinguish the methods where they are ranked. */
export const rankingDecimals = ({ ranked }: Judgement): number =>
  decimalsOf([
    0,
    ...ranked.flatMap(({ overControl: { estimate, low, high } }) =>
      [estimate, low, high].filter(isKnown),
    ),
  ]);

const isKnown = (value: number) => !Number.isNaN(value);

export const areaDecimals = ({ ranked, control }: Judgement): number =>
  Math.max(
    ...(['insertion', 'deletion'] as const).map((name) =>
      decimalsOf([...ranked, control].map((method) => method[name].estimate)),
    ),
  );

/** A row for each method, the control last. */
export function faithfulnessTable(
  judgement: Judgement,
  { split, confidence }: { readonly split: string; readonly confidence: number },
): Highlight {
  const { ranked, control, depths } = judgement;
  const areas = areaDecimals(judgement);
  const differences = rankingDecimals(judgement);
  const signed = (number: MayBeTested, decimals?: number) =>
    formatEstimate(number, (value) => formatSigned(value, decimals));
  const row = (
    { method, insertion, deletion, newWeights }: JudgedMethod,
    over: readonly string[],
  ) => {
    const cells = [
      methodTitle(method),
      formatDecimal(insertion.estimate, areas),
      formatDecimal(deletion.estimate, areas),
      ...over,
    ];
    if (newWeights === undefined) return cells;
    return [
      ...cells,
      formatDecimal(newWeights.own.estimate),
      formatDecimal(newWeights.others.estimate),
      signed(newWeights.excess),
      followsImage(newWeights, confidence) ? 'yes' : 'not shown',
    ];
  };
  return {
    title: `Faithfulness on ${split}, ${formatLevel(confidence)} intervals`,
    columns: [
      'method',
      'insertion',
      'deletion',
      `above ${methodTitle(control.method)}`,
      'p',
      ...(depths.length > 0
        ? ['likeness, random weights', 'of other images', 'excess', 'follows the image']
        : []),
    ],
    rows: [
      ...ranked.map((method) =>
        row(method, [
          signed(method.overControl, differences),
          formatP(method.overControl.adjustedP),
        ]),
      ),
      row(control, ['–', '–']),
    ],
  };
}
