import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { defaultNames } from '../../src/default-class-names.ts';
import { formatCountOf, formatFew } from '../../src/format-numbers.ts';
import { DisjointSets } from '../../src/learning/disjoint-sets.ts';
import { haveDefaultNames } from '../../src/learning/metrics/scores/binary-view.ts';
import { dimWarning } from '../../src/learning/vision/dim-images.ts';
import {
  type ClassSources,
  type FoundImage,
  inSplitOrder,
  type PlacedImage,
} from '../../src/learning/vision/lists/found-image.ts';
import {
  imagesOf,
  type ListedImage,
  readList,
  readPaths,
} from '../../src/learning/vision/lists/read-list.ts';
import { requireKnown } from '../../src/read-input.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { crossingGroups, type Drawing, farFromShares, requireEveryClass } from './check-splits.ts';
import { drawBySource, drawSplits } from './draw-splits.ts';
import type { Unreadable } from './examine-image.ts';
import { classesIn, findInFolders, unclaimedFolders } from './finding/find-in-folders.ts';
import { type FolderLayout, usualClasses } from './finding/folder-layout.ts';
import { type ListedDataset, labelling, listDataset } from './finding/list-dataset.ts';
import { type PlacedVideo, packImages } from './pack-images.ts';
import { sealSplit } from './seal-split.ts';
import { shardsIn } from './shards/shard-names.ts';
import { unpackShards } from './shards/unpack-shards.ts';
import { type LoadDatasetSettings, slicesNeed } from './spec.ts';
import { bySource, statisticsTable } from './statistics.ts';

type Context = StageContext<LoadDatasetSettings>;

export default async function run(context: Context): Promise<void> {
  const { root, list } = await open(context);
  const sources = sourcesOf(context, root, list);
  const classes = sources.map(({ name }) => name);
  if (context.settings.classes === undefined) tellClasses(context, classes, list);
  const kept = withoutExcluded(context, find(context, root, sources, list));
  const without = videosWithoutImage(sources, list);
  const { group, together } = context.settings;
  requireSlices(kept, together);
  const joined = joinGroups<FoundImage>([...kept, ...without], group, together);
  const grouped = joined.slice(0, kept.length);
  const assigned = withoutLeftOut(context, assignSplits(context, grouped, classes));
  const splits = splitsOf(context, assigned, list);
  const { seal } = context.settings;
  if (seal !== undefined) requireKnown('a split in "seal"', [seal], new Set(splits));
  const drawn = drawingOf(context);
  requireEveryClass(assigned, splits, classes, drawn);
  const images = splits.flatMap((split) => assigned.filter((image) => image.split === split));

  const joinedVideos = without.map((video, i) => ({ ...video, ...joined[kept.length + i]! }));
  const missing = placeVideos(context, joinedVideos, assigned);
  const options = { classes, splits, missing, recipe: list?.dataset?.recipe };
  const { packed, dim, unreadable } = await packImages(context, root, images, options);
  if (unreadable.length > 0) {
    tellUnreadable(context, unreadable, images.length);
    const skipped = new Set(unreadable.map(({ path }) => path));
    const readable = images.filter(({ path }) => !skipped.has(path));
    requireEveryClass(readable, splits, classes, drawn);
  }
  if (dim.length > 0) context.warn(dimWarning(dim, images.length));
  if (seal !== undefined) await sealSplit(context.output('dataset'), seal);
  writeFileSync(context.output('statistics'), statisticsTable(packed));
  context.highlight({
    title: 'Images',
    role: 'data',
    columns: ['split', 'class', 'source', 'images'],
    rows: bySource(packed).map((members) => [
      members[0]!.split,
      members[0]!.class,
      members[0]!.source,
      members.length,
    ]),
  });
}

const isDrawn = ({ settings: { split, folds } }: Context): boolean =>
  split !== undefined || folds !== undefined;

function drawingOf(context: Context): Drawing | undefined {
  const { group, together } = context.settings;
  // An alternative that matches nothing shows the number of captures.
  const captures = group === undefined ? 0 : new RegExp(`${group}|`).exec('')!.length - 1;
  const names = captures + together.length;
  return isDrawn(context) ? { joinsNames: names > 1 } : undefined;
}

const layoutOf = (context: Context, root: string): FolderLayout => ({
  root,
  displayName: root,
  splits: context.settings.splits,
  isDrawn: isDrawn(context),
});

