import type { Form } from './intervals/bootstrap.ts';

/** The facts about a metric of predictions; levels of chance are those of two classes. */
export interface Metric {
  /** Its key in metrics files; there a path may stand before it: `test.auc`. */
  readonly name: string;
  /** Its name in running text: `AUC`, `equal error rate`. */
  readonly title: string;
  readonly better: 'higher' | 'lower';
  readonly range: readonly [low: number, high: number];
  /**
   * The level of scores without information; absent where it depends on the shares of the classes,
   * or on more.
   */
  readonly chance?: number;
  /** Reports show a headline metric first. */
  readonly isHeadline?: true;
  /** Whether every image counts alike; otherwise every class does. */
  readonly perImage?: true;
  /** Whether a few images may decide it, such as the largest losses. */
  readonly isSkewed?: true;
  /** The false positive rate that it is about: only this share of the negatives decides. */
  readonly rate?: number;
  /** What it needs to be known. */
  readonly needs?: MetricNeeds;
}

/** The fewest images that determine a metric, or groups where images have groups. */
export interface MetricNeeds {
  /**
   * Images of the negative class for the number itself: with fewer, its false positive rate is less
   * than one of them.
   */
  readonly negatives?: number;
  /**
   * Units for an interval that covers the truth, in all if every image counts alike, else of the
   * rarest class; Infinity where none does.
   */
  readonly forInterval?: number;
}

const unit = [0, 1] as const;
const higher = { better: 'higher', range: unit } as const;
const lower = { better: 'lower', range: unit } as const;
const signed = { range: [-1, 1], chance: 0 } as const;
const never = Number.POSITIVE_INFINITY;
const ofLosses = { perImage: true, isSkewed: true, needs: { forInterval: 100 } } as const;

/** Every metric that `evaluate` and `roc-det` compute, the most important ones first. */
export const metricCatalogue = [
  { name: 'auc', title: 'AUC', ...higher, chance: 0.5, isHeadline: true },
  { name: 'accuracy', title: 'accuracy', ...higher, isHeadline: true, perImage: true },
  {
    name: 'balancedAccuracy',
    title: 'balanced accuracy',
    ...higher,
    chance: 0.5,
    isHeadline: true,
  },
  { name: 'equalErrorRate', title: 'equal error rate', ...lower, chance: 0.5, isHeadline: true },
  {
    name: 'matthewsCorrelation',
    title: 'Matthews correlation',
    ...higher,
    ...signed,
    isHeadline: true,
  },
  {
    name: 'calibrationError',
    title: 'calibration error',
    ...lower,
    isHeadline: true,
    needs: { forInterval: never },
  },
  { name: 'loss', title: 'loss', ...lower, range: [0, Number.POSITIVE_INFINITY], ...ofLosses },
  { name: 'brier', title: 'Brier score', ...lower, ...ofLosses },
  { name: 'averagePrecision', title: 'average precision', ...higher },
  {
    name: 'partialAucTo10PercentFpr',
    title: 'partial AUC up to 10 % FPR',
    ...higher,
    chance: 0.5,
    rate: 0.1,
  },
  {
    name: 'tprAt1PercentFpr',
    title: 'TPR at 1 % FPR',
    ...higher,
    chance: 0.01,
    rate: 0.01,
    needs: { negatives: 100 },
  },
  {
    name: 'tprAt10PercentFpr',
    title: 'TPR at 10 % FPR',
    ...higher,
    chance: 0.1,
    rate: 0.1,
    needs: { negatives: 10 },
  },
  { name: 'precision', title: 'precision', ...higher },
  { name: 'recall', title: 'recall', ...higher },
  { name: 'f1', title: 'F1', ...higher },
  { name: 'macroF1', title: 'macro F1', ...higher },
  { name: 'cohensKappa', title: "Cohen's kappa", ...higher, ...signed },
  { name: 'top3Accuracy', title: 'top-3 accuracy', ...higher, perImage: true },
  { name: 'top5Accuracy', title: 'top-5 accuracy', ...higher, perImage: true },
  {
    name: 'classwiseCalibrationError',
    title: 'classwise calibration error',
    ...lower,
    needs: { forInterval: never },
  },
  { name: 'falsePositiveRateAt95', title: 'unknown images accepted at 95 % of known', ...lower },
  { name: 'calledRight', title: 'called right', ...higher, perImage: true },
  { name: 'majorityAccuracy', title: 'majority class', ...higher },
  { name: 'falsePositiveRate', title: 'false positive rate', ...lower },
  { name: 'falseNegativeRate', title: 'false negative rate', ...lower },
] as const satisfies readonly Metric[];

