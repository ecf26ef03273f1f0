import { readFileSync } from 'node:fs';
import type { PlannedStage } from '../engine/plan/plan.ts';
import type { FolderStore } from '../engine/store/folder-store.ts';
import { type LastAttempts, lastAttempts } from '../engine/store/last-attempt.ts';
import type { PastAttempt } from '../engine/store/run-folder.ts';
import type { StageResult } from '../engine/store/stage-result.ts';
import { formatSeconds } from '../format-numbers.ts';

/** What a stage printed, with a line that says which attempt or result it is from. Empty where it printed nothing. */
export interface StageLog {
  readonly head: string;
  readonly text: string;
}

/**
 * The log that a user means: that of the published result where the stage is up to date, else that of its last attempt,
 * however it ended, else that of its last result, which another pipeline may have made. Undefined where it never ran.
 *
 * An attempt that was forced and did not succeed goes before the published result of the same fingerprint.
 */
export function stageLog(
  cache: FolderStore,
  pipeline: string,
  { stage, decision, examined }: PlannedStage,
): StageLog | undefined {
  const found = lastAttempts(cache, pipeline, stage.name);
  const published = decision.state === 'up to date' ? examined?.result : undefined;
  if (published !== undefined) {
    const what = ', the published result';
    if (found?.last.state.fingerprint !== published.digest) return ofResult(stage.name, published, cache, what);
    return ofAttempts(stage.name, found, succeeded(found.last) ? what : '');
  }
  if (found !== undefined) return ofAttempts(stage.name, found);
  const latest = cache.readLatest(pipeline, stage.name);
  const result = latest === undefined ? undefined : cache.readResult(latest);
  return result && ofResult(stage.name, result, cache, ', the last result');
}

const succeeded = ({ state }: PastAttempt): boolean => state.end?.outcome === 'succeeded';

function ofResult(stage: string, { record }: StageResult, cache: FolderStore, what: string): StageLog {
  const text = record.log === undefined ? '' : readFileSync(cache.objectPath(record.log), 'utf8');
  return { head: `${stage}: succeeded on ${when(record.startedAt)} in ${formatSeconds(record.seconds)}${what}`, text };
}

function ofAttempts(stage: string, { run, attempts, last }: LastAttempts, what = ''): StageLog {
  const { startedAt, end } = last.state;
  const how =
    end === undefined
      ? run.isLiving()
        ? 'running since'
        : 'interrupted, as its run was killed, begun on'
      : `${end.outcome} on`;
  const duration =
    end === undefined ? '' : ` ${end.outcome === 'succeeded' ? 'in' : 'after'} ${formatSeconds(end.seconds)}`;
  const why = end?.message === undefined ? '' : `: ${end.message.trim()}`;
  const several = attempts.length > 1;
  const text = attempts
    .map(({ log }, index) => {
      const own = log === undefined ? '' : readFileSync(log, 'utf8');
      return several ? `--- attempt ${index + 1}\n${own}` : own;
    })
    .join('');
  return { head: `${stage}: ${how} ${when(startedAt)}${duration}${what}${why}`, text };
}

/** Local time, as `2025-01-31 09:12:03`. */
const when = (time: number | string): string => new Date(time).toLocaleString('sv-SE');
