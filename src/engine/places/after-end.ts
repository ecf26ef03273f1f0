import { formatBytes, formatCountOf, formatSeconds } from '../../format-numbers.ts';
import { unreachable } from '../../result.ts';
import type { JobClass, JobPhase, JobState } from '../../scheduler.ts';
import type { Stage } from '../config/pipeline.ts';
import type { Claim, TicketEnd, Tries } from './batch-folder.ts';
import type { PlaceSpec } from './place-spec.ts';

/**
 * What a run does after a ticket: use the result, submit or examine the stage again, leave it to a
 * new run, or give up.
 */
export type NextStep =
  | { readonly step: 'use'; readonly end: Extract<TicketEnd, { type: 'done' }> }
  | { readonly step: 'again'; readonly tries: Tries; readonly message?: string }
  | { readonly step: 'decide'; readonly message: string }
  | { readonly step: 'fail' | 'cancel' | 'leave'; readonly message: string };

/** How far a stage got by its jobs so far. */
interface JobProgress {
  readonly tries: Tries;
  /** Whether the stage's checkpoint is further than that of any job before. */
  readonly advanced: boolean;
}

/** What is known at the end of a ticket. */
export interface EndFacts extends JobProgress {
  readonly stage: Stage;
  readonly place: PlaceSpec;
  readonly needs: JobClass;
  readonly claim: Claim | undefined;
  /** Whether there is a checkpoint to resume from. */
  readonly resumes: boolean;
  /** What the scheduler means by the state of a lost job. */
  readonly phaseOf: (job: JobState) => JobPhase;
  /** Whether the code with which this process decided is no longer that of this machine. */
  readonly isOutdated: boolean;
}

/**
 * The tries of a stage after a job whose curves reached the step `reached`, 0 without any. A
 * checkpoint that another processor cannot use is written again from the start, which is no
 * advance. For a stage without curves any new checkpoint is one.
 */
export function afterJob(
  tries: Tries,
  { reached, rewritten }: { readonly reached: number; readonly rewritten: boolean },
): JobProgress {
  const { reached: before = 0 } = tries;
  const furthest = Math.max(before, reached);
  const advanced = rewritten && (reached > before || furthest === 0);
  return { tries: furthest > 0 ? { ...tries, reached: furthest } : tries, advanced };
}

/**
 * How often a job may die, a process be killed, or a job end before it began, until the stage
 * fails.
 */
const most = { lost: 5, killed: 3, unstarted: 1 };
const mostIdle = 2;

/** What follows from the end of a ticket. Pure. Dead jobs do not count as retries of the stage. */
export function afterEnd(end: TicketEnd, facts: EndFacts): NextStep {
  switch (end.type) {
    case 'done':
      return { step: 'use', end };
    case 'failed':
      return { step: 'fail', message: end.message };
    case 'refused':
      return end.what === 'input'
        ? { step: 'decide', message: end.message }
        : afterRefusal(end.message, facts);
    case 'cancelled':
      return { step: 'cancel', message: `its job was cancelled ${end.by}` };
    case 'unclaimed':
      return { step: 'again', tries: facts.tries };
    case 'memory':
      return afterMemory(facts);
    case 'killed':
      return afterLoss(end.message, facts, 'killed');
    case 'stopped':
      return afterTime(facts);
    case 'lost':
      return afterLostJob(end, facts);
    default:
      return unreachable(end);
  }
}

function afterLostJob(end: Extract<TicketEnd, { type: 'lost' }>, facts: EndFacts): NextStep {
  const { state, reason, said, unstarted = false } = end;
  const words = [state, reason].filter((word) => word !== undefined && word !== '');
  const states = words.length === 0 ? '' : ` (${words.join(', ')})`;
  switch (facts.phaseOf(end)) {
    case 'out of memory':
      return afterMemory(facts);
    case 'out of time':
      return afterTime(facts);
    case 'cancelled':
      return { step: 'cancel', message: 'its job was cancelled' };
    default:
      return afterLoss(
        `its job ${unstarted ? 'ended before it began' : 'died'}${states}${said === undefined ? '' : ` and said: ${said}`}`,
        facts,
        unstarted ? 'unstarted' : 'lost',
      );
  }
}

/** A shared disk may show code late, but not twice. */
function afterRefusal(message: string, { tries, isOutdated }: EndFacts): NextStep {
  if (isOutdated) return { step: 'leave', message };
  if (tries.refused) {
    return {
      step: 'fail',
      message: `${message}; a second job found the same. Make both alike, and run again`,
    };
  }
  return {
    step: 'again',
    tries: { ...tries, refused: true },
    message: `${message}: submitted again`,
  };
}

/** A ticket that began late in the time of its job proves nothing about the limit. */
function afterTime({ place, tries, advanced, resumes, claim, stage }: EndFacts): NextStep {
  const counted = claim?.full === false ? 0 : 1;
  const idle = advanced ? 0 : tries.idle + counted;
  const limit = formatSeconds(place.time / 1000);
  if (idle >= mostIdle) {
    const why =
      stage.checkpointsWithout === undefined
        ? 'it keeps no checkpoints'
        : 'its checkpoint got no further';
    const message = `did not end within the time limit of ${limit} in ${idle} jobs, and ${why}: raise \`time\` of the place "${place.name}"`;
    return { step: 'fail', message };
  }
  const { killed: _, unstarted: _u, refused: _r, ...rest } = tries;
  const further = advanced ? '' : ', which is no further than before';
  const how = resumes ? `resumes from its checkpoint${further}` : 'begins again';
  return {
    step: 'again',
    tries: { ...rest, idle, lost: 0 },
    message: `its job's time of ${limit} is over: it ${how}`,
  };
}

function afterLoss(how: string, { tries, advanced }: EndFacts, what: keyof typeof most): NextStep {
  const count = advanced ? 1 : (tries[what] ?? 0) + 1;
  if (count > most[what]) {
    return {
      step: 'fail',
      message: `${how}, and ${formatCountOf(count - 1, 'job')} before it ended so, too`,
    };
  }
  return { step: 'again', tries: { ...tries, [what]: count }, message: `${how}: submitted again` };
}

function afterMemory({ place, needs, tries }: EndFacts): NextStep {
  const { most } = place.memory;
  if (needs.memory >= most) {
    const message = `ran out of memory with ${formatBytes(needs.memory)}, the most that the place "${place.name}" allows`;
    return { step: 'fail', message };
  }
  const memory = Math.min(2 * needs.memory, most);
  return {
    step: 'again',
    tries: { ...tries, memory, guessed: true },
    message: `ran out of memory: again with ${formatBytes(memory)}`,
  };
}
