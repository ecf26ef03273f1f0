import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import { mistake } from '../pipeline-error.ts';

/**
 * The run that a word names among `runs`, the last one first: its id, the beginning of it, `last`
 * or `last~2`. Undefined for a word that looks like no run. Throws a `PipelineError` for one that
 * names none or several.
 */
export function findRun(word: string, runs: readonly RunFolder[]): RunFolder | undefined {
  const back = /^last(?:~(\d+))?$/.exec(word);
  if (back === null && !/^\d{4}-\d\d/.test(word)) return undefined;
  if (back !== null) {
    const run = runs[Number(back[1] ?? 0)];
    if (run !== undefined) return run;
    throw mistake('unknown-run', `There is no run ${word}: ${runs.length} are recorded`);
  }
  const ids = runs.map(({ id }) => id).filter((id) => id.startsWith(word));
  if (ids.length < 2) return runs.find(({ id }) => id === ids[0]);
  const message = `"${word}" matches ${ids.length} runs: ${ids.slice(0, 4).join(', ')}`;
  throw mistake('several-runs', message, 'Give more of the name; `restage history` lists them.');
}