export type MetricName = (typeof metricCatalogue)[number]['name'];

const byName: ReadonlyMap<string, Metric> = new Map(
  metricCatalogue.map((metric) => [metric.name, metric]),
);

/** The metrics that reports show first, in this order. */
export const headlineMetrics: readonly Metric[] = [...byName.values()].filter(
  ({ isHeadline }) => isHeadline,
);

/**
 * The metric that a name of the catalogue or a path in a metrics file ends in; undefined for one
 * that is not listed.
 */
export const findMetric = (path: string): Metric | undefined =>
  byName.get(path.slice(path.lastIndexOf('.') + 1));

/**
 * A path in a metrics file in words, for an axis: `AUC on test` for `test.auc`; one that ends in no
 * listed metric stays.
 */
export function titleOfPath(path: string): string {
  const title = findMetric(path)?.title;
  if (title === undefined) return path;
  const [split, ...names] = path.split('.');
  const where = names.length === 0 ? '' : ` on ${split}`;
  return title[0]!.toUpperCase() + title.slice(1) + where;
}

export const metric = (name: MetricName): Metric => byName.get(name)!;

/**
 * Why a metric, given by its path in a metrics file, is null in a file that has it; undefined where
 * another reason is as likely.
 */
export function reasonMissing(path: string): string | undefined {
  const negatives = findMetric(path)?.needs?.negatives;
  return negatives === undefined ? undefined : `needs ${negatives} images of the negative class`;
}

/** How a metric varies over test sets; one that is not listed is unbounded. */
export function formOf(name: string): Form {
  const { range, perImage, isSkewed } = findMetric(name) ?? {};
  return {
    // A few large losses may lie far above the others, so no upper end bounds their mean.
    ...(range && { range: isSkewed ? [range[0], Number.POSITIVE_INFINITY] : range }),
    ...(perImage && { perImage }),
    ...(isSkewed && { isSkewed }),
  };
}

const ofParts: readonly string[] = [
  'falsePositiveRateAt95',
  'calledRight',
  'majorityAccuracy',
  'falsePositiveRate',
  'falseNegativeRate',
];

/** The metrics by which a model, an epoch or a slice can be chosen: those of all its images. */
export const chosenBy = metricCatalogue.flatMap(({ name }) =>
  ofParts.includes(name) ? [] : [name],
);

/** The metrics that only two classes have, or two sides. */
export const detectorMetrics: ReadonlySet<MetricName> = new Set([
  ...(['precision', 'recall', 'f1', 'averagePrecision', 'equalErrorRate'] as const),
  ...(['partialAucTo10PercentFpr', 'tprAt1PercentFpr', 'tprAt10PercentFpr'] as const),
]);

/** The least number of classes of metrics that `evaluate` does not have for fewer. */
export const leastClasses: ReadonlyMap<MetricName, number> = new Map<MetricName, number>([
  ...(['macroF1', 'cohensKappa', 'classwiseCalibrationError'] as const).map(
    (name) => [name, 3] as const,
  ),
  ['top3Accuracy', 4],
  ['top5Accuracy', 6],
]);

/** Compares two values of a metric for sorting, the better one first. */
export const betterFirst = (
  { better }: Pick<Metric, 'better'>,
  one: number,
  other: number,
): number => (better === 'higher' ? other - one : one - other);
