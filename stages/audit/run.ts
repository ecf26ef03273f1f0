import { writeFileSync } from 'node:fs';
import { formatCountOf, formatFew } from '../../src/format-numbers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import { whichArePositive } from '../../src/learning/metrics/scores/class-settings.ts';
import { openClasses } from '../../src/learning/training/open-labelled-data.ts';
import type { Sample } from '../../src/learning/vision/dataset/dataset.ts';
import { type Dataset, openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { ringFrequencies } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { requireKnown } from '../../src/read-input.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import {
  type Copies,
  copyCounts,
  findCopies,
  formatDuplicates,
  groupsAcrossSplits,
  type SplitGroup,
} from './copies.ts';
import { copiesChart } from './copies-chart.ts';
import { meanDifference, meansChart } from './means-chart.ts';
import {
  isWorrying,
  type ShortcutResult,
  shortcutChart,
  testShortcuts,
  verdictLine,
} from './shortcuts.ts';
import type { AuditSettings } from './spec.ts';
import { spectrumChart, spectrumGap } from './spectrum.ts';
import { type AuditedImage, type Survey, surveyImages } from './survey.ts';
import { classTable, copyTable, shortcutTable } from './tables.ts';

type Context = StageContext<AuditSettings>;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  const folder = context.input('dataset').path;
  const splits = settings.splits ?? openDataset(folder).splits;
  using dataset = openClasses(folder, splits);
  const sides = sidesOf(dataset, splits, settings.positive);
  const seen = await surveyImages(dataset, splits, {
    ...sides,
    seed: settings.seed,
    threads: context.cpus + 1,
    progress: (done, total) => context.progress({ done, total, unit: 'images' }),
  });
  requireBothClasses(sides, seen);
  const count = seen.images.length;
  context.progress({ done: count, total: count, unit: 'images', note: 'comparing them' });
  const findings = find(context, seen);
  const { copies, groups, results } = findings;
  writeFileSync(context.output('metrics'), formatMetrics(sides, findings, settings));
  writeFileSync(
    context.output('duplicates'),
    formatDuplicates(copies.pairs, groups, seen.images, sides.classes),
  );
  await draw(context, dataset, sides, findings);
  for (const result of results) context.log(verdictLine(result));
  for (const line of warnings(findings)) context.warn(line);
  context.highlight(classTable(seen, sides.classes));
  context.highlight(shortcutTable(results));
  context.highlight(copyTable(copies.pairs));
}

type Sides = ReturnType<typeof sidesOf>;

/**
 * The two sides that are compared: the classes of two, or those that are named against all others.
 * Throws a {@link StageError}.
 */
function sidesOf(
  dataset: Dataset,
  splits: readonly string[],
  positive: readonly string[] | undefined,
) {
  const { classes } = dataset;
  const labelOf = ({ label }: Sample): number => label;
  if (positive === undefined) {
    if (classes.length > 2) throw new StageError(`input "dataset": ${whichArePositive(classes)}`);
    return { classes, labelOf };
  }
  const known = new Set(
    splits.flatMap((split) =>
      dataset.split(split).samples.flatMap((sample) => [sample.class, sample.source]),
    ),
  );
  requireKnown('classes or sources as positive', positive, known);
  const isPositive = (sample: Sample) =>
    positive.includes(sample.class) || positive.includes(sample.source);
  return {
    classes: ['others', formatFew(positive, 3)],
    labelOf: (sample: Sample) => (isPositive(sample) ? 1 : 0),
  };
}

const countOf = ({ images }: Survey, label: number): number =>
  images.filter((image) => image.label === label).length;

function requireBothClasses({ classes }: Sides, seen: Survey): void {
  const counts = classes.map((_, label) => countOf(seen, label));
  if (counts.every((count) => count > 0)) return;
  const named = classes.map((name, label) => `${counts[label]} of ${name}`);
  throw new StageError(`Expected images of both classes, got ${named.join(' and ')}.`);
}

type Findings = ReturnType<typeof find>;

/** What the images show once all of them are decoded. */
function find(context: Context, seen: Survey) {
  const { together } = context.settings;
  const copies = findCopies(seen.images, together);
  const units = seen.examined.map(({ position }) => copies.units[position]!);
  const means = meanDifference(seen.classes, units);
  const gap = spectrumGap(seen.examined, units);
  return {
    seen,
    copies,
    groups: groupsAcrossSplits(seen.images, together),
    results: testAll(context, seen, units),
    means,
    gap,
  };
}

