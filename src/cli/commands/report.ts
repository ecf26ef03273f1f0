import { formatCountOf } from '../../format-numbers.ts';
import { shareRuns } from '../../project/history/share-runs.ts';
import { UsageError } from '../../user-error.ts';
import { print } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

interface ReportOptions {
  readonly runs?: string;
  readonly to?: string;
}

export async function reportCommand({ runs, to }: ReportOptions): Promise<void> {
  if (runs === undefined || to === undefined)
    throw new UsageError('report takes runs and a new folder: --runs last,last~1 --to shared');
  const written = await shareRuns(openHere(), runs, to);
  print(
    `Wrote ${formatCountOf(written.runs, 'run')} and a comparison of ${written.compared} into ${to}: open ${to}/index.html`,
  );
}
