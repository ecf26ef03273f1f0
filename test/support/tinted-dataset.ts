import sharp from 'sharp';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { Random } from '../../src/random.ts';

const size = 56;

/**
 * Writes a dataset of grainy images of 56 x 56 with alternating labels. Fakes are redder, so that
 * any network learns them in a few steps. `splits` gives the number of images of each split.
 */
export async function writeTintedDataset(
  folder: string,
  splits: Readonly<Record<string, number>>,
  classes: readonly string[] = ['real', 'fake'],
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
        width: size,
        height: size,
      };
      writer.add(split, sample, await tinted(key, label));
    }
  }
  writer.finish();
}

async function tinted(seed: string, label: number): Promise<Buffer> {
  const random = new Random(seed);
  const pixels = Buffer.from(
    Array.from(
      { length: size * size * 3 },
      (_, i) => 80 + random.integer(64) + (i % 3 === 0 ? 60 * label : 0),
    ),
  );
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}
