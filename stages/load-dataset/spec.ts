import { basename, join } from 'node:path';
import { z } from 'zod';
import { defaultNames, negativeName, positiveName } from '../../src/default-class-names.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/splits.ts';
import { mistakeIf, oneInput } from '../../src/setting-mistakes.ts';
import { count, output, text, whole } from '../../src/spec-parts.ts';
import { defineKind, type Facts, type KnownInputs, type SettingMistake } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';
import { classFolders, isFolder } from './finding/class-folders.ts';
import { layoutMistake, namedClasses } from './finding/folder-layout.ts';
import { beginsWithShard, shardsIn } from './shards/shard-names.ts';

const name = z.string().regex(/^[\w-]+$/, 'expected letters, digits, "-" and "_"');
const folder = text.refine(
  (path) => !/^\/|(^|\/)\.\.?(\/|$)|\/$/.test(path),
  `expected a folder below the input, such as "${positiveName}/FaceSwap"`,
);

const classes = z
  .record(text, z.union([folder.transform((source) => [source]), z.array(folder).min(1)]))
  // A list, so that the order, which gives the labels, is part of the fingerprint: that of keys is
  // not.
  .transform((map) => Object.entries(map).map(([name, sources]) => ({ name, sources })))
  .refine((list) => list.length > 0, 'expected at least one class')
  .refine(
    (list) =>
      new Set(list.flatMap(({ sources }) => sources)).size ===
      list.flatMap(({ sources }) => sources).length,
    'expected every folder once',
  );

