import type { PlaceSpec } from '../config/places.ts';
import {
  type JobRequest,
  type JobState,
  type ListedJob,
  runCommand,
  type Scheduler,
  SubmitError,
} from './scheduler.ts';

type Place = Pick<PlaceSpec, 'name' | 'partition' | 'account' | 'options'>;

export function slurm(place: Place): Scheduler {
  return {
    hasArrays: true,
    submit: async (request) => await submit(request, place),
    wouldTake: async (request) => {
      const { ok, error } = await runCommand('sbatch', ['--test-only', ...wordsFor(request, place)]);
      return { ok, said: error };
    },
    list: async (names) => {
      const words = `-h -r -t all --me -o %j|%i|%T|%S|%r -n ${names.join(',')}`;
      const { out } = await runCommand('squeue', words.split(' '));
      return out.split('\n').flatMap(readLine);
    },
    inspect,
    cancel: async (id) => {
      await runCommand('scancel', [id]);
    },
  };
}

async function submit(request: JobRequest, place: Place): Promise<string> {
  const { ok, out, error } = await runCommand('sbatch', wordsFor(request, place));
  const id = /^\d+/m.exec(out)?.[0];
  if (ok && id !== undefined) return id;
  throw new SubmitError(reasonOf(error), `sbatch refused a job of the place "${place.name}": ${error}`);
}

function wordsFor(request: JobRequest, place: Place): readonly string[] {
  const { name, script, root, log, needs, seconds, workers, after = [] } = request;
  const notice = Math.min(120, Math.ceil(seconds / 10));
  const option = (flag: string, value: string | undefined) => (value === undefined ? [] : [`--${flag}=${value}`]);
  return [
    ...['--parsable', '--export=NONE', '--requeue', '--open-mode=append'],
    ...option('job-name', name),
    ...option('chdir', root),
    ...option('output', log.replaceAll('%', '%%')),
    ...option('cpus-per-task', String(Math.ceil(needs.cpu))),
    ...option('mem', `${Math.ceil(needs.memory / 2 ** 20)}M`),
    ...option('gpus-per-node', needs.gpu > 0 ? String(Math.ceil(needs.gpu)) : undefined),
    ...option('time', `${Math.floor(seconds / 60)}:${seconds % 60}`),
    ...option('signal', `B:TERM@${notice}`),
    ...option('array', workers > 1 ? `0-${workers - 1}` : undefined),
    ...option('dependency', after.length > 0 ? `afterany:${after.join(':')}` : undefined),
    ...option('partition', place.partition),
    ...option('account', place.account),
    ...Object.entries(place.options).map(([flag, value]) => (value === true ? `--${flag}` : `--${flag}=${value}`)),
    script,
  ];
}

/** What an error message of `sbatch` means. An unknown one counts as a refusal. */
function reasonOf(error: string): SubmitError['why'] {
  if (/limit|MaxArraySize|Invalid job array|too many|MaxJobCount|temporarily unable to accept/i.test(error))
    return 'limit';
  if (
    /timed out|did not answer|Unable to contact|Connection|Socket|temporarily|slurm_receive|Zero Bytes/i.test(error)
  ) {
    return 'contact';
  }
  return 'refused';
}

function readLine(line: string): readonly ListedJob[] {
  const [name, id, state, startsAt, ...reason] = line.split('|');
  if (name === undefined || id === undefined || state === undefined) return [];
  const why = reason.join('|');
  return [
    {
      ...{ name, id, state },
      ...reasonIn(why),
      ...(state === 'PENDING' && startsAt !== undefined && startsAt !== 'N/A' && { startsAt }),
    },
  ];
}

/** A reason of Slurm, unless it says no more than the state. */
const reasonIn = (reason: string): Pick<JobState, 'reason'> =>
  /^(None|NonZeroExitCode|)$/.test(reason) ? {} : { reason };

async function inspect(id: string): Promise<ReadonlyMap<string, JobState> | undefined> {
  const { ok, out, error } = await runCommand('scontrol', ['-o', 'show', 'job', id]);
  if (!ok) return /invalid job id/i.test(error) ? new Map() : undefined;
  const states = new Map<string, JobState>();
  for (const line of out.split('\n')) {
    const field = (name: string) => new RegExp(`(?:^| )${name}=(\\S+)`).exec(line)?.[1];
    const state = field('JobState');
    if (state === undefined) continue;
    const array = field('ArrayJobId');
    // Waiting tasks share a record. Their numbers stay joined, since they have no workers yet.
    const worker = array === undefined ? field('JobId')! : `${array}_${field('ArrayTaskId')}`;
    states.set(worker, { state, ...reasonIn(field('Reason') ?? '') });
  }
  return states.size === 0 ? undefined : states;
}
