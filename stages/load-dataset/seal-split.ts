import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, sha256 } from '../../src/digest.ts';
import { samplesFile } from '../../src/learning/vision/dataset/dataset.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { formatSeal, sealFile } from '../../src/seal-file.ts';

/**
 * Seals a split of a data set that is complete: its seal names each image and each of its files, so
 * that copies are found.
 */
export async function sealSplit(folder: string, name: string): Promise<void> {
  using dataset = openDataset(folder);
  const split = dataset.split(name);
  const shards = new Set(split.samples.map(({ shard }) => shard));
  const packed = [samplesFile, ...shards].map((file) =>
    sha256(readFileSync(join(folder, name, file))),
  );
  const images: Digest[] = [];
  for (const index of split.samples.keys()) images.push(sha256(await split.read(index)));
  writeFileSync(join(folder, name, sealFile), formatSeal(images, packed));
}
