import { LocalStore } from '../../engine/store/local-store.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { fillDefaults } from '../../project/kinds/fill-defaults.ts';
import { mistake } from '../../project/pipeline-error.ts';
import { formatHistory, runChanges } from '../../reporting/history/format-history.ts';
import { numbersOf, type PastRun, pastRuns, settingsOf } from '../../reporting/history/past-run.ts';
import { conditionName, type RunQuery, selectRuns } from '../../reporting/history/select-runs.ts';
import { print, printJson, warnOnStderr } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';

interface HistoryOptions extends RunQuery {
  readonly where: readonly string[];
  readonly show: readonly string[];
  readonly limit: number;
  readonly json?: boolean;
}

export async function historyCommand(options: HistoryOptions): Promise<void> {
  const root = currentRoot();
  const name = options.pipeline?.replace(/^pipelines\//, '').replace(/\.ya?ml$/, '');
  const store = new LocalStore(root, warnOnStderr);
  const all = pastRuns(store).map(
    (run): PastRun => ({ ...run, settings: settingsOf(run, options.show, store, fillDefaults) }),
  );
  const changesOf = (run: PastRun) => {
    const earlier = all.slice(all.indexOf(run) + 1);
    const last = earlier.find(
      ({ pipeline, record }) => pipeline === run.pipeline && record !== undefined,
    );
    return runChanges(run, last, { store, fill: fillDefaults });
  };
  const selection = selectRuns(all, { ...options, ...(name !== undefined && { pipeline: name }) });
  if (!selection.ok) throw mistake('unknown-name', selection.error.message, selection.error.hint);
  const runs = selection.value;
  if (options.json === true) {
    return printJson(runs.map((run) => ({ ...asJson(run), changes: changesOf(run) })));
  }
  if (runs.length === 0)
    return print(all.length === 0 ? 'There were no runs yet.' : 'No run matches.');
  const names = new Set([...options.where.map((text) => conditionName(text)!), ...options.show]);
  if (options.sort !== undefined && options.sort !== 'duration') names.add(options.sort);
  const listed = runs.slice(0, options.limit);
  print(formatHistory(listed, [...names], changesOf).join('\n'));
  const more = runs.length - listed.length;
  if (more > 0) print(`… and ${formatCountOf(more, 'more run')}; --limit ${runs.length} shows all`);
}

function asJson(run: PastRun) {
  const { id, pipeline, outcome, startedAt, seconds, counts, record } = run;
  return {
    run: id,
    pipeline,
    outcome,
    startedAt: new Date(startedAt).toISOString(),
    seconds: seconds ?? null,
    ...(record?.gitCommit !== undefined && { gitCommit: record.gitCommit }),
    counts,
    stages: record?.stages ?? {},
    numbers: Object.fromEntries(
      numbersOf(run).map(({ stage, name, value }) => [`${stage}.${name}`, value]),
    ),
  };
}
