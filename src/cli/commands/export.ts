import { formatCountOf } from '../../format-numbers.ts';
import { exportRun } from '../../project/stored-runs/archive.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

const whyLeft = 'not exported, since they hold a Git repository, or are not kept (cache: false)';

export async function exportCommand(
  path: string,
  file: string | undefined,
  stages: readonly string[],
): Promise<void> {
  const words = [file ?? [], stages].flat();
  const { pipeline, written, missing, key } = await exportRun(openHere(), path, words);
  if (missing.length > 0) warnOnStderr(`${whyLeft}: the outputs of ${missing.join(', ')}`);
  print(
    `Wrote ${formatCountOf(written.length, 'stage')} of ${pipeline} into ${path}, signed by ${key}.`,
  );
}
