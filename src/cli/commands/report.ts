import { formatCountOf, formatList } from '../../format-numbers.ts';
import { shareRuns } from '../../project/history/share-runs.ts';
import { UsageError } from '../../user-error.ts';
import { print } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

interface ReportOptions {
  readonly runs?: string;
  readonly images?: string;
  readonly to?: string;
}

export async function reportCommand({ runs, images, to }: ReportOptions): Promise<void> {
  if (runs === undefined || to === undefined)
    throw new UsageError('report takes runs and a new folder: --runs last,last~1 --to shared');
  const written = await shareRuns(openHere(), { runs, images }, to);
  const parts = [
    formatCountOf(written.runs, 'run'),
    ...(images === undefined ? [] : [formatCountOf(written.images, 'image')]),
    `a comparison of ${written.compared}`,
  ];
  print(`Wrote ${formatList(parts)} into ${to}: open ${to}/index.html`);
}
