import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { reducePictures } from './reduce-pictures.mjs';

/** Puts the study's text and figures, as `write-up` wrote them, in place of those in a folder. */
export async function copyStudy(document, docs) {
  for (const file of globSync('study/{*.png,sources.json}', { cwd: docs }))
    rmSync(join(docs, file));
  cpSync(document, docs, { recursive: true });
  await reducePictures(docs);
}
