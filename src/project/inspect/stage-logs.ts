import { existsSync, readFileSync } from 'node:fs';
import type { PlannedStage } from '../../engine/plan/plan.ts';
import type { PastAttempt } from '../../engine/store/runs/attempts.ts';
import { type LastAttempts, lastAttempts } from '../../engine/store/runs/last-attempts.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import type { Store } from '../../engine/store/store.ts';
import { formatSeconds } from '../../format-numbers.ts';
import { openSelection, type TargetRequest } from '../open-target.ts';
import type { OpenedProject } from '../opened-project.ts';
import { planSelection } from '../workspace.ts';

/** What a stage printed. */
interface StageLog {
  /** Which stage, and how its attempt ended. */
  readonly head: string;
  readonly text: string;
}

/** The logs of the stages that words name, one after the other; undefined: it never ran here. */
export async function* stageLogs(
  project: OpenedProject,
  request: TargetRequest,
): AsyncGenerator<{ readonly stage: string; readonly log: StageLog | undefined }, void, void> {
  const selection = await openSelection(project, request);
  const all = await planSelection(selection);
  const store = await project.openStore();
  try {
    for (const planned of all) {
      const { name } = planned.stage;
      if (selection.named.includes(name))
        yield { stage: name, log: await stageLog(store, selection.pipeline.name, planned) };
    }
    for (const { name } of selection.pending)
      if (selection.named.includes(name)) yield { stage: name, log: undefined };
  } finally {
    await store.close();
  }
}

/**
 * The log of the published result of an up-to-date stage, else of its last attempt, else of its
 * last result.
 */
async function stageLog(
  store: Store,
  pipeline: string,
  { stage, decision, examined }: PlannedStage,
) {
  const attempts = lastAttempts(store.local.runsOf(pipeline), stage.name);
  const published = decision.state === 'up to date' ? examined?.result : undefined;
  if (published !== undefined) {
    const what = ', the published result';
    if (attempts?.last.state.fingerprint !== published.digest)
      return await ofResult(stage.name, published, store, what);
    return ofAttempts(stage.name, attempts, succeeded(attempts.last) ? what : '');
  }
  if (attempts !== undefined) return ofAttempts(stage.name, attempts);
  const latest = store.local.readLatest(pipeline, stage.name);
  const result = latest === undefined ? examined?.result : store.readResult(latest);
  return result && (await ofResult(stage.name, result, store, ', the last result'));
}

const succeeded = ({ state }: PastAttempt): boolean => state.end?.outcome === 'succeeded';

/** The log of a result, which is fetched where it is elsewhere; `gc` may have removed it. */
async function ofResult(
  stage: string,
  result: StageResult,
  store: Store,
  what: string,
): Promise<StageLog> {
  const { log, startedAt, seconds } = result.record;
  const head = `${stage}: succeeded on ${when(startedAt)} in ${formatSeconds(seconds)}${what}`;
  if (log === undefined) return { head, text: '' };
  await store.lookup(result.digest);
  await store.fetch([], log);
  if (!existsSync(store.local.objectPath(log)))
    return { head, text: 'Its log is no longer in the store.\n' };
  return { head, text: readFileSync(store.local.objectPath(log), 'utf8') };
}

function ofAttempts(stage: string, { run, attempts, last }: LastAttempts, what = ''): StageLog {
  const { startedAt, end } = last.state;
  const open = run.isLiving() ? 'running since' : 'interrupted, as its run was killed, begun on';
  const how = end === undefined ? open : `${end.outcome} on`;
  const within = end?.outcome === 'succeeded' ? 'in' : 'after';
  const duration = end === undefined ? '' : ` ${within} ${formatSeconds(end.seconds)}`;
  const why = end?.message === undefined ? '' : `: ${end.message.trim()}`;
  const several = attempts.length > 1;
  const text = attempts
    .map(({ log }, index) => {
      const text = log === undefined ? '' : readFileSync(log, 'utf8');
      return several ? `--- attempt ${index + 1}\n${text}` : text;
    })
    .join('');
  return { head: `${stage}: ${how} ${when(startedAt)}${duration}${what}${why}`, text };
}

const when = (time: number | string): string => new Date(time).toLocaleString('sv-SE');