/** A pattern with captures, which join images; `RegExp` itself names its mistakes. */
const pattern = z.string().superRefine((text, context) => {
  try {
    const groups = new RegExp(`${text}|`).exec('')!.length - 1;
    if (groups === 0)
      context.addIssue({
        code: 'custom',
        message: 'expected parentheses around what names the group',
      });
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

const settings = z.strictObject({
  classes: classes
    .exactOptional()
    .describe(
      `Classes in the order of their labels, each with the folders of its images (its sources). By default the existing folders, or the labels of the list: ${defaultNames.join(' and ')} if both exist, otherwise all in alphabetical order.`,
    ),
  splits: z
    .array(name)
    .min(1)
    .default(['train', 'val', 'test'])
    .describe('Folders at the top of the input, each a split with the folders of `classes` in it.'),
  split: z
    .record(name, z.number().positive())
    .refine(
      (shares) => Math.abs(Object.values(shares).reduce((a, b) => a + b, 0) - 1) < 1e-6,
      'expected a sum of 1',
    )
    .optional()
    .describe(
      'For images without splits: the share of each split, such as { train: 0.7, val: 0.15, test: 0.15 }, of every ' +
        'class: exact up to rounding without groups, approximate with `group`, since groups stay whole.',
    ),
  stratify: z
    .enum(['class', 'source'])
    .default('class')
    .describe(
      'What is divided by the shares of drawn splits: every class, or every source of every class.',
    ),
  folds: whole(2, 100)
    .exactOptional()
    .describe(
      'For a cross-validation: the number of folds, which have equal shares of every class and keep groups whole. The images of `fold` are `test`, and all others are drawn by `split`, by default { train: 0.85, val: 0.15 }.',
    ),
  fold: count.exactOptional().describe('Which of the `folds` is tested, such as ${matrix.fold}.'),
  heldOut: z
    .enum(['test', selectionSplit])
    .default('test')
    .describe(
      'The split that the images of `fold` become: `test`, or `val` in the inner loop of a nested cross-validation, which chooses and tests nothing; then all others are `train` by default.',
    ),
  from: uniqueList(name, 'split')
    .min(1)
    .exactOptional()
    .describe(
      'Of a `dataset`, the splits whose images are taken, such as [train, val]; the others are not read. With `split` or `folds` these images get new splits.',
    ),
  leaveOut: uniqueList(text, 'source')
    .default([])
    .describe(
      'Sources that only `test` keeps, such as a forgery method that no model may have seen; their images in other splits are left out.',
    ),
  slices: uniqueList(text, 'column')
    .default([])
    .describe(
      'Further columns of the list, or of shards, that stay with each image, such as [camera, age]; evaluate measures by them.',
    ),
  columns: z
    .strictObject({
      image: text
        .exactOptional()
        .describe(
          'The column of images, or their extension in a tar; by default the only one, or image.',
        ),
      label: text
        .exactOptional()
        .describe(
          'The column of classes, or their extension or JSON key in a tar; label, labels, cls or class.',
        ),
    })
    .exactOptional()
    .describe('Where shards hold images and classes, such as { label: fine_label }.'),
  seed: z.int().nonnegative().default(0).describe('Seed of the assignment by `split`.'),
  group: pattern
    .optional()
    .describe(
      'A regular expression over the path: images with a capture in common stay in one split.',
    ),
  together: uniqueList(text, 'slice')
    .default([])
    .describe(
      'Slices whose equal values keep images in one split, as `group` does, such as [person], which `faces` gives.',
    ),
  seal: z
    .literal('test')
    .exactOptional()
    .describe(
      'Seals the split `test`: only stages that measure a model may read it, and each look at it is a line of ledger.jsonl.',
    ),
  groupAcrossSplits: z
    .enum(['error', 'warn'])
    .default('error')
    .describe('What to do with a group that lies in several given splits: fail, or warn.'),
  unreadable: z
    .enum(['error', 'skip'])
    .default('error')
    .describe(
      'What to do with images that cannot be fully decoded: fail and name all of them, or leave them out.',
    ),
});

export type LoadDatasetSettings = z.output<typeof settings>;

/** Images that are sealed already stay so, or the ledger says that they do not. */
const sealed = ({ seal }: LoadDatasetSettings) => (seal === undefined ? undefined : 'keeps');
const sealedHint = 'Set `seal: test`, which seals the split `test` of this data set, too.';

export const spec = defineKind<LoadDatasetSettings>({
  name: 'load-dataset',
  version: 3,
  summary:
    'Gathers labelled images from folders, a CSV list, Hugging Face Parquet files or WebDataset shards, checks every one, and packs them, unchanged, with their splits. ' +
    'JPEG, PNG, WebP, GIF, AVIF, TIFF and BMP, of 8 or 16 bits a value, are decoded as a viewer shows them, transparent ones on white.',
  settings,
  inputs: {
    images: {
      type: ['files', 'images'],
      optional: true,
      sealed,
      sealedHint,
      summary:
        'A folder {split}/{class}/… or {class}/…, the root of a list, or shards (.parquet, .tar, .tar.gz) that are named by their splits.',
    },
    dataset: {
      type: 'dataset',
      optional: true,
      parts: ({ from }) => from,
      sealed,
      sealedHint,
      summary:
        'A data set in place of `images`, such as of `frames` or `faces`: its images get the classes and splits of this stage, and keep what is known of them.',
    },
    list: {
      type: 'table',
      optional: true,
      summary:
        'CSV with the columns path,label and optionally split,group,source and those of `slices`; paths are relative to `images`.',
    },
    exclude: {
      type: 'table',
      optional: true,
      summary:
        'CSV with the column path: images to leave out, such as those that `restage serve` saved.',
    },
  },
  outputs: {
    dataset: { type: 'dataset', summary: 'The images, unchanged, as tar shards per split.' },
    statistics: {
      ...output.table('Numbers of images and their sizes per split, class, source.'),
      counts: { of: 'images', by: 'class', within: 'split' },
    },
  },
  seals: ({ seal }) => (seal === undefined ? {} : { dataset: [seal] }),
  check: ({ classes, split, splits, folds, fold, heldOut, from, slices, seal }, inputs) => {
    const source = oneInput(inputs, ['images', 'dataset']);
    if (source.length > 0) return source;
    const isListed = inputs.has('dataset');
    const areGiven = splits.join() !== 'train,val,test';
    const twice = (alternative: string) =>
      `either \`splits\` (given by folders) or ${alternative}, got both`;
    const isBeyond = fold !== undefined && fold > (folds ?? fold);
    return [
      ...mistakeIf(classes?.length === 1, ['classes'], 'expected two classes or more, got one'),
      ...mistakeIf(
        (folds === undefined) !== (fold === undefined),
        ['fold'],
        'expected `folds` and `fold` together',
      ),
      ...mistakeIf(isBeyond, ['fold'], `expected a fold from 1 to ${folds}, got ${fold}`),
      ...mistakeIf(
        folds !== undefined && split?.[heldOut] !== undefined,
        ['split'],
        `with \`folds\` the fold is \`${heldOut}\``,
      ),
      ...mistakeIf(
        folds === undefined && heldOut !== 'test',
        ['heldOut'],
        'expected `folds`, of which `heldOut` names the one that is held out',
      ),
      ...mistakeIf(
        from !== undefined && !isListed,
        ['from'],
        'expected the input "dataset", whose splits `from` names',
      ),
      ...mistakeIf(
        folds !== undefined && seal !== undefined,
        ['seal'],
        'with `folds` every image is in a training set of another fold: seal a test set, and cross-validate on the others',
      ),
      ...mistakeIf(folds !== undefined && areGiven, ['splits'], twice('`folds`')),
      ...mistakeIf(split !== undefined && areGiven, ['splits'], twice('`split` (by shares)')),
      ...mistakeIf(
        isListed && inputs.has('list'),
        [],
        'expected no "list" beside a "dataset", which lists its images itself',
      ),
      ...mistakeIf(
        isListed && areGiven,
        ['splits'],
        'a data set names its splits itself; `split` draws others',
      ),
      ...mistakeIf(isListed && slices.length > 0, ['slices'], `\`slices\` ${slicesNeed}`),
      ...mistakeIf(
        inputs.has('list') && areGiven,
        ['splits'],
        'with a list its column `split` names the splits',
      ),
    ];
  },
  facts,
  checkInputs: folderMistakes,
  example: `faces:
  kind: load-dataset
  inputs: { images: data/faceforensics }
  with:
    classes: { ${negativeName}: [original], ${positiveName}: [Deepfakes, FaceSwap] }
    split: { train: 0.7, val: 0.15, test: 0.15 }
    group: '/(\\d+)(?:_(\\d+))?/'
`,
});

/** What `slices` are read from. */
export const slicesNeed = 'are columns of the input `list`, or of shards, and there are neither';

/**
 * What the names of the user's folders show before anything runs; the run itself looks at the files
 * in them.
 */
function folderMistakes(
  settings: LoadDatasetSettings,
  inputs: KnownInputs,
): readonly SettingMistake[] {
  const root = inputs('images')[0]?.path;
  if (root === undefined || !isFolder(root) || inputs('list').length > 0) return [];
  const { classes, split, splits, folds, slices } = settings;
  const layout = {
    root,
    displayName: basename(root),
    splits,
    isDrawn: split !== undefined || folds !== undefined,
  };
  const mistake = layoutMistake(layout, classes ?? namedClasses(layout));
  const mistakes = [
    ...mistakeIf(slices.length > 0, ['slices'], `\`slices\` ${slicesNeed}`),
    ...(mistake === undefined ? [] : [mistake]),
  ];
  // A folder of shards has any layout. To look for one takes a pass over all files.
  return mistakes.length > 0 && shardsIn(root).length > 0 ? [] : mistakes;
}

/**
 * The classes that the settings or folders of the user's name, and the sources that training sees
 * where these are known.
 */
function facts(
  { classes, split, splits, folds, leaveOut }: LoadDatasetSettings,
  inputs: KnownInputs,
): Facts {
  const isDrawn = split !== undefined || folds !== undefined;
  const root = inputs('images')[0]?.path;
  if (classes !== undefined) {
    const isSeen = (source: string) =>
      isDrawn || (root !== undefined && isFolder(join(root, trainSplit, source)));
    const seen = classes
      .flatMap(({ sources }) => sources)
      .filter((source) => !leaveOut.includes(source) && isSeen(source));
    return { classes: classes.map(({ name }) => name), ...(seen.length > 0 && { sources: seen }) };
  }
  const ofDataset = inputs('dataset')[0]?.facts?.['classes'];
  if (ofDataset !== undefined) return { classes: ofDataset };
  if (root === undefined || inputs('list').length > 0) return {};
  const parents = isDrawn ? [root] : splits.map((split) => join(root, split));
  const names = classFolders(root, isDrawn ? [''] : splits);
  // These alone are the classes.
  const isUnsure = defaultNames.every((name) => names.includes(name));
  const shards = names.some((name) =>
    parents.some((parent) => beginsWithShard(join(parent, name))),
  );
  return names.length === 0 || isUnsure || shards ? {} : { classes: names };
}
