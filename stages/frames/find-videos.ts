import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { defaultNames } from '../../src/default-class-names.ts';
import { wholeSplit } from '../../src/learning/vision/dataset/dataset.ts';
import { imagesUnder, videoName } from '../../src/learning/vision/find-images.ts';
import { type FoundImage, inSplitOrder } from '../../src/learning/vision/lists/found-image.ts';
import { imagesOf, readList } from '../../src/learning/vision/lists/read-list.ts';
import { compare } from '../../src/sort-order.ts';
import { type InputArtifact, StageError, type StageInputs } from '../../src/stage.ts';

/** A video of the inputs, and what its path or the list says of it. */
export interface FoundVideo {
  /** Its path in the input, which names it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly label: number;
  readonly source: string;
  readonly split: string;
  readonly group: string;
}

/** The videos with the classes and splits that they have, in the order of the data set. */
export interface FoundVideos {
  readonly classes: readonly string[];
  readonly splits: readonly string[];
  readonly videos: readonly FoundVideo[];
  /** Whether they have one class, since they lie in no folder below the input. */
  readonly areUnnamed?: boolean;
}

const usualSplits = ['train', 'val', 'test'];

/** Finds the videos of a stage. Throws a {@link StageError}. */
export function findVideos(inputs: StageInputs): FoundVideos {
  const list = inputs.inputs('list')[0]?.path;
  const items = inputs.inputs('videos');
  return list === undefined ? inFolders(items) : inList(items, list);
}

/** A video before its class has a number. */
interface NamedVideo {
  readonly name: string;
  readonly path: string;
}

function inFolders(items: readonly InputArtifact[]): FoundVideos {
  const named = items.flatMap((item) => videosOf(item, items.length > 1));
  if (named.length === 0) {
    const there = items.map(({ path }) => basename(path)).join(', ');
    throw new StageError(
      `Expected videos (.mp4, .mov, .mkv, .avi, .webm, …) in ${there}, got none.`,
    );
  }
  const names = withoutCommonFolder(named.map(({ name }) => name));
  const areSplits = names.every((name) => usualSplits.includes(name.split('/')[0]!));
  const placed = named.map(({ path }, i) => {
    const folders = posix.dirname(names[i]!).split('/');
    const split = areSplits ? folders.shift()! : wholeSplit;
    const source = folders.join('/');
    const isNamed = source !== '' && source !== '.';
    return {
      name: names[i]!,
      path,
      split,
      class: isNamed ? folders[0]! : unnamedClass,
      source: isNamed ? source : unnamedClass,
    };
  });
  const classes = inOrder(placed.map((video) => video.class));
  const splits = inSplitOrder(placed.map(({ split }) => split));
  const videos = placed.map(({ class: name, ...video }): FoundVideo => {
    return { ...video, label: classes.indexOf(name), group: video.name };
  });
  // Whoever names a video itself means no folder of a class.
  const isNamedItself = items.some(({ path }) => videos.some((video) => video.path === path));
  const areUnnamed = classes.join() === unnamedClass && !isNamedItself;
  return { ...ordered(classes, splits, videos), areUnnamed };
}

/**
 * Absolute paths of the folders beside one that hold a video themselves; to look deeper would take
 * long.
 */
export function foldersWithVideosBeside(folder: string): readonly string[] {
  const parent = dirname(folder);
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== basename(folder))
    .map(({ name }) => join(parent, name))
    .filter((beside) => namesIn(beside).some((name) => videoName.test(name)));
}

/** What a folder holds; nothing where it may not be read. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The class of videos that lie in no folder. */
const unnamedClass = 'video';

/** The names of classes in the order of their labels. */
function inOrder(names: readonly string[]): readonly string[] {
  const unique = [...new Set(names)].sort(compare);
  const isUsual = unique.length === 2 && defaultNames.every((name) => unique.includes(name));
  return isUsual ? defaultNames : unique;
}

/** The videos of an item, by the path that the user gave where there are several. */
function videosOf({ path, labels }: InputArtifact, areSeveral: boolean): readonly NamedVideo[] {
  const given = areSeveral ? (labels['path'] ?? basename(path)) : '';
  const name = posix.normalize(given.replaceAll('\\', '/')).replace(/^(\.\.?\/)+|^\//, '');
  if (!statSync(path).isDirectory())
    return videoName.test(path) ? [{ name: given === '' ? basename(path) : name, path }] : [];
  return imagesUnder(path, '', videoName).map((below) => ({
    name: given === '' ? below : posix.join(name, below),
    path: join(path, below),
  }));
}

/** Paths without the folders that all of them share. */
function withoutCommonFolder(names: readonly string[]): readonly string[] {
  if (names.length === 1) return names;
  const folders = names.map((name) => name.split('/').slice(0, -1));
  const [first] = folders as [string[]];
  const different = first.findIndex((folder, i) => folders.some((other) => other[i] !== folder));
  const common = different === -1 ? first.length : different;
  return names.map((name) => name.split('/').slice(common).join('/'));
}

function inList(items: readonly InputArtifact[], list: string): FoundVideos {
  const [root] = items as [InputArtifact];
  if (items.length > 1 || !statSync(root.path).isDirectory())
    throw new StageError('Expected one folder as `videos`, which the paths of the list begin at.');
  const listed = readList(readFileSync(list, 'utf8'), list, []);
  const labels = listed.flatMap(({ fields: { label } }) => label ?? []);
  const areNumbers = labels.every((label) => label === '0' || label === '1');
  const classes = areNumbers ? defaultNames : inOrder(labels);
  const videos = imagesOf(
    listed,
    classes.map((name) => ({ name, sources: [name] })),
    { file: list, unit: 'line', root: root.path, port: 'videos' },
  );
  const splitOf = ({ split = wholeSplit }: FoundImage) => split;
  return ordered(
    classes,
    inSplitOrder(videos.map(splitOf)),
    videos.map((video) => {
      const { path, label, source, group = path } = video;
      return {
        name: path,
        path: join(root.path, path),
        label,
        source,
        split: splitOf(video),
        group,
      };
    }),
  );
}

/** By splits, classes and names, as load-dataset orders images. */
function ordered(
  classes: readonly string[],
  splits: readonly string[],
  videos: readonly FoundVideo[],
): FoundVideos {
  const sorted = videos.toSorted(
    (a, b) =>
      splits.indexOf(a.split) - splits.indexOf(b.split) ||
      a.label - b.label ||
      compare(a.name, b.name),
  );
  return { classes, splits, videos: sorted };
}