/**
 * A list of images and what messages call it: that of a CSV, of the shards that were unpacked, or
 * of a data set.
 */
type List = {
  readonly images: readonly ListedImage[];
  readonly file: string;
  readonly unit: 'line' | 'record' | 'image';
  /** For a data set. */
  readonly dataset?: ListedDataset;
};

/** The folder of the images, and their list where one says what they are. Unpacks shards. */
async function open(context: Context): Promise<{ readonly root: string; readonly list?: List }> {
  const dataset = context.inputs('dataset')[0]?.path;
  if (dataset !== undefined) return openListed(context, dataset);
  const { path } = context.input('images');
  const { slices, splits } = context.settings;
  const list = context.inputs('list')[0]?.path;
  const shards = list === undefined ? shardsIn(path) : [];
  if (shards.length > 0) {
    if (splits.join() !== 'train,val,test') {
      throw new StageError(
        `The names of shards give their splits, so \`splits\` is of no use for those in ${path}.`,
      );
    }
    const images = await unpackShards(context, path, shards, isDrawn(context));
    return { root: context.scratch, list: { images, file: path, unit: 'record' } };
  }
  if (!statSync(path).isDirectory()) {
    throw new StageError(
      `Expected a folder of images, or shards (.parquet, .tar), got the file ${path}.`,
    );
  }
  if (list === undefined) {
    if (slices.length > 0) throw new StageError(`\`slices\` ${slicesNeed}.`);
    return { root: path };
  }
  return {
    root: path,
    list: { images: readList(readFileSync(list, 'utf8'), list, slices), file: list, unit: 'line' },
  };
}

/** The images of a data set, whose bytes stay where they are. */
function openListed(
  context: Context,
  path: string,
): { readonly root: string; readonly list: List } {
  const { classes, from } = context.settings;
  const isRedrawn = from !== undefined && isDrawn(context);
  const dataset = listDataset(path, { classes, from, isRedrawn });
  const unclaimed = dataset.images.filter(({ fields: { label } }) => label === undefined);
  if (unclaimed.length > 0) {
    const sources = [...new Set(unclaimed.map(({ fields: { source } }) => source!))];
    context.warn(
      `No class has these sources, so their ${formatCountOf(unclaimed.length, 'image')} are left out: ${formatFew(sources, 10)}.`,
    );
  }
  const images = dataset.images.filter(({ fields: { label } }) => label !== undefined);
  return { root: path, list: { images, file: path, unit: 'image', dataset } };
}

/** The videos of a data set that have no image, as if each was an image. */
function videosWithoutImage(
  classes: ClassSources,
  list: List | undefined,
): readonly (FoundImage & { readonly reason: string })[] {
  const labelOf = labelling(classes);
  return (list?.dataset?.missing ?? []).flatMap((missing) => {
    const { video, source, split, group = video, reason } = missing;
    const label = classes.findIndex(({ name }) => name === labelOf(missing));
    const given = split === undefined ? {} : { split };
    return label === -1 ? [] : [{ path: video, label, source, group, reason, ...given }];
  });
}

/** Puts a video without image where its group is; one whose group has no image is drawn. */
function placeVideos(
  { settings }: Context,
  videos: readonly (FoundImage & { readonly reason: string })[],
  images: readonly PlacedImage[],
): readonly PlacedVideo[] {
  const splitOfGroup = new Map(images.map(({ group, split }) => [group, split]));
  const drawn = drawSplits(videos, sharesOf(settings), settings.seed);
  return videos.map(({ path, label, source, group, reason, split }, i) => ({
    video: path,
    label,
    source,
    group,
    reason,
    split: splitOfGroup.get(group) ?? split ?? drawn[i]!.split,
  }));
}

/**
 * The classes of the settings, or those that the list or the folders name. Throws a
 * {@link StageError} for a single one.
 */
function sourcesOf(context: Context, root: string, list: List | undefined): ClassSources {
  const { classes } = context.settings;
  const detect = () => (list === undefined ? classesIn(layoutOf(context, root)) : classesOf(list));
  const named = list?.dataset?.classes.map((name) => ({ name, sources: [name] }));
  const sources = classes ?? named ?? detect();
  if (sources.length > 1) return sources;
  throw new StageError(
    `Expected two classes or more, got ${sources.map(({ name }) => name).join()} alone. Folders name the classes, such as real and fake in data/real/a.png and data/fake/b.png, or the labels of a list do.`,
  );
}

