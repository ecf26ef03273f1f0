import { csvLine } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatCount, formatCountOf, formatLevel } from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import { formatDistance, formatSharing, numberAt } from '../../src/learning/explanations/format-measured.ts';
import type { Numbers } from '../../src/learning/explanations/map-metrics.ts';
import type { Survey } from '../../src/learning/explanations/survey-split.ts';
import { intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import type { Highlight } from '../../src/stage.ts';
import type { Lead } from './finding.ts';
import type { GradcamSettings } from './spec.ts';

/** What was measured of a model. */
export interface MeasuredCase {
  readonly name: string;
  readonly layer: string;
  readonly survey: Survey;
  readonly numbers: Numbers;
}

/** The numbers of the only model, or those of each by its name, and by how much one is above another. */
export function formatMetrics(
  cases: readonly MeasuredCase[],
  { split, class: of, score, confidence }: GradcamSettings,
  lead?: Lead,
): string {
  const head = { split, class: of, score, confidence };
  const numbersOf = ({ layer, numbers }: MeasuredCase) => ({ layer, ...numbers });
  const [first] = cases as readonly [MeasuredCase];
  if (cases.length === 1) return formatJson({ ...head, ...numbersOf(first) });
  const { topShare, ...pair } = lead ?? {};
  const finite = topShare && (Number.isNaN(topShare.estimate) ? null : topShare.estimate);
  const mostOverLeast = topShare && { ...pair, topShare: finite, intervals: { topShare: intervalPair(topShare) } };
  return formatJson({
    ...{ ...head, models: Object.fromEntries(cases.map((each) => [each.name, numbersOf(each)])) },
    ...(mostOverLeast && { mostOverLeast }),
  });
}

/** A row for each model and method, in full precision; a number is called as in the metrics, its ends after it. */
export function formatTable(cases: readonly MeasuredCase[], { method: methods }: GradcamSettings): string {
  const facts = ['images', 'real', 'fake', 'accuracy'] as const;
  const rows = cases.flatMap(({ name, layer, numbers }) =>
    methods.map((method) => ({
      fixed: [name, method, layer, ...facts.map((fact) => cell(numbers[fact] as number | null))],
      measured: measuredOf(numbers[method] as Numbers),
    })),
  );
  const names = [...new Set(rows.flatMap(({ measured }) => [...measured.keys()]))];
  const header = ['model', 'method', 'layer', ...facts, ...names];
  const lines = rows.map(({ fixed, measured }) => [...fixed, ...names.map((name) => cell(measured.get(name) ?? null))]);
  return [header, ...lines].map(csvLine).join('');
}

const cell = (value: number | null) => value ?? '';

/** `real.topShare`, `real.topShareLow`, `real.topShareHigh`, … */
function measuredOf(numbers: Numbers): ReadonlyMap<string, number | null> {
  const parsed = parseMetrics(JSON.stringify(numbers));
  if (!parsed.ok) throw new Error(`Internal error: ${parsed.error}`);
  const { values, intervals } = parsed.value;
  const columns = [...values].flatMap(([name, value]): [string, number | null][] => {
    const [low, high] = intervals.get(name) ?? [null, null];
    return isMeasured(name)
      ? [
          [name, value],
          [`${name}Low`, low],
          [`${name}High`, high],
        ]
      : [[name, value]];
  });
  return new Map(columns);
}

/** Counts, and what is known of chance, have no intervals. */
const isMeasured = (name: string): boolean => !/(^|\.)(constantMaps|images)$|ByChance$|distanceP$/.test(name);

/** A row for each model and method. */
export function casesTable(
  cases: readonly MeasuredCase[],
  { method: methods, split, untrained: isUntrained, confidence }: GradcamSettings,
): Highlight {
  const isMasked = cases.some(({ survey }) => survey.masks !== undefined);
  const rows = cases.flatMap(({ name, layer, numbers }) =>
    methods.map((method) => {
      const own = numbers[method] as Numbers;
      const share = (key: string) => formatSharing(numberAt(own, key));
      return [
        ...(cases.length > 1 ? [name] : []),
        ...[methodTitle(method), layer, classShare(numbers, own, 'real'), classShare(numbers, own, 'fake')],
        ...(isUntrained ? [share('untrained.real.topShare'), share('untrained.fake.topShare')] : []),
        ...[formatDistance(own, '', confidence), share('distanceByChance')],
        ...(isMasked ? [share('masks.pointingGame'), share('masks.pointingGameByChance')] : []),
      ];
    }),
  );
  return {
    title: `What the most salient 10 % of pixels hold of a map, on ${split}, intervals at ${formatLevel(confidence)}`,
    columns: [
      ...(cases.length > 1 ? ['model'] : []),
      ...['method', 'layer', 'real', 'fake', ...(isUntrained ? ['untrained, one draw: real', 'fake'] : [])],
      ...['means lie elsewhere', 'by chance'],
      ...(isMasked ? ['points at mask', 'by chance'] : []),
    ],
    rows,
  };
}

/** Of a class, and of how many maps it is where some say nothing. */
function classShare(numbers: Numbers, own: Numbers, name: 'real' | 'fake'): string {
  const share = formatSharing(numberAt(own, `${name}.topShare`));
  const [images, constant] = [numbers[name] as number, numberAt(own, `${name}.constantMaps`).value!];
  return constant === 0 ? share : `${share}, ${formatCount(images - constant)} of ${formatCountOf(images, 'map')}`;
}
