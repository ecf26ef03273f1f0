import { z } from 'zod';
import type { Environment } from '../../../environment.ts';
import { type CommandOutput, runCommand } from '../../../run-command.ts';
import {
  type JobIdentity,
  type JobPhase,
  type JobRequest,
  type JobState,
  type ListedJob,
  type PlaceKeys,
  type Scheduler,
  type SchedulerForm,
  SubmitError,
} from '../../../scheduler.ts';
import { shellCommand } from '../../../shell/shell-quote.ts';
import { schedulerOptions } from './scheduler-options.ts';

const keys = {
  partition: z.string().optional().describe('The partition of Slurm.'),
  account: z.string().optional().describe('The account of Slurm.'),
  options: schedulerOptions,
};

type Place = PlaceKeys<typeof keys>;

/**
 * What `srun` in a job needs: the stage's variables, which `--export=NONE` of the job would keep
 * from its processes, and the cores of each, which it no longer takes from the job since Slurm 22.
 */
const forLaunchers = ['unset SLURM_EXPORT_ENV', 'export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"'];

/** Slurm, by its commands. */
export const slurm: SchedulerForm<typeof keys> = {
  title: 'Slurm',
  keys,
  program: { name: 'Slurm', command: 'sbatch', asks: ['--version'] },
  lines: forLaunchers,
  spansNodes: () => true,
  open: openSlurm,
  queue: ({ options }) => clustersIn(options) ?? '',
  identify,
};

/** The environment of a job, by `man sbatch`. */
function identify(env: Environment): JobIdentity | undefined {
  const job = env['SLURM_JOB_ID'];
  if (job === undefined) return undefined;
  const array = env['SLURM_ARRAY_JOB_ID'];
  return {
    job: array === undefined ? job : `${array}_${env['SLURM_ARRAY_TASK_ID']}`,
    restart: Number(env['SLURM_RESTART_COUNT'] ?? '0'),
    notified: true,
  };
}

/** The states that decide something. In all others a job begins, ends or is suspended. */
const phases: Readonly<Record<string, JobPhase>> = {
  PENDING: 'queued',
  REQUEUED: 'queued',
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TIMEOUT: 'out of time',
  DEADLINE: 'out of time',
  OUT_OF_MEMORY: 'out of memory',
  BOOT_FAIL: 'died',
  NODE_FAIL: 'died',
  PREEMPTED: 'died',
  REVOKED: 'died',
};

/** A job that somebody killed also ends as FAILED, which says nothing about its script. */
function phaseOf({ state, reason = '' }: JobState): JobPhase {
  if (state === 'FAILED' && reason.startsWith('RaisedSignal:9(')) return 'died';
  return phases[state] ?? 'alive';
}

type Run = (program: string, args: readonly string[]) => Promise<CommandOutput>;

function openSlurm(place: Place, env: Environment): Scheduler {
  const run: Run = async (program, args) => {
    const output = await runCommand(program, args, { env });
    return { ...output, error: output.error.replaceAll(/(^|; )sbatch: (error: )?/g, '$1') };
  };
  return {
    hasArrays: true,
    phaseOf,
    submit: (request) => submit(run, request, place),
    wouldTake: async (request) => {
      const { ok, error } = await run('sbatch', ['--test-only', ...wordsFor(request, place)]);
      const isSilent = !ok && noController.test(error);
      return { ok, words: isSilent ? `no Slurm controller answers: ${error}` : error };
    },
    slipsIn: (request) => slipsIn(run, request, place),
    describe: (request) => shellCommand('sbatch', wordsFor(request, place)),
    list: async (names) => {
      const words = `-h -r -t all --me -o %j|%i|%T|%S|%r -n ${names.join(',')}`.split(' ');
      const listed: ListedJob[] = [];
      for (const cluster of clustersOf(place)) {
        const { out } = await run('squeue', [...words, ...at(cluster)]);
        const jobs = out.split('\n').flatMap(readLine);
        listed.push(...jobs.map((job) => ({ ...job, id: addressOf({ number: job.id, cluster }) })));
      }
      return listed;
    },
    inspect: (id, name) => inspect(run, id, name),
    cancel: async (id, name) => {
      const { number, cluster } = readAddress(id);
      await run('scancel', [`--name=${name}`, number, ...at(cluster)]);
    },
  };
}

