import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CsvRow, csvTable } from '../../src/csv.ts';
import { formatCount, formatCountOf } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { readLandmarks } from '../../src/learning/faces/crops/read-landmarks.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { requireKnown } from '../../src/read-input.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { type ForgedPlan, fileIn, forgePhotographs } from './forge-photographs.ts';
import {
  findPhotographs,
  groupOf,
  pairOf,
  planForgeries,
  requireSplits,
} from './plan-forgeries.ts';
import { drawSheet, type ShownForgery, shownOf } from './sheet.ts';
import type { ForgeSettings } from './spec.ts';

type Context = StageContext<ForgeSettings>;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  requireSplits(settings);
  using dataset = openDataset(context.input('dataset').path);
  requireKnown('a class of the data set in "class"', [settings.class], dataset.classes);
  const landmarks = readLandmarks(context.input('faces').path);
  const { photographs, without } = findPhotographs(dataset, landmarks, settings);
  if (photographs.length === 0) {
    throw new StageError(
      `Expected images of the class ${settings.class} with 68 landmarks in the input "faces", got none. Connect the output "faces" of the stage faces that found the faces of these images.`,
    );
  }
  const forged = await forgePhotographs(context, planForgeries(photographs, settings));
  using writer = new DatasetWriter(context.output('dataset'), {
    classes: [settings.class, settings.forged],
    splits: settings.splits,
    recipe: dataset.recipe,
  });
  const rows: CsvRow[] = [];
  const shown: ShownForgery[] = [];
  const chosen = shownOf(forged);
  const photographKeys = new Set(photographs.map(({ sample }) => sample.key));
  for (const item of forged) {
    const { files, plan } = item;
    if (files.forgeries === null) continue;
    const bytes = readFileSync(item.tar);
    addPhotograph(writer, item, bytes);
    rows.push(...addForgeries(context, writer, item, { tar: bytes, photographKeys }));
    if (chosen.has(plan)) shown.push({ item, bytes });
  }
  writer.finish();
  writeFileSync(context.output('forgeries'), csvTable(rows));
  await renderOutput(context, 'sheet', await drawSheet(shown, settings));
  tell(
    context,
    forged,
    rows,
    without.map(({ path }) => path),
  );
}

function addPhotograph(writer: DatasetWriter, { plan, files }: ForgedPlan, tar: Buffer): void {
  const { split, sample } = plan.photograph;
  const { key, source, slices, video, frame, time, face } = sample;
  const { width, height, extension } = files;
  const path = plainPath(key) + extension;
  const known = { source, slices, video, frame, time, face, width, height };
  writer.add(
    split,
    { key, label: 0, path, group: groupOf(sample), pair: pairOf(sample), ...known },
    fileIn(tar, files.original),
  );
}

interface AddOptions {
  readonly tar: Buffer;
  /** The keys of all photographs. */
  readonly photographKeys: ReadonlySet<string>;
}

/** Adds the forgeries of a photograph with their masks, and gives their rows in the table. */
function addForgeries(
  context: Context,
  writer: DatasetWriter,
  { plan, files }: ForgedPlan,
  { tar, photographKeys }: AddOptions,
): readonly CsvRow[] {
  const { split, sample } = plan.photograph;
  const { slices, frame, time, face } = sample;
  const { width, height, extension } = files;
  return plan.forgeries.map(({ name, method, seed, donor }, i) => {
    const forgery = files.forgeries![i]!;
    const key = freeKey(`${sample.key}/${name}`, photographKeys);
    const video = sample.video === undefined ? undefined : `${sample.video}/${name}`;
    const path = plainPath(key) + extension;
    const mask = `masks/${plainPath(key)}.png`;
    const known = { source: method, slices, video, frame, time, face, width, height };
    writer.add(
      split,
      { key, label: 1, path, group: groupOf(sample), pair: pairOf(sample), ...known },
      fileIn(tar, forgery.image),
    );
    write(join(context.output('masks'), mask), fileIn(tar, forgery.mask));
    return {
      split,
      key,
      path,
      method,
      target: sample.key,
      donor: (donor?.sample ?? sample).key,
      group: groupOf(sample),
      mask,
      ratio: forgery.ratio,
      share: Number(forgery.share.toFixed(6)),
      seed,
    };
  });
}

/** The key, or a longer one: there may be a photograph in a folder that is called like another. */
const freeKey = (key: string, taken: ReadonlySet<string>): string =>
  taken.has(key) ? freeKey(`${key}-forged`, taken) : key;

/** A key as a path that stays below its folder: keys come from lists of the user's. */
const plainPath = (key: string): string =>
  key
    .split('/')
    .map((step) => (['', '.', '..'].includes(step) ? '_' : step))
    .join('/');

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

function tell(
  context: Context,
  forged: readonly ForgedPlan[],
  rows: readonly CsvRow[],
  without: readonly string[],
): void {
  const outside = forged
    .filter(({ files }) => files.forgeries === null)
    .map(({ plan }) => plan.photograph.sample.path);
  const leftOut = [...without, ...outside];
  if (rows.length === 0)
    throw new StageError(
      `Expected faces within their photographs, but the landmarks of all ${formatCount(outside.length)} lie outside, such as those of ${outside[0]}.`,
    );
  if (leftOut.length > 0) {
    const total = forged.length + without.length;
    context.warn(
      `Left out ${formatCount(leftOut.length)} of ${formatCountOf(total, 'photograph')}, in which no face with 68 landmarks lies, such as ${leftOut[0]}.`,
    );
    context.note('photographs left out', leftOut.length);
  }
  const { settings } = context;
  const isJpeg = ({ files }: ForgedPlan) => files.extension === '.jpg';
  if (settings.quality === 'same' && !forged.some(isJpeg))
    context.info(
      'No photograph is a JPEG file, so `quality: same` writes PNG, without loss. The kind faces cuts JPEG crops where it has a `quality`.',
    );
  const parts = groupBy(rows, ({ split, method }) => JSON.stringify([split, method]));
  const countOf = (split: string, method: string) =>
    parts.get(JSON.stringify([split, method]))?.length ?? 0;
  context.highlight({
    title: 'Forgeries',
    role: 'data',
    columns: ['split', 'method', 'forgeries'],
    rows: settings.splits.flatMap((split) =>
      settings.methods
        .map((method) => [split, method, countOf(split, method)] as const)
        .filter(([, , count]) => count > 0),
    ),
  });
}
