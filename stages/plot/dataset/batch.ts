import { formatCount, formatList, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { captionOf, type ImageCell, imageSheet } from '../../../src/learning/charts/image-sheet.ts';
import { trainSplit } from '../../../src/learning/training/splits.ts';
import { datasetBatches } from '../../../src/learning/training/training-data.ts';
import {
  type AugmentSettings,
  augmentSettings,
} from '../../../src/learning/vision/augment/augment-settings.ts';
import type { Batch } from '../../../src/learning/vision/batches/batch-loader.ts';
import { openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import type { DecodedImage } from '../../../src/learning/vision/decode-image.ts';
import {
  floatsToPixels,
  type Normalization,
  usualNormalization,
} from '../../../src/learning/vision/pixels-to-floats.ts';
import { type Resize, usualLargest } from '../../../src/learning/vision/resize-settings.ts';
import { thumbnail } from '../../../src/learning/vision/thumbnail.ts';
import { StageError } from '../../../src/stage.ts';
import { type DrawForm, onlyInput } from '../forms/draw-form.ts';
import { mostAcross, mostNamed, side as shownSide } from './samples.ts';

/**
 * The first images of an epoch, from the loader that `train` reads, with the same seed and
 * settings.
 */
export const draw: DrawForm = async (context) => {
  const { images = 12, seed = 7, epoch = 1, title, imageSize: side = 256 } = context.settings;
  const {
    fit = 'cover',
    kernel = 'linear',
    resize: before,
    scale,
    normalise: normalization = usualNormalization,
  } = context.settings;
  const augment = context.settings.augment ?? augmentSettings.parse({});
  const { path, labels } = onlyInput(context, 'dataset', 'batch');
  const resize: Resize = {
    width: side,
    height: side,
    fit,
    kernel,
    ...(before !== undefined && { before }),
  };
  const options = {
    batchSize: images,
    seed,
    augment,
    resize,
    ...(scale === 'native' && { native: { largest: usualLargest } }),
    normalization,
    threads: context.cpus,
  };
  await using batches = datasetBatches(path, options);
  using dataset = openDataset(path);
  const batch = await firstOf(batches.training(epoch));
  if (batch === undefined)
    throw new StageError(`Expected images in the split "${trainSplit}", got none.`);
  const cells = await cellsOf(batch, dataset, side, normalization);
  const count = (label: number) =>
    batch.labels.reduce((sum, drawnLabel) => sum + (drawnLabel === label ? 1 : 0), 0);
  const named = dataset.classes.map((name, label) => `${count(label)} ${name}`);
  const counts = named.length <= mostNamed ? formatList(named) : formatCount(batch.labels.length);
  return imageSheet({
    title: title ?? withLabels('A training batch as the network sees it', labels),
    subtitle: `${trainSplit}, epoch ${epoch}, seed ${seed}: the first ${counts} images, ${side} × ${side} pixels; ${changes(augment)}`,
    blocks: [[{ cells }]],
    across: mostAcross,
    side: shownSide,
  });
};

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

async function cellsOf(
  batch: Batch,
  dataset: ReturnType<typeof openDataset>,
  side: number,
  normalization: Normalization,
): Promise<readonly ImageCell[]> {
  const { samples } = dataset.split(trainSplit);
  const length = side * side * 3;
  const cells = Array.from(batch.indices, async (index, slot): Promise<ImageCell> => {
    const pixels = floatsToPixels(
      batch.images.subarray(slot * length, (slot + 1) * length),
      normalization,
    );
    const image = await thumbnail({ width: side, height: side, pixels } satisfies DecodedImage);
    return {
      image,
      caption: captionOf(linesOf(batch, slot, dataset.classes), shownSide),
      description: samples[index]!.path,
    };
  });
  return Promise.all(cells);
}

/** The class; of mixed images both, with their shares of the target. */
function linesOf(
  { labels, mixed }: Batch,
  slot: number,
  classes: readonly string[],
): readonly string[] {
  const name = classes[labels[slot]!]!;
  const share = mixed?.shares[slot] ?? 0;
  const mixedName = classes[mixed?.labels[slot] ?? labels[slot]!]!;
  if (share === 0) return [name];
  if (mixedName === name) return [`${name}, mixed`];
  return [`${formatShare(1 - share, 0)} ${name}`, `${formatShare(share, 0)} ${mixedName}`];
}

/** `changed at random by crop, flip and jpeg`. */
function changes({ crop, flip, ...furtherChanges }: AugmentSettings): string {
  const names = [
    ...(crop > 0 ? ['crop'] : []),
    ...(flip ? ['flip'] : []),
    ...Object.keys(furtherChanges),
  ];
  return names.length === 0 ? 'unchanged' : `changed at random by ${formatList(names)}`;
}