/** `units` are the units of the examined images, as in `Copies`. */
function testAll(
  context: Context,
  { examined }: Survey,
  units: readonly string[],
): readonly ShortcutResult[] {
  const results = testShortcuts(examined, units, context.settings, (done, total, note) =>
    context.progress({ done, total, unit: 'tests', note }),
  );
  if (results.length === 0) {
    context.warn(
      'Shortcuts could not be tested: all images of a class are of one group, or copies of one, so no fold can learn it from others.',
    );
  }
  return results;
}

function formatMetrics(
  { classes }: Sides,
  { seen, copies, groups, results, means, gap }: Findings,
  { confidence, together }: AuditSettings,
): string {
  const intervals = results.map(({ name, auc }) => [name, intervalPair(auc)] as const);
  const metrics = {
    confidence,
    images: seen.images.length,
    classes: Object.fromEntries(classes.map((name, label) => [name, countOf(seen, label)])),
    examined: seen.examined.length,
    shortcuts: {
      ...Object.fromEntries(results.map(({ name, auc }) => [name, auc.estimate])),
      intervals: Object.fromEntries(intervals.filter(([, pair]) => pair !== null)),
      p: Object.fromEntries(
        results.filter(({ varies }) => varies).map(({ name, auc }) => [name, auc.p]),
      ),
    },
    copies: { ...copyCounts(copies.pairs), imagesAcrossSplits: copies.leaking },
    groupsAcrossSplits: namesOf(groups, 'group').length,
    ...Object.fromEntries(
      together.flatMap((name) =>
        seen.images.some(({ slices }) => slices[name] !== undefined)
          ? [[`${name}sAcrossSplits`, namesOf(groups, name).length]]
          : [],
      ),
    ),
    meanImages: { difference: means.rootMeanSquare, byChance: means.chance ?? null },
    spectrum: { largestGap: gap.deviations, frequency: ringFrequencies[gap.ring]!, p: gap.p },
  };
  return `${JSON.stringify(metrics, null, 2)}\n`;
}

async function draw(
  context: Context,
  dataset: Dataset,
  { classes }: Sides,
  { seen, copies, results, means, gap }: Findings,
): Promise<void> {
  const show = async (position: number) => {
    const { split, index } = seen.images[position]!;
    return thumbnail(await dataset.split(split).read(index));
  };
  const charts = {
    shortcuts: shortcutChart(results, context.settings.confidence),
    means: await meansChart(classes, seen.classes, means),
    spectrum: spectrumChart(classes, seen.classes, gap),
    copies: await copiesChart(copies, seen.images, classes, show),
  };
  for (const [port, chart] of Object.entries(charts)) await renderOutput(context, port, chart);
}

function* warnings({ seen: { images }, copies, groups, results }: Findings): Generator<string> {
  for (const result of results.filter(isWorrying)) yield `${capital(verdictLine(result))}.`;
  yield* copyWarnings(images, copies);
  for (const kind of kindsOf(groups)) {
    const names = namesOf(groups, kind);
    const verb = names.length === 1 ? 'lies' : 'lie';
    yield `${formatCountOf(names.length, kind)} ${verb} in several splits: ${formatFew(names, 5)}.`;
  }
}

/** What lies in several splits: groups, persons. */
const kindsOf = (groups: readonly SplitGroup[]): readonly string[] => [
  ...new Set(groups.map(({ kind }) => kind)),
];

const namesOf = (groups: readonly SplitGroup[], wanted: string): readonly string[] => [
  ...new Set(groups.flatMap(({ kind, group }) => (kind === wanted ? [group] : []))),
];

function* copyWarnings(
  images: readonly AuditedImage[],
  { pairs, leaking, isCut }: Copies,
): Generator<string> {
  const example = ({ first, second }: (typeof pairs)[number]) =>
    `such as ${images[first]!.path} and ${images[second]!.path}.`;
  if (leaking > 0) {
    yield `${leaking} of ${images.length} images have a copy or look-alike in another split, ${example(pairs[0]!)} Keep both in one split by "group", or leave one out: write the lines "path" and "${images[pairs[0]!.second]!.path}" into exclude.csv, and give the load-dataset stage inputs: { exclude: ./exclude.csv }.`;
  }
  const contrary = pairs.filter(
    ({ kind, acrossClasses }) => (kind === 'file' || kind === 'pixels') && acrossClasses,
  );
  if (contrary.length > 0) {
    const have = contrary.length === 1 ? 'has' : 'have';
    yield `${formatCountOf(contrary.length, 'pair')} of the same picture ${have} both classes, ${example(contrary[0]!)}`;
  }
  if (isCut)
    yield 'Over a million pairs look alike; the search for similar images was ended there.';
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
