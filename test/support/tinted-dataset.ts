import sharp from 'sharp';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import type { Size } from '../../src/learning/vision/resample.ts';
import { Random } from '../../src/random.ts';

const usualSize = { width: 56, height: 56 };

/**
 * Writes a dataset of grainy images of 56 x 56, or of the size of each by its index, with
 * alternating labels. Fakes are redder, so that any network learns them in a few steps. `splits`
 * gives the number of images of each split. Images have no group, unless `groupOf` says so.
 */
export async function writeTintedDataset(
  folder: string,
  splits: Readonly<Record<string, number>>,
  classes: readonly string[] = ['real', 'fake'],
  sizeOf: (index: number) => Size = () => usualSize,
  groupOf: (index: number) => string | undefined = () => undefined,
): Promise<void> {
  using writer = new DatasetWriter(folder, { classes, splits: Object.keys(splits) });
  for (const [split, images] of Object.entries(splits)) {
    for (let index = 0; index < images; index++) {
      const label = index % 2;
      const key = `${split}/${index}`;
      const sample = {
        key,
        label,
        source: 'tinted',
        path: `${key}.png`,
        group: groupOf(index),
        ...sizeOf(index),
      };
      writer.add(split, sample, await tinted(key, label, sizeOf(index)));
    }
  }
  writer.finish();
}

async function tinted(seed: string, label: number, { width, height }: Size): Promise<Buffer> {
  const random = new Random(seed);
  const pixels = Buffer.from(
    Array.from(
      { length: width * height * 3 },
      (_, i) => 80 + random.integer(64) + (i % 3 === 0 ? 60 * label : 0),
    ),
  );
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
