import { formatCountOf } from '../../format-numbers.ts';
import { exportRun } from '../../project/stored-runs/archive.ts';
import { exportCrate } from '../../project/stored-runs/crate.ts';
import { UsageError } from '../../user-error.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

const whyLeft = 'not exported, since they hold a Git repository, or are not kept (cache: false)';

interface ExportOptions {
  readonly rocrate?: true;
  readonly license?: string;
}

export async function exportCommand(
  path: string,
  file: string | undefined,
  stages: readonly string[],
  { rocrate, license }: ExportOptions,
): Promise<void> {
  const words = [file ?? [], stages].flat();
  if (rocrate) return await writeCrate(path, words, license);
  if (license !== undefined) throw new UsageError('--license needs --rocrate');
  const { pipeline, written, missing, key } = await exportRun(openHere(), path, words);
  if (missing.length > 0) warnOnStderr(`${whyLeft}: the outputs of ${missing.join(', ')}`);
  print(
    `Wrote ${formatCountOf(written.length, 'stage')} of ${pipeline} into ${path}, signed by ${key}.`,
  );
}

async function writeCrate(
  path: string,
  words: readonly string[],
  license: string | undefined,
): Promise<void> {
  const written = await exportCrate(openHere(), path, { words, license });
  const { pipeline, stages, leftOut } = written;
  if (leftOut.length > 0)
    warnOnStderr(`not in the crate, since they are not kept (cache: false): ${leftOut.join(', ')}`);
  print(
    `Wrote ${formatCountOf(stages.length, 'stage')} of ${pipeline} as an RO-Crate into ${path}.`,
  );
}
