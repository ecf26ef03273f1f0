import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/**
 * Writes the figures again with a palette, and those wider than 1,300 pixels at half their size:
 * charts are drawn at twice the size at which they are shown. `sources.json`, which the study's
 * test compares with, gets the digests of the new bytes.
 */
export async function reducePictures(docs) {
  const path = join(docs, 'study/sources.json');
  let sources = readFileSync(path, 'utf8');
  for (const [file, digest] of Object.entries(JSON.parse(sources).figures)) {
    const original = readFileSync(join(docs, file));
    const { width } = await sharp(original).metadata();
    const picture = await sharp(original)
      .flatten({ background: 'white' })
      .resize(width > 1300 ? { width: Math.round(width / 2) } : undefined)
      .png({ palette: true, quality: 80, dither: 0, effort: 10 })
      .toBuffer();
    writeFileSync(join(docs, file), picture);
    sources = sources.replaceAll(digest, createHash('sha256').update(picture).digest('hex'));
  }
  writeFileSync(path, sources);
}
