import { csvTable, intervalCells } from '../../src/csv.ts';
import { defaultNames, negativeName, positiveName } from '../../src/default-class-names.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatCount, formatCountOf, formatLevel } from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import {
  type MapNumbers,
  type MeasuredSurvey,
  metricsOf,
} from '../../src/learning/explanations/measure-survey.ts';
import { distanceAt, shareAt } from '../../src/learning/explanations/measured-texts.ts';
import { intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import type { Highlight } from '../../src/stage.ts';
import type { Lead } from './lead.ts';
import type { GradcamSettings } from './spec.ts';

/** A model whose maps are measured. */
interface MeasuredCase {
  readonly name: string;
  readonly layer: string;
  readonly measured: MeasuredSurvey;
  readonly subject: { readonly classes: readonly string[] };
}

/**
 * The `metrics` artifact: the numbers of the only model, or those of each by its name, and the lead
 * of one over another.
 */
export function formatMetrics(
  cases: readonly MeasuredCase[],
  settings: GradcamSettings,
  lead?: Lead,
): string {
  const { split, class: of, score, confidence } = settings;
  const head = { split, class: of, score, confidence };
  const numbersOf = ({ layer, measured }: MeasuredCase) => ({ layer, ...metricsOf(measured) });
  const [first] = cases as readonly [MeasuredCase];
  if (cases.length === 1) return formatJson({ ...head, ...numbersOf(first) });
  const { topShare, ...pair } = lead ?? {};
  return formatJson({
    ...head,
    models: Object.fromEntries(cases.map((each) => [each.name, numbersOf(each)])),
    ...(topShare && {
      mostOverLeast: {
        ...pair,
        topShare: topShare.estimate,
        intervals: { topShare: intervalPair(topShare) },
      },
    }),
  });
}

/**
 * The `table` artifact: a row for each model and method, in full precision; columns are named as in
 * the metrics.
 */
export function formatTable(cases: readonly MeasuredCase[]): string {
  const rows = cases.flatMap(
    ({ name, layer, measured: { methods, images, keys, counts, accuracy } }) =>
      Array.from(methods, ([method, numbers]) => {
        const cells = Array.from(numbers, ([path, { estimate, low, high }]) =>
          low === undefined || high === undefined
            ? { [path]: estimate }
            : intervalCells(path, { estimate, low, high }),
        );
        const sides = keys.length === 2 && { [negativeName]: counts[0], [positiveName]: counts[1] };
        return {
          model: name,
          method,
          layer,
          images,
          ...sides,
          accuracy,
          ...Object.assign({}, ...cells),
        };
      }),
  );
  return csvTable(rows);
}

export function casesTable(
  cases: readonly MeasuredCase[],
  { split, confidence }: GradcamSettings,
): Highlight {
  const all = cases.flatMap(({ measured }) => [...measured.methods.values()]);
  const has = (path: string) => all.some((numbers) => numbers.has(path));
  const isUntrained = has('untrained.topShare');
  const isMasked = has('masks.pointingGame');
  // With many classes, a column for each would make the table too wide to read.
  const { classes } = cases[0]!.subject;
  const isPair =
    classes.length === 2 && cases.every(({ subject }) => subject.classes.join() === classes.join());
  const of = isPair ? defaultNames.map((name) => `${name}.`) : [''];
  const rows = cases.flatMap(({ name, layer, measured }) =>
    Array.from(measured.methods, ([method, numbers]) => [
      ...(cases.length > 1 ? [name] : []),
      methodTitle(method),
      layer,
      shareAt(numbers, 'topShareCeiling'),
      ...of.map((path, label) =>
        mapsShare(numbers, path, isPair ? measured.counts[label]! : undefined),
      ),
      ...(isUntrained ? of.map((path) => shareAt(numbers, `untrained.${path}topShare`)) : []),
      distanceAt(numbers, '', confidence),
      shareAt(numbers, 'distanceByChance'),
      ...(isMasked
        ? [shareAt(numbers, 'masks.pointingGame'), shareAt(numbers, 'masks.pointingGameByChance')]
        : []),
    ]),
  );
  const untrained = isPair
    ? [`untrained, one draw: ${classes[0]}`, classes[1]!]
    : ['untrained, one draw'];
  return {
    title: `Share of a map in its most salient 10 % of pixels, on ${split}, ${formatLevel(confidence)} intervals`,
    columns: [
      ...(cases.length > 1 ? ['model'] : []),
      'method',
      'layer',
      'at most',
      ...(isPair ? classes : ['trained']),
      ...(isUntrained ? untrained : []),
      'mean maps differ in',
      'by chance',
      ...(isMasked ? ['points into mask', 'by chance'] : []),
    ],
    rows,
  };
}

/**
 * The share of a class, or of all where `images` is undefined, and the number of maps that it is
 * the mean of if some are constant.
 */
function mapsShare(numbers: MapNumbers, path: string, images: number | undefined): string {
  const share = shareAt(numbers, `${path}topShare`);
  if (images === undefined) return share;
  const constant = numbers.get(`${path}constantMaps`)!.estimate;
  return constant === 0
    ? share
    : `${share}, ${formatCount(images - constant)} of ${formatCountOf(images, 'map')}`;
}