/**
 * In a CSV list, 0 and 1 alone are the classes by default; shards that mean other classes by them
 * are frequent.
 */
function classesOf({ images, unit }: List): ClassSources {
  const labels = [...new Set(images.map(({ fields }) => fields.label ?? ''))]
    .filter(Boolean)
    .sort();
  const usual = [...defaultNames, ...(unit === 'line' ? ['0', '1'] : [])];
  return labels.every((label) => usual.includes(label))
    ? usualClasses
    : labels.map((name) => ({ name, sources: [name] }));
}

function tellClasses(context: Context, classes: readonly string[], list: List | undefined): void {
  const isNumbered = list?.images.some(({ fields: { label } }) => label === '0' || label === '1');
  if (haveDefaultNames(classes)) {
    if (isNumbered)
      context.info(
        `The labels 0 and 1 of ${list!.file} are read as ${defaultNames.join(' and ')}; \`classes\` names others.`,
      );
    return;
  }
  const positive =
    classes.length === 2
      ? `; ${classes[1]} is positive, the class that a detector searches for`
      : '';
  context.info(`Classes in the order of their labels: ${formatFew(classes, 20)}${positive}.`);
}

function find(
  context: Context,
  root: string,
  classes: ClassSources,
  list: List | undefined,
): readonly FoundImage[] {
  const { splits } = context.settings;
  if (list !== undefined) return imagesOf(list.images, classes, { ...list, root, port: 'images' });
  const images = findInFolders(layoutOf(context, root), classes);
  const unclaimed = unclaimedFolders(root, isDrawn(context) ? [''] : splits, classes);
  if (unclaimed.length > 0) {
    context.warn(
      `No class has these folders, so their images are left out: ${formatFew(unclaimed, 10)}.`,
    );
  }
  return images;
}

/** All images but those that the list `exclude` names by their paths. */
function withoutExcluded(context: Context, images: readonly FoundImage[]): readonly FoundImage[] {
  const file = context.inputs('exclude')[0]?.path;
  if (file === undefined) return images;
  const excluded = readPaths(readFileSync(file, 'utf8'), file);
  const known = new Set(images.map(({ path }) => path));
  const wrong = [...excluded].filter((path) => !known.has(path));
  if (wrong.length > 0)
    throw new StageError(`Expected paths of images in ${file}, got ${formatFew(wrong, 5)}.`);
  context.info(`Left out ${excluded.size} of ${images.length} images, by the input exclude.`);
  return images.filter(({ path }) => !excluded.has(path));
}

function assignSplits(
  context: Context,
  images: readonly FoundImage[],
  classes: readonly string[],
): readonly PlacedImage[] {
  const { split, folds, seed, groupAcrossSplits } = context.settings;
  const given = images.filter((image): image is PlacedImage => image.split !== undefined);
  if (isDrawn(context) && given.length > 0) {
    throw new StageError(
      'Expected no column `split` in the list where `split` draws them by shares; leave one out.',
    );
  }
  if (folds !== undefined) return assignFold(context, images);
  if (split !== undefined) {
    const drawn = drawing(context)(images, split, seed);
    const far = farFromShares(drawn, split, classes);
    if (far.length > 0) context.log(`Groups stay whole, so shares are missed: ${far.join('; ')}.`);
    return drawn;
  }
  if (given.length < images.length) {
    throw new StageError(
      'Expected a column `split` in the list, or shares such as `split: { train: 0.7, val: 0.15, test: 0.15 }`.',
    );
  }
  const crossing = [...crossingGroups(given)].map(
    ([group, splits]) => `"${group}" in ${splits.join(' and ')}`,
  );
  if (crossing.length > 0) {
    const message = `Expected every group in one split, got ${formatFew(crossing, 10)}.`;
    if (groupAcrossSplits === 'error') {
      throw new StageError(
        `${message} To continue with this leak, set \`groupAcrossSplits: warn\`.`,
      );
    }
    context.warn(message);
  }
  return given;
}

const drawing = ({ settings }: Context) =>
  settings.stratify === 'source' ? drawBySource : drawSplits;

/** One fold of a cross-validation is held out, and the other images go by the shares of `split`. */
function assignFold(context: Context, images: readonly FoundImage[]): readonly PlacedImage[] {
  const { folds, fold, seed, heldOut } = context.settings;
  const draw = drawing(context);
  const shares = Object.fromEntries(
    Array.from({ length: folds! }, (_, i) => [`fold-${i + 1}`, 1 / folds!]),
  );
  const assigned = draw(images, shares, seed).map((image) => image.split === `fold-${fold}`);
  const rest = images.filter((_, i) => !assigned[i]);
  const splitOf = new Map(
    draw(rest, sharesOf(context.settings), seed).map((image) => [image.path, image.split]),
  );
  return images.map((image) => ({ ...image, split: splitOf.get(image.path) ?? heldOut }));
}

