import { formatCountOf } from '../../format-numbers.ts';
import { findRuns, type HistoryQuery, runData } from '../../project/history/past-runs.ts';
import { formatHistory } from '../../reporting/terminal/format-history.ts';
import { print, printJson } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

interface HistoryOptions extends HistoryQuery {
  readonly limit: number;
  readonly json?: boolean;
}

export async function historyCommand(options: HistoryOptions): Promise<void> {
  const { runs, total, names, changesOf, notedOf } = findRuns(openHere(), options);
  if (options.json === true) {
    return printJson(
      runs.map((run) => {
        const { name, note, tags, isPinned, isBaseline } = notedOf(run) ?? {};
        const noted = name === undefined ? {} : { name, note, tags, isPinned, isBaseline };
        return { ...runData(run), changes: changesOf(run), ...noted };
      }),
    );
  }
  if (runs.length === 0) return print(total === 0 ? 'There were no runs yet.' : 'No run matches.');
  const listed = runs.slice(0, options.limit);
  print(formatHistory(listed, { names, changesOf, notedOf }).join('\n'));
  const more = runs.length - listed.length;
  if (more > 0) print(`… and ${formatCountOf(more, 'more run')}; --limit ${runs.length} shows all`);
}
