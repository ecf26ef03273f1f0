import type { JobPhase, JobState, ListedJob } from '../../../scheduler.ts';

/**
 * The jobs in what `qstat -xml` prints. The tasks of an array that wait share an entry, `17_2-9:1`.
 * Undefined if it is no such list.
 */
export function queuedJobs(xml: string): readonly ListedJob[] | undefined {
  if (!xml.includes('<job_info')) return undefined;
  return [...xml.matchAll(/<job_list\b[^>]*>(.*?)<\/job_list>/gs)].flatMap(([, entry = '']) => {
    const field = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(entry)?.[1];
    const number = field('JB_job_number');
    const name = field('JB_name');
    const state = field('state');
    if (number === undefined || name === undefined || state === undefined) return [];
    const tasks = field('tasks');
    return [{ id: tasks === undefined ? number : `${number}_${tasks}`, name, state }];
  });
}

/** Why jobs are in an error, by their numbers, in what `qstat -j` prints. */
export function errorReasons(out: string): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  let number = '';
  for (const line of out.split('\n')) {
    number = /^job_number:\s+(\d+)/.exec(line)?.[1] ?? number;
    // After the number of the task: the time, and the numbers of the process.
    const [, reason] = /^error reason[^:]*:\s+(?:\S+ \S+ )?(?:\[\S+\]: )?(.*)$/.exec(line) ?? [];
    if (reason !== undefined) reasons.set(number, reason);
  }
  return reasons;
}

/** How jobs ended, in what `qacct -j` prints. One that was started again has several entries. */
export function endedJobs(out: string): readonly ListedJob[] {
  return out
    .split(/^={10,}$/m)
    .slice(1)
    .flatMap((entry) => {
      const field = (name: string) => new RegExp(`^${name} +(.*?) *$`, 'm').exec(entry)?.[1];
      const number = field('jobnumber');
      const name = field('jobname');
      const task = field('taskid');
      if (number === undefined || name === undefined) return [];
      const id = task === undefined || task === 'undefined' ? number : `${number}_${task}`;
      const limit = /\bh_rt=(\d+)/.exec(field('category') ?? '')?.[1];
      const isLate = Number.parseFloat(field('ru_wallclock') ?? '') >= Number(limit);
      const ended = stateOfEnded({
        failed: field('failed') ?? '',
        exitCode: Number.parseInt(field('exit_status') ?? '', 10),
        limit: isLate ? `h_rt=${limit}` : undefined,
      });
      return [{ id, name, ...ended }];
    });
}

interface Ended {
  /** A number of `man accounting`, and a text: 37 is a limit, 100 the end by a signal. */
  readonly failed: string;
  readonly exitCode: number;
  /** The time limit that the job has reached. */
  readonly limit: string | undefined;
}

function stateOfEnded({ failed, exitCode, limit }: Ended): JobState {
  const [, code, reason = ''] = /^(\d+)\s*:?\s*(.*)$/.exec(failed) ?? [];
  if (code === '37') return { state: 'OUT_OF_TIME', reason };
  if (code === '100' && limit !== undefined) return { state: 'OUT_OF_TIME', reason: limit };
  if (code === '100') return { state: 'KILLED', reason: `signal ${exitCode - 128}` };
  if (code !== undefined && code !== '0') return { state: 'FAILED', reason };
  return exitCode === 0
    ? { state: 'COMPLETED' }
    : { state: 'FAILED', reason: `exit code ${exitCode}` };
}

/** The states of jobs that are over. */
const ends: Readonly<Record<string, JobPhase>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  KILLED: 'died',
  OUT_OF_TIME: 'out of time',
};

/**
 * What a state means: a word of ours for a job that is over, or letters of `qstat`. `d` is being
 * deleted, `E` an error, `w` waits, `r` runs; the others begin or are suspended.
 */
export function phaseOf({ state }: JobState): JobPhase {
  const end = ends[state];
  if (end !== undefined) return end;
  if (state.includes('d')) return 'alive';
  if (state.includes('E')) return 'failed';
  if (state.includes('w')) return 'queued';
  return state === 'r' || state === 'Rr' ? 'running' : 'alive';
}
