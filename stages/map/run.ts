import { writeFileSync } from 'node:fs';
import { formatJson } from '../../src/format-json.ts';
import { formatCount, formatDecimal, formatShare } from '../../src/format-numbers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import type { Rows } from '../../src/learning/metrics/multivariate/rows.ts';
import { type Features, openFeatures } from '../../src/learning/vision/features/features.ts';
import {
  type MapLayout,
  type MappedImage,
  writeMap,
} from '../../src/learning/vision/features/map-files.ts';
import { permutation, Random } from '../../src/random.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { mapChart } from './map-chart.ts';
import { nearestOfAll, nearestRows, sharedNeighbours } from './neighbours/nearest-rows.ts';
import { trustworthiness } from './neighbours/trustworthiness.ts';
import { type PrincipalScores, principalScores } from './principal-scores.ts';
import type { MapSettings } from './spec.ts';
import { fuzzyGraph } from './umap/fuzzy-graph.ts';
import { epochsOf, layOut } from './umap/layout.ts';

type Context = StageContext<MapSettings>;

/** The measures are means over images: so many give them to the third digit. */
const mostMeasured = 5000;

export default async function run(context: Context): Promise<void> {
  const { splits, components, neighbours, seed } = context.settings;
  const features = openFeatures(context.input('features').path);
  const images = splits.flatMap((split) =>
    features.split(split).samples.map((sample): MappedImage => ({ split, sample })),
  );
  if (images.length <= 2 * neighbours) {
    throw new StageError(
      `Expected more than ${2 * neighbours} images for ${neighbours} neighbours, got ${images.length}: name fewer neighbours.`,
    );
  }
  const reduced = principalScores(rowsOf(context, features), components);
  const { scores, shares } = reduced;
  context.log(
    `${shares.length} components keep ${formatShare(sum(shares))} of the variance of ${formatCount(features.values)} values`,
  );
  const nearest = nearestOfAll(scores, neighbours, pairProgress(context, scores.length));
  const graph = fuzzyGraph(nearest);
  const umapOf = async (mapSeed: number, note: string) => {
    const points = startOf(scores, mapSeed);
    const report = progressOf(context, 'epochs', epochsOf(graph.nodes), note);
    for (const done of layOut(graph, points, { ...context.settings, seed: mapSeed })) {
      report(done);
      await new Promise(setImmediate); // what the stage says is sent meanwhile
    }
    return points;
  };
  const layouts = new Map([
    ['umap', await umapOf(seed, 'map')],
    ['pca', Float64Array.from(scores.flatMap(([x = 0, y = 0]) => [x, y]))],
  ]);
  const other = await umapOf(seed + 1, 'map of the next seed');
  const trust = measure(scores, [layouts.get('umap')!, layouts.get('pca')!, other], context);
  const described = describeLayouts(trust, reduced, context.settings);
  writeMap(context.output('map'), {
    info: { format: 1, layouts: [...described] },
    images,
    layouts,
    nearest: nearest.indexes,
  });
  writeFileSync(context.output('metrics'), formatJson(metricsOf(trust, shares, images.length)));
  const chart = mapChart({ classes: features.classes, splits, images, layouts, described }, seed);
  await renderOutput(context, 'chart', chart);
  context.highlight({
    title: 'How far the map can be trusted',
    columns: ['layout', 'measure', 'value'],
    rows: described.flatMap(({ title, measures }) =>
      measures.map(({ name, value }) => [title, name, value]),
    ),
  });
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/** The features of all images as rows, of which not all are equal. */
function rowsOf({ settings }: Context, features: Features): Rows {
  const { values: width } = features;
  const rows = settings.splits.flatMap((split) => {
    const { samples, features: values } = features.split(split);
    return samples.map((_, i) => Float64Array.from(values.subarray(i * width, (i + 1) * width)));
  });
  const deviations = deviationsOf(rows);
  if (deviations.every((deviation) => deviation === 0))
    throw new StageError('Expected features that differ, but those of all images are equal.');
  if (!settings.standardise) return rows;
  return rows.map((row) => row.map((value, k) => value / (deviations[k]! || 1)));
}

function deviationsOf(rows: Rows): Float64Array {
  const means = new Float64Array(rows[0]!.length);
  const squares = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let k = 0; k < row.length; k++) means[k]! += row[k]! / rows.length;
  for (const row of rows)
    for (let k = 0; k < row.length; k++) squares[k]! += (row[k]! - means[k]!) ** 2 / rows.length;
  return squares.map(Math.sqrt);
}

