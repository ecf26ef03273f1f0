import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StageContext } from '../../src/stage.ts';
import { type DownloadSettings, nameOf } from './spec.ts';

export default async function run(context: StageContext<DownloadSettings>): Promise<void> {
  const folder = context.output('files');
  mkdirSync(folder, { recursive: true });
  for (const file of context.settings.files) {
    const { url, sha256 } = file;
    const path = await context.download({ url, sha256 });
    // Shares the blocks where the file system can.
    copyFileSync(path, join(folder, nameOf(file)), constants.COPYFILE_FICLONE);
    context.log(`${nameOf(file)} is ${url}, with SHA-256 ${sha256}.`);
  }
}