/** Where a job is: `17` or `17_3`, and its cluster, unless that is the one of this machine. */
interface Address {
  readonly number: string;
  readonly cluster: string | undefined;
}

/** Reads `17;alpha`, as `sbatch --parsable` prints it. */
function readAddress(id: string): Address {
  const [number = '', cluster] = id.split(';');
  return { number, cluster };
}

const addressOf = ({ number, cluster }: Address): string =>
  cluster === undefined ? number : `${number};${cluster}`;

/** The option with which all commands ask another cluster. */
const at = (cluster: string | undefined): readonly string[] =>
  cluster === undefined ? [] : ['-M', cluster];

/** The clusters that a place names, separated by commas. */
function clustersIn(options: Place['options']): string | undefined {
  const named = options['clusters'] ?? options['cluster'];
  return typeof named === 'string' ? named : undefined;
}

/** The clusters that may take a job of the place. */
const clustersOf = ({ options }: Place): readonly (string | undefined)[] =>
  clustersIn(options)?.split(',') ?? [undefined];

/** A named partition of which every node has graphics cards, for a job that asks for none. */
async function slipsIn(run: Run, { needs }: JobRequest, place: Place): Promise<readonly string[]> {
  const { partition } = place;
  if (partition === undefined || needs.gpu > 0) return [];
  const words = ['-h', '-p', partition, '-o', '%G', ...at(clustersIn(place.options))];
  const { out } = await run('sinfo', words);
  const lines = out.split('\n').map((line) => line.trim());
  const resources = lines.filter((line) => line !== '' && !line.startsWith('CLUSTER:'));
  const haveCards = resources.length > 0 && resources.every((each) => /\bgpu\b/.test(each));
  if (!haveCards) return [];
  return [
    `every node of the partition ${partition} has graphics cards (${resources.join(', ')}), and no job of this place may ask for one: its \`gpu\` is 0`,
  ];
}

async function submit(run: Run, request: JobRequest, place: Place): Promise<string> {
  const { ok, out, error } = await run('sbatch', wordsFor(request, place));
  // A wrapper may print more, also lines that begin with a number.
  const id = out.split('\n').findLast((line) => /^\d+(;\S+)?$/.test(line));
  if (ok && id !== undefined) return id;
  const reason = ok ? `it printed no id of a job: ${out.trim()}` : error;
  throw new SubmitError(
    reasonOf(reason),
    `sbatch refused a job of the place "${place.name}": ${reason}`,
  );
}

function wordsFor(request: JobRequest, place: Place): readonly string[] {
  const { name, script, root, log, needs, seconds, workers, after = [] } = request;
  const notice = Math.min(120, Math.ceil(seconds / 10));
  const { nodes = 1, tasks = 1 } = needs;
  const option = (flag: string, value: string | undefined) =>
    value === undefined ? [] : [`--${flag}=${value}`];
  return [
    '--parsable',
    '--export=NONE',
    '--requeue',
    '--open-mode=append',
    ...option('job-name', name),
    ...option('chdir', root),
    ...option('output', log.replaceAll('%', '%%')),
    ...option('nodes', nodes > 1 ? String(nodes) : undefined),
    ...option('ntasks-per-node', nodes * tasks > 1 ? String(tasks) : undefined),
    ...option('cpus-per-task', String(Math.max(1, Math.floor(Math.ceil(needs.cpu) / tasks)))),
    ...option('mem', `${Math.ceil(needs.memory / 2 ** 20)}M`),
    ...option('gpus-per-node', needs.gpu > 0 ? String(Math.ceil(needs.gpu)) : undefined),
    ...option('time', `${Math.floor(seconds / 60)}:${seconds % 60}`),
    ...option('signal', `B:TERM@${notice}`),
    ...option('array', workers > 1 ? `0-${workers - 1}` : undefined),
    ...option('partition', place.partition),
    ...option('account', place.account),
    ...Object.entries(place.options).map(([flag, value]) =>
      value === true ? `--${flag}` : `--${flag}=${value}`,
    ),
    ...wordsToWait(after),
    script,
  ];
}

