import { z } from 'zod';
import type { JobPhase, JobState } from '../../../scheduler.ts';

/** What HTCondor's commands tell about a job: its attributes, by HTCondor's names. */
export const jobAd = z.object({
  ClusterId: z.number(),
  ProcId: z.number(),
  JobStatus: z.number(),
  JobBatchName: z.string().default(''),
  LastRejMatchReason: z.string().optional(),
  HoldReason: z.string().optional(),
  HoldReasonCode: z.number().optional(),
  HoldReasonSubCode: z.number().optional(),
  LastHoldReason: z.string().optional(),
  LastHoldReasonCode: z.number().optional(),
  LastHoldReasonSubCode: z.number().optional(),
  RemoveReason: z.string().optional(),
  ExitBySignal: z.boolean().optional(),
  ExitSignal: z.number().optional(),
  ExitCode: z.number().optional(),
});

export type JobAd = z.infer<typeof jobAd>;

/** Why a job was held, by HTCondor's numbers. */
interface Hold {
  readonly code: number | undefined;
  readonly subcode: number | undefined;
  readonly reason: string | undefined;
}

/**
 * Codes of holds that end by themselves or by a person: `condor_hold`, submitted on hold, and input
 * files on their way. Every other hold stays until somebody mends what HTCondor could not do, so
 * the job is removed, and counts as ended.
 */
export const passingHolds: readonly number[] = [1, 15, 16];

/** The subcode of the hold by which our own job description ends a job whose time is over. */
export const timeIsOver = 46;
/** The code of a hold by an expression of the job itself, such as ours. */
const byOwnPolicy = 3;

const isPassing = ({ code }: Hold): boolean => code === undefined || passingHolds.includes(code);

/**
 * The state of a job in words that tell its phase. `isListed`: it is in the queue, so one that is
 * being removed may still run.
 */
export function stateOf(ad: JobAd, isListed: boolean): JobState {
  switch (ad.JobStatus) {
    case 1:
      return withReason('IDLE', ad.LastRejMatchReason);
    case 2:
      return { state: 'RUNNING' };
    case 3:
      return isListed ? { state: 'REMOVING' } : stateOfRemoved(ad);
    case 4:
      return stateOfEnded(ad);
    case 5:
      return stateOfHeld({
        code: ad.HoldReasonCode,
        subcode: ad.HoldReasonSubCode,
        reason: ad.HoldReason,
      });
    case 6:
      return { state: 'TRANSFERRING_OUTPUT' };
    case 7:
      return { state: 'SUSPENDED' };
    default:
      return { state: `STATUS_${ad.JobStatus}` };
  }
}

function stateOfEnded({ ExitBySignal, ExitSignal, ExitCode = 0 }: JobAd): JobState {
  if (ExitBySignal === true) return withReason('KILLED', `signal ${ExitSignal}`);
  return ExitCode === 0 ? { state: 'COMPLETED' } : withReason('FAILED', `exit code ${ExitCode}`);
}

/** A job that was held for good was removed for that, and its hold tells why. */
function stateOfRemoved(ad: JobAd): JobState {
  const hold = {
    code: ad.LastHoldReasonCode,
    subcode: ad.LastHoldReasonSubCode,
    reason: ad.LastHoldReason,
  };
  if (ad.RemoveReason?.startsWith('via condor_rm') === true)
    return withReason('REMOVED', ad.RemoveReason);
  return isPassing(hold) ? withReason('REMOVED_BY_POLICY', ad.RemoveReason) : stateOfHeld(hold);
}

/**
 * 34: a control group had too little memory. 21 with 102: the machine's policy
 * `Hold_If_Memory_Exceeded`.
 */
function stateOfHeld(hold: Hold): JobState {
  const { code, subcode, reason } = hold;
  if (isPassing(hold)) return withReason('HELD', reason);
  if (code === 34 || (code === 21 && subcode === 102)) return withReason('HELD_FOR_MEMORY', reason);
  if (code === byOwnPolicy && subcode === timeIsOver) return withReason('HELD_FOR_TIME', reason);
  return withReason('HELD_BY_HTCONDOR', reason);
}

/** HTCondor's reasons may have several lines, and blanks at their ends. */
function withReason(state: string, reason = ''): JobState {
  const words = reason.trim().replaceAll(/\s+/g, ' ');
  return words === '' ? { state } : { state, reason: words };
}

/** The states that decide something. In all others a job begins, ends or is suspended. */
const phases: Readonly<Record<string, JobPhase>> = {
  IDLE: 'queued',
  HELD: 'queued',
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  HELD_BY_HTCONDOR: 'failed',
  REMOVED: 'cancelled',
  HELD_FOR_TIME: 'out of time',
  HELD_FOR_MEMORY: 'out of memory',
  KILLED: 'died',
  REMOVED_BY_POLICY: 'died',
};

export const phaseOf = ({ state }: JobState): JobPhase => phases[state] ?? 'alive';