/** Tells a hundred times at most how far a part of the work is. */
function progressOf(context: Context, unit: string, total: number, note?: string) {
  const every = Math.ceil(total / 100);
  return (done: number) => {
    if (done % every === 0 || done === total)
      context.progress({ done, total, unit, ...(note !== undefined && { note }) });
  };
}

/** Progress by the pairs that were compared: the first images have the most later ones. */
function pairProgress(context: Context, images: number) {
  const every = Math.ceil(images / 100);
  return (compared: number) => {
    const left = (1 - compared / images) ** 2;
    if (compared % every === 0 || compared === images)
      context.progress({ done: Math.round(images * (1 - left)), total: images, unit: 'images' });
  };
}

/** The ends of the first component of the start, in the unit of the map, as in umap-learn. */
const reach = 10;
const noise = 1e-4;

/**
 * Where the points of a map begin: at their two principal components, which keep the large
 * distances better than random places do (Kobak and Linderman 2021, "Initialization is critical
 * for preserving global data structure in both t-SNE and UMAP"), with a little noise that parts
 * equal images.
 */
function startOf(scores: Rows, seed: number): Float64Array {
  const random = new Random('umap start', seed);
  const most = scores.reduce((max, [x = 0]) => Math.max(max, Math.abs(x)), 0);
  return Float64Array.from(
    scores.flatMap(([x = 0, y = 0]) => [x, y]),
    (value) => (reach * value) / most + noise * random.normal(),
  );
}

/** How far the two layouts of a map can be trusted. */
export interface Trust {
  readonly umap: number;
  readonly pca: number;
  /** The share of an image's neighbours on the map that the map of another seed has too. */
  readonly seeds: number;
  /** What maps that have nothing in common would share. */
  readonly chance: number;
  /** How many images the means are of. */
  readonly measured: number;
}

function measure(
  scores: Rows,
  [umap, pca, other]: readonly Float64Array[],
  { settings: { neighbours, seed } }: Context,
): Trust {
  const drawn = permutation(scores.length, new Random('measured', seed)).subarray(0, mostMeasured);
  const queries = Array.from(drawn.sort());
  const onMap = (points: Float64Array) =>
    nearestRows(
      scores.map((_, i) => points.slice(2 * i, 2 * i + 2)),
      queries,
      neighbours,
    );
  const ofUmap = onMap(umap!);
  const [trustOfUmap, trustOfPca] = trustworthiness(scores, [ofUmap, onMap(pca!)]);
  return {
    umap: trustOfUmap!,
    pca: trustOfPca!,
    seeds: sharedNeighbours(ofUmap, onMap(other!)),
    chance: neighbours / (scores.length - 1),
    measured: queries.length,
  };
}

function describeLayouts(
  trust: Trust,
  { shares, scores }: PrincipalScores,
  { neighbours, seed }: MapSettings,
): readonly MapLayout[] {
  const of = trust.measured < scores.length ? `, of ${formatCount(trust.measured)} images` : '';
  const name = `trustworthiness at ${neighbours} neighbours${of}`;
  return [
    {
      name: 'umap',
      title: 'UMAP',
      measures: [
        { name, value: formatDecimal(trust.umap, 3) },
        {
          name: `neighbours that seed ${seed + 1} gives too (by chance ${formatShare(trust.chance)})`,
          value: formatShare(trust.seeds),
        },
      ],
    },
    {
      name: 'pca',
      title: 'Principal components',
      axes: [
        `First component (${formatShare(shares[0]!)})`,
        `Second component (${formatShare(shares[1] ?? 0)})`,
      ],
      measures: [
        { name, value: formatDecimal(trust.pca, 3) },
        { name: 'variance that both keep', value: formatShare(sum(shares.slice(0, 2))) },
      ],
    },
  ];
}

function metricsOf(trust: Trust, shares: readonly number[], images: number) {
  return {
    images,
    components: shares.length,
    variance: sum(shares),
    umap: { trustworthiness: trust.umap, seedAgreement: trust.seeds },
    pca: { trustworthiness: trust.pca, variance: sum(shares.slice(0, 2)) },
    chanceAgreement: trust.chance,
  };
}
