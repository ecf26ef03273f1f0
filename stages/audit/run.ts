import { writeFileSync } from 'node:fs';
import { formatCountOf } from '../../src/format-numbers.ts';
import { renderChart } from '../../src/learning/charts/render-chart.ts';
import { intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import { openTwoClasses } from '../../src/learning/training/open-two-classes.ts';
import { type Dataset, openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { ringFrequencies } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { AuditedImage, ExaminedImage } from './audited-image.ts';
import { classTable } from './class-table.ts';
import { copiesChart } from './copies-chart.ts';
import { copyCounts, formatDuplicates } from './copy-table.ts';
import { faceDifference, facesChart } from './faces-chart.ts';
import { type Copies, findCopies } from './find-copies.ts';
import { groupsAcrossSplits, type SplitGroup } from './groups-across-splits.ts';
import { type LookedThrough, lookThrough } from './look-through.ts';
import { shortcutChart } from './shortcut-chart.ts';
import { type ShortcutResult, testShortcuts } from './shortcuts.ts';
import type { AuditSettings } from './spec.ts';
import { spectrumChart } from './spectrum-chart.ts';
import { type SpectrumGap, spectrumGap } from './spectrum-gap.ts';
import { formatAuc, formatP, isWorrying, verdict, verdictLine } from './verdict.ts';

type Context = StageContext<AuditSettings>;

export default async function run(context: Context): Promise<void> {
  const folder = context.input('dataset').path;
  const splits = context.settings.splits ?? openDataset(folder).splits;
  using dataset = openTwoClasses(folder, splits);
  const seen = await lookThrough(dataset, splits, {
    seed: context.settings.seed,
    parallel: context.cpus + 2,
    progress: (done, total) => context.progress({ done, total, unit: 'images' }),
  });
  requireBothClasses(dataset, seen);
  const count = seen.images.length;
  context.progress({ done: count, total: count, unit: 'images', note: 'comparing them' });
  const copies = findCopies(seen.images);
  const groups = groupsAcrossSplits(seen.images);
  const units = seen.examined.map(({ place }) => copies.units[place]!);
  const results = testAll(context, seen.examined, units);
  const findings = { seen, copies, units, groups, results, gap: spectrumGap(seen.examined, units) };
  writeFileSync(context.output('metrics'), formatMetrics(dataset, findings, context.settings));
  writeFileSync(context.output('duplicates'), formatDuplicates(copies.pairs, groups, seen.images, dataset.classes));
  await draw(context, dataset, findings);
  tell(context, dataset, findings);
}

function requireBothClasses({ classes }: Dataset, seen: LookedThrough): void {
  const counts = classes.map((_, label) => countOf(seen, label));
  if (counts.every((count) => count > 0)) return;
  const named = classes.map((name, label) => `${counts[label]} of ${name}`);
  throw new StageError(`Expected images of both classes, got ${named.join(' and ')}.`);
}

const countOf = ({ images }: LookedThrough, label: number): number =>
  images.filter((image) => image.label === label).length;

interface Findings {
  readonly seen: LookedThrough;
  readonly copies: Copies;
  /** Of each examined image, the name of what belongs together. */
  readonly units: readonly string[];
  readonly groups: readonly SplitGroup[];
  readonly results: readonly ShortcutResult[];
  readonly gap: SpectrumGap;
}

function testAll(
  context: Context,
  images: readonly ExaminedImage[],
  units: readonly string[],
): readonly ShortcutResult[] {
  const progress = (done: number, total: number, note: string) =>
    context.progress({ done, total, unit: 'tests', note });
  const results = testShortcuts(images, units, { ...context.settings, progress });
  if (results.length === 0) {
    context.warn(
      'Shortcuts could not be tested: all images of a class are of one group, or copies of one, so no fold can learn it from others.',
    );
  }
  return results;
}

function formatMetrics(
  { classes }: Dataset,
  { seen, copies, units, groups, results, gap }: Findings,
  { confidence }: AuditSettings,
): string {
  const intervals = results.map(({ name, auc }) => [name, intervalPair(auc)] as const);
  const faces = faceDifference(seen.classes, units);
  const metrics = {
    confidence,
    images: seen.images.length,
    classes: Object.fromEntries(classes.map((name, label) => [name, countOf(seen, label)])),
    examined: seen.examined.length,
    shortcuts: {
      ...Object.fromEntries(results.map(({ name, auc }) => [name, auc.estimate])),
      intervals: Object.fromEntries(intervals.filter(([, pair]) => pair !== null)),
      p: Object.fromEntries(results.filter(({ varies }) => varies).map(({ name, auc }) => [name, auc.p])),
    },
    copies: {
      ...copyCounts(copies.pairs),
      imagesAcrossSplits: copies.leaks.filter((leaks) => leaks).length,
    },
    groupsAcrossSplits: new Set(groups.map(({ group }) => group)).size,
    meanFaces: { difference: faces.found, byChance: faces.chance ?? null },
    spectrum: { largestGap: gap.deviations, frequency: ringFrequencies[gap.ring]!, p: gap.p },
  };
  return `${JSON.stringify(metrics, null, 2)}\n`;
}

async function draw(
  context: Context,
  dataset: Dataset,
  { seen, copies, units, results, gap }: Findings,
): Promise<void> {
  const { classes } = dataset;
  const show = async (place: number) => {
    const { split, index } = seen.images[place]!;
    return thumbnail(await dataset.split(split).read(index));
  };
  const charts = {
    shortcuts: shortcutChart(results, context.settings.confidence),
    faces: await facesChart(classes, seen.classes, units),
    spectrum: spectrumChart(classes, seen.classes, gap),
    copies: await copiesChart(copies, seen.images, classes, show),
  };
  for (const [port, chart] of Object.entries(charts)) {
    await renderChart(chart, context.output(port), (line) => context.warn(line));
  }
}

function tell(context: Context, { classes }: Dataset, { seen, copies, groups, results }: Findings): void {
  for (const result of results) context.log(verdictLine(result));
  for (const result of results.filter(isWorrying)) context.warn(`${capital(verdictLine(result))}.`);
  for (const line of copyWarnings(seen.images, copies)) context.warn(line);
  const names = [...new Set(groups.map(({ group }) => group))];
  if (names.length > 0) {
    const more = names.length > 5 ? `, and ${names.length - 5} more` : '';
    const verb = names.length === 1 ? 'lies' : 'lie';
    context.warn(
      `${formatCountOf(names.length, 'group')} ${verb} in several splits: ${names.slice(0, 5).join(', ')}${more}.`,
    );
  }
  context.highlight(classTable(seen, classes));
  context.highlight({
    title: 'Shortcuts',
    columns: ['by this alone', 'AUC', 'p', 'verdict'],
    rows: results.map((result) => [result.title, formatAuc(result), formatP(result), verdict(result)]),
  });
  const counts = copyCounts(copies.pairs);
  context.highlight({
    title: 'Copies',
    columns: ['pairs', 'all', 'across splits', 'across classes'],
    rows: [
      ['the same file', ...Object.values(counts.file)],
      ['the same pixels', ...Object.values(counts.pixels)],
      ['alike to the eye', ...Object.values(counts.similar)],
    ],
  });
}

function copyWarnings(images: readonly AuditedImage[], { pairs, leaks, isCut }: Copies): readonly string[] {
  const lines: string[] = [];
  const leaking = leaks.filter((leaks) => leaks).length;
  const [first] = pairs;
  if (leaking > 0 && first !== undefined) {
    lines.push(
      `${leaking} of ${images.length} images have a copy or look-alike in another split, such as ${images[first.one]!.path} and ${images[first.other]!.path}.`,
    );
  }
  const contrary = pairs.filter(({ kind, acrossClasses }) => kind !== 'similar' && acrossClasses);
  if (contrary.length > 0) {
    const { one, other } = contrary[0]!;
    lines.push(
      `${formatCountOf(contrary.length, 'pair')} of the same picture ${contrary.length === 1 ? 'has' : 'have'} both classes, such as ${images[one]!.path} and ${images[other]!.path}.`,
    );
  }
  if (isCut) lines.push('Over a million pairs look alike; the search for similar images was ended there.');
  return lines;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