/** The shares of drawn splits; with folds, those of the images outside of the fold. */
function sharesOf({ split, heldOut }: LoadDatasetSettings): Readonly<Record<string, number>> {
  if (split !== undefined) return split;
  return heldOut === 'test' ? { train: 0.85, val: 0.15 } : { train: 1 };
}

/**
 * All images but those of the sources that are left out of training: they stay in `test`, as what a
 * model never saw.
 */
function withoutLeftOut(context: Context, images: readonly PlacedImage[]): readonly PlacedImage[] {
  const { leaveOut } = context.settings;
  const sources = new Set(images.map(({ source }) => source));
  requireKnown('a source in "leaveOut"', leaveOut, sources);
  const kept = images.filter(({ split, source }) => split === 'test' || !leaveOut.includes(source));
  const count = images.length - kept.length;
  if (count > 0) {
    const of = formatFew(leaveOut, 10);
    context.info(
      `Left out ${formatCountOf(count, 'image')} of ${of} in other splits than test, by leaveOut.`,
    );
  }
  return kept;
}

function splitsOf(
  { settings }: Context,
  images: readonly PlacedImage[],
  list: List | undefined,
): readonly string[] {
  if (settings.folds !== undefined)
    return inSplitOrder([...Object.keys(sharesOf(settings)), settings.heldOut]);
  if (settings.split !== undefined) return inSplitOrder(Object.keys(settings.split));
  return list !== undefined ? inSplitOrder(images.map(({ split }) => split)) : settings.splits;
}

function tellUnreadable(context: Context, unreadable: readonly Unreadable[], total: number): void {
  const lines = unreadable.map(
    ({ path, reason }) => `${path}: ${reason.trim().replaceAll('\n', '; ')}`,
  );
  if (context.settings.unreadable === 'error') {
    throw new StageError(
      `Expected images that decode to their end, but ${unreadable.length} of ${total} do not ` +
        `(\`unreadable: skip\` leaves them out):\n  ${lines.join('\n  ')}`,
    );
  }
  for (const line of lines) context.log(`Left out: ${line}`);
  context.warn(
    `Left out ${unreadable.length} of ${total} images that cannot be decoded, such as ${unreadable[0]!.path}.`,
  );
  context.note('images left out', unreadable.length);
}

/** Throws a {@link StageError} for a slice that no image has. */
function requireSlices(images: readonly FoundImage[], together: readonly string[]): void {
  const known = new Set(images.flatMap(({ slices = {} }) => Object.keys(slices)));
  requireKnown('a slice of the images in "together"', together, known);
}

/**
 * Joins images that have a capture of `pattern`, the group of their list, or the value of a slice
 * of `together` in common, and whatever these join in turn: a forged video shows one identity and
 * moves as another, so both must stay on one side of a split. A group is named by the first of
 * these in code-unit order. An image without any stands alone.
 */
export function joinGroups<T extends FoundImage>(
  images: readonly T[],
  pattern: string | undefined,
  together: readonly string[] = [],
): readonly T[] {
  const expression = pattern === undefined ? undefined : new RegExp(pattern);
  const named = images.map(({ path, group }) => {
    const [, ...captures] = expression?.exec(path) ?? [];
    return [...(group === undefined ? [] : [group]), ...captures.filter(Boolean)];
  });
  if (
    expression !== undefined &&
    images.length > 0 &&
    named.every((captures) => captures.length === 0)
  ) {
    throw new StageError(
      `Expected \`group: ${pattern}\` to capture something of the paths, such as ${images[0]!.path}; it matches none.`,
    );
  }
  const names = images.map(({ slices = {} }, index) => [
    ...named[index]!,
    ...together.flatMap((name) => (slices[name] === undefined ? [] : [`${name} ${slices[name]}`])),
  ]);
  const sets = new DisjointSets();
  for (const captures of names) for (const name of captures) sets.join(captures[0]!, name);
  return images.map((image, index) => {
    const firstCapture = names[index]![0];
    return firstCapture === undefined ? image : { ...image, group: sets.first(firstCapture) };
  });
}
