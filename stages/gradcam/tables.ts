import { methodTitle } from '../../src/attribution/methods.ts';
import { formatJson } from '../../src/charts/format-json.ts';
import { formatShare } from '../../src/charts/format-number.ts';
import { csvLine } from '../../src/csv.ts';
import type { Numbers } from '../../src/explanations/map-metrics.ts';
import type { Survey } from '../../src/explanations/survey-split.ts';
import { parseMetrics } from '../../src/metrics/metrics-file.ts';
import type { Highlight } from '../../src/stage.ts';
import type { GradcamSettings } from './spec.ts';

/** What was measured of a model. */
export interface MeasuredCase {
  readonly name: string;
  readonly layer: string;
  readonly survey: Survey;
  readonly numbers: Numbers;
}

/** The numbers of the only model, or those of each by its name. */
export function formatMetrics(
  cases: readonly MeasuredCase[],
  { split, class: of, score, confidence }: GradcamSettings,
): string {
  const head = { split, class: of, score, confidence };
  const numbersOf = ({ layer, numbers }: MeasuredCase) => ({ layer, ...numbers });
  const [first] = cases as readonly [MeasuredCase];
  if (cases.length === 1) return formatJson({ ...head, ...numbersOf(first) });
  return formatJson({ ...head, models: Object.fromEntries(cases.map((each) => [each.name, numbersOf(each)])) });
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

/** The share of mass in the most salient tenth of the pixels, the mean over the images of which a map says something. */
export function meanTopShare(survey: Survey, method: number): number {
  const shares = survey.maps[method]!.topShares.filter((share) => !Number.isNaN(share));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** How concentrated the first method's maps are: of the only model beside its untrained self, else of the least and the most. */
export function findingOf(
  cases: readonly (Pick<MeasuredCase, 'name' | 'survey'> & { readonly untrained: Survey | undefined })[],
): string {
  const shares = cases.map(({ name, survey }) => ({ name, share: meanTopShare(survey, 0) }));
  const told = shares.filter(({ share }) => !Number.isNaN(share)).sort((one, other) => one.share - other.share);
  const [least, most] = [told[0], told.at(-1)];
  if (least === undefined || most === undefined) return 'every map is zero everywhere';
  const hold = 'the most salient 10 % of pixels hold';
  if (cases.length > 1 && told.length === 1) return `${hold} ${formatShare(least.share)} of a map (${least.name})`;
  if (cases.length > 1) {
    return `${hold} from ${formatShare(least.share)} (${least.name}) to ${formatShare(most.share)} (${most.name}) of a map`;
  }
  const untrained = cases[0]!.untrained;
  const without = untrained === undefined ? Number.NaN : meanTopShare(untrained, 0);
  return `${hold} ${formatShare(least.share)} of a map${Number.isNaN(without) ? '' : `, untrained ${formatShare(without)}`}`;
}

/** A row for each model and method. */
export function casesTable(
  cases: readonly MeasuredCase[],
  { method: methods, split, untrained: isUntrained }: GradcamSettings,
): Highlight {
  const isMasked = cases.some(({ survey }) => survey.masks !== undefined);
  const rows = cases.flatMap(({ name, layer, numbers }) =>
    methods.map((method) => {
      const of = measuredOf(numbers[method] as Numbers);
      const number = (key: string, digits = 3) => of.get(key)?.toFixed(digits) ?? '–';
      const share = (key: string) => (of.get(key) == null ? '–' : formatShare(of.get(key)!));
      return [
        ...(cases.length > 1 ? [name] : []),
        ...[methodTitle(method), layer, share('real.topShare'), share('fake.topShare')],
        ...(isUntrained ? [share('untrained.real.topShare'), share('untrained.fake.topShare')] : []),
        ...[share('distance'), share('distanceByChance')],
        number('real.constantMaps', 0),
        number('fake.constantMaps', 0),
        ...(isMasked ? [share('masks.pointingGame'), share('masks.pointingGameByChance')] : []),
      ];
    }),
  );
  return {
    title: `What the most salient 10 % of pixels hold of a map, on ${split}`,
    columns: [
      ...(cases.length > 1 ? ['model'] : []),
      ...['method', 'layer', 'real', 'fake', ...(isUntrained ? ['untrained: real', 'fake'] : [])],
      ...['means lie elsewhere', 'by chance', 'constant maps: real', 'fake'],
      ...(isMasked ? ['points at mask', 'by chance'] : []),
    ],
    rows,
  };
}