/**
 * A job waits only for jobs of its own cluster: the number of another one counts as over, or is
 * another job. So it goes to the cluster of the first, whatever its place names, and waits for
 * those of that cluster.
 */
function wordsToWait(after: readonly string[]): readonly string[] {
  const [first, ...others] = after.map(readAddress);
  if (first === undefined) return [];
  const neighbours = [first, ...others.filter(({ cluster }) => cluster === first.cluster)];
  const numbers = neighbours.map(({ number }) => number);
  // Of two options `--clusters`, the last one counts.
  const where = first.cluster === undefined ? [] : [`--clusters=${first.cluster}`];
  return [`--dependency=afterany:${numbers.join(':')}`, ...where];
}

/** What an error message of `sbatch` means. */
function reasonOf(error: string): SubmitError['why'] {
  if (finalErrors.some((pattern) => pattern.test(error))) return 'refused';
  if (
    /limit|MaxArraySize|Invalid job array|too many|MaxJobCount|temporarily unable to accept/i.test(
      error,
    )
  )
    return 'limit';
  if (
    /timed out|did not answer|Unable to contact|Connection|Socket|temporarily|slurm_receive|Zero Bytes/i.test(
      error,
    )
  ) {
    return 'contact';
  }
  return 'unknown';
}

/** Errors of `sbatch` without a controller, or without a file that says where it is. */
const noController =
  /Unable to contact slurm controller|Could not establish a configuration source|resolve_ctls/i;

/** What the place asks for is wrong, or more than any node has or the account allows. */
const finalErrors: readonly RegExp[] = [
  /invalid (partition|account|qos|wckey|feature|node name|generic resource|license|--)/i,
  /can ?not be satisfied|node configuration is not available|time limit is invalid|reservation is invalid/i,
  /not in this partition|not permitted to use this partition|PerJob|MaxWall/i,
  /unrecognized option|invalid option|there is no command/i,
];

function readLine(line: string): readonly ListedJob[] {
  const [name, id, state, startsAt, ...reason] = line.split('|');
  if (name === undefined || id === undefined || state === undefined) return [];
  const why = reason.join('|');
  return [
    {
      name,
      id,
      state,
      ...reasonIn(why),
      ...(state === 'PENDING' && startsAt !== undefined && startsAt !== 'N/A' && { startsAt }),
    },
  ];
}

/** A reason of Slurm, unless it says no more than the state. */
const reasonIn = (reason: string): { readonly reason?: string } =>
  /^(None|NonZeroExitCode|)$/.test(reason) ? {} : { reason };

async function inspect(
  run: Run,
  id: string,
  name: string,
): Promise<ReadonlyMap<string, JobState> | undefined> {
  const { number, cluster } = readAddress(id);
  const { ok, out, error } = await run('scontrol', ['-o', 'show', 'job', number, ...at(cluster)]);
  if (!ok) return /invalid job id/i.test(error) ? new Map() : undefined;
  const states = new Map<string, JobState>();
  let isAnswer = false;
  for (const line of out.split('\n')) {
    const field = (name: string) => new RegExp(`(?:^| )${name}=(\\S+)`).exec(line)?.[1];
    const state = field('JobState');
    if (state === undefined) continue;
    isAnswer = true;
    if (field('JobName') !== name) continue;
    const array = field('ArrayJobId');
    // Waiting tasks share a record. Their numbers stay joined, since they have no workers yet.
    const worker = array === undefined ? field('JobId')! : `${array}_${field('ArrayTaskId')}`;
    states.set(worker, { state, ...reasonIn(field('Reason') ?? '') });
  }
  return isAnswer ? states : undefined;
}
