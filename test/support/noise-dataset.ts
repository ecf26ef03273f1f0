import sharp from 'sharp';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { Random } from '../../src/random.ts';

/** Smooth coloured noise as an encoded image: `[height, width, 3]`. */
export async function encodedNoise(
  seed: number,
  { width = 24, height = 16, format = 'png' as 'png' | 'jpeg' } = {},
): Promise<Buffer> {
  const random = new Random(seed);
  const raw = Buffer.from(Array.from({ length: 4 * 4 * 3 }, () => random.integer(256)));
  return sharp(raw, { raw: { width: 4, height: 4, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .toFormat(format)
    .toBuffer();
}

/**
 * Writes a dataset of `count` images of 24 x 16 with alternating labels in each split. Returns the
 * encoded files.
 */
export async function writeNoiseDataset(
  folder: string,
  count: number,
  splits: readonly string[] = ['train'],
): Promise<readonly Buffer[]> {
  const files = await Promise.all(Array.from({ length: count }, (_, seed) => encodedNoise(seed)));
  using writer = new DatasetWriter(folder, { classes: ['real', 'fake'], splits });
  for (const split of splits) {
    for (const [index, bytes] of files.entries()) {
      const label = index % 2;
      const key = `${split}/${index}`;
      writer.add(
        split,
        { key, label, source: 'noise', path: `${key}.png`, width: 24, height: 16 },
        bytes,
      );
    }
  }
  writer.finish();
  return files;
}
