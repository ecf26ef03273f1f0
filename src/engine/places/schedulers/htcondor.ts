import { z } from 'zod';
import { type Environment, ownVariables } from '../../../environment.ts';
import { type CommandOutput, runCommand } from '../../../run-command.ts';
import {
  type JobIdentity,
  type JobRequest,
  type PlaceKeys,
  type Scheduler,
  type SchedulerForm,
  SubmitError,
} from '../../../scheduler.ts';
import { shellQuote } from '../../../shell/shell-quote.ts';
import {
  type JobAd,
  jobAd,
  passingHolds,
  phaseOf,
  stateOf,
  timeIsOver,
} from './htcondor-states.ts';
import { schedulerOptions } from './scheduler-options.ts';

const keys = { options: schedulerOptions };

type Place = PlaceKeys<typeof keys>;

/**
 * HTCondor, by its commands. A job is a cluster of processes, `17` with `17.0`, `17.1` and so on,
 * whose workers are `17_0`, `17_1`.
 */
export const htcondor: SchedulerForm<typeof keys> = {
  title: 'HTCondor',
  keys,
  program: { name: 'HTCondor', command: 'condor_version', asks: [] },
  open: openHtcondor,
  queue: () => '',
  identify,
};

/** HTCondor tells a job its number only in a file, so the job's own first line exports it. */
function identify(env: Environment): JobIdentity | undefined {
  const [, job, starts] = /^(\d+_\d+) (\d+)$/.exec(env[ownVariables.job] ?? '') ?? [];
  if (job === undefined) return undefined;
  return { job, restart: Math.max(0, Number(starts) - 1), notified: false };
}

type Run = (program: string, args: readonly string[], input?: string) => Promise<CommandOutput>;

function openHtcondor(place: Place, env: Environment): Scheduler {
  const run: Run = (program, args, input = '') => runCommand(program, args, { env, input });
  return {
    hasArrays: true,
    phaseOf,
    submit: (request) => submit(run, request, place, env),
    wouldTake: (request) => wouldTake(run, request),
    describe: (request) =>
      `condor_submit -terse - <<'END'\n${descriptionOf(request, place, env)}END`,
    list: async (names) => {
      const isOurs = `member(JobBatchName, ${listOf(names)})`;
      const queued = (await askQueue(run, ['-constraint', isOurs])) ?? [];
      const known = new Set(queued.map(({ JobBatchName }) => JobBatchName));
      const others = names.filter((name) => !known.has(name));
      const ended = others.length === 0 ? [] : await askHistory(run, others);
      return [
        ...queued.map((ad) => ({ ...named(ad), ...stateOf(ad, true) })),
        ...ended.map((ad) => ({ ...named(ad), ...stateOf(ad, false) })),
      ];
    },
    inspect: (id, name) => inspect(run, id, name),
    cancel: async (id, name) => {
      await run('condor_rm', ['-constraint', `${isJob(id)} && JobBatchName == ${quoted(name)}`]);
    },
  };
}

const named = ({ JobBatchName, ClusterId, ProcId }: JobAd) => ({
  name: JobBatchName,
  id: `${ClusterId}_${ProcId}`,
});

/** The expression that holds of a job, `17`, or of one of its workers, `17_3`. */
function isJob(id: string): string {
  const [cluster, process] = id.split('_');
  const isCluster = `ClusterId == ${Number(cluster)}`;
  return process === undefined ? isCluster : `${isCluster} && ProcId == ${Number(process)}`;
}

/** A text in HTCondor's expressions. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
const listOf = (names: readonly string[]): string => `{${names.map(quoted).join(', ')}}`;

const asJson = ['-json', '-attributes', Object.keys(jobAd.shape).join(',')];

/** The jobs of the queue that some words select; undefined without an answer. */
async function askQueue(run: Run, words: readonly string[]): Promise<readonly JobAd[] | undefined> {
  const { ok, out } = await run('condor_q', [...words, ...asJson]);
  return ok ? readAds(out) : undefined;
}

/** How many of the jobs that ended last are looked through for those of a name, or of a number. */
const lastEnded = 2_000;
const longAgo = 100_000;

/** The jobs with these names among those that ended last. */
async function askHistory(run: Run, names: readonly string[]): Promise<readonly JobAd[]> {
  const words = ['-constraint', `member(JobBatchName, ${listOf(names)})`];
  const limit = ['-scanlimit', String(lastEnded)];
  return readAds((await run('condor_history', [...words, ...limit, ...asJson])).out) ?? [];
}

/**
 * Reads the list of jobs that a command printed, perhaps below a banner. Without any job,
 * `condor_q` may print nothing at all.
 */
function readAds(out: string): readonly JobAd[] | undefined {
  if (out.trim() === '') return [];
  const begin = /^\[\s*$/m.exec(out)?.index;
  if (begin === undefined) return undefined;
  try {
    return z.array(jobAd).parse(JSON.parse(out.slice(begin)));
  } catch {
    return undefined;
  }
}

/** Jobs that have ended are in the history, and not in the queue. */
async function inspect(run: Run, id: string, name: string) {
  const ofName = ({ JobBatchName }: JobAd) => JobBatchName === name;
  const listed = await askQueue(run, ['-constraint', isJob(id)]);
  if (listed === undefined) return undefined;
  const words = ['-constraint', isJob(id), '-scanlimit', String(longAgo), ...asJson];
  const ended = readAds((await run('condor_history', words)).out) ?? [];
  return new Map([
    ...ended.filter(ofName).map((ad) => [named(ad).id, stateOf(ad, false)] as const),
    ...listed.filter(ofName).map((ad) => [named(ad).id, stateOf(ad, true)] as const),
  ]);
}

async function submit(run: Run, request: JobRequest, place: Place, env: Environment) {
  const description = descriptionOf(request, place, env);
  const { ok, out, error } = await run('condor_submit', ['-terse', '-'], description);
  // The first and the last process of the cluster; a wrapper may print more.
  const range = out.split('\n').findLast((line) => /^\d+\.\d+ - \d+\.\d+$/.test(line));
  if (ok && range !== undefined) return range.split('.')[0]!;
  const reason = ok ? `it printed no number of a job: ${out.trim()}` : error;
  throw new SubmitError(
    reasonOf(reason),
    `condor_submit refused a job of the place "${place.name}": ${reason}`,
  );
}

/** What an error message of `condor_submit` means. */
function reasonOf(error: string): SubmitError['why'] {
  if (/MAX_JOBS|would exceed/i.test(error)) return 'limit';
  if (/failed to connect|can't find address|did not answer|timed out|CEDAR:|SECMAN:/i.test(error))
    return 'contact';
  if (/parse error|not allowed|invalid|on line \d+|there is no command/i.test(error))
    return 'refused';
  return 'unknown';
}

/** The submit description of a job, one `key = value` a line. */
function descriptionOf(request: JobRequest, place: Place, env: Environment): string {
  const { name, needs, seconds, workers, submits = false } = request;
  const isOver = `JobStatus == 2 && time() - JobCurrentStartExecutingDate > ${seconds}`;
  const limit = {
    periodic_hold: isOver,
    periodic_hold_reason: '"its time is over"',
    periodic_hold_subcode: timeIsOver,
  };
  const lines: Readonly<Record<string, string | number | boolean>> = {
    // Machines that run jobs often may not submit any; the one with the queue may.
    universe: submits ? 'local' : 'vanilla',
    executable: '/bin/sh',
    transfer_executable: false,
    should_transfer_files: 'NO',
    arguments: `"-c ${argument(programOf(request, env))}"`,
    batch_name: name,
    request_cpus: Math.ceil(needs.cpu),
    request_memory: Math.ceil(needs.memory / 2 ** 20),
    ...(needs.gpu > 0 && { request_gpus: Math.ceil(needs.gpu) }),
    ...(!submits && limit),
    periodic_remove: `JobStatus == 5 && !member(HoldReasonCode, {${passingHolds.join(', ')}})`,
    ...place.options,
  };
  const text = Object.entries(lines).map(
    ([key, value]) => `${key} = ${String(value).replaceAll('\n', ' ')}\n`,
  );
  return `${text.join('')}queue ${workers}\n`;
}

/** One argument in HTCondor's newer syntax, in which the whole list stands in double quotes. */
const argument = (text: string): string => `'${text.replaceAll("'", "''").replaceAll('"', '""')}'`;

/** A value for the shell. HTCondor replaces `$(…)` and `$$(…)`, so no `$` stands before these. */
const word = (value: string): string => shellQuote(value).replaceAll(/\$(?!'')/g, () => "$''");

/** Seconds between two looks of a step at the jobs that must end before it begins. */
const wait = 5;

/** The shell line that a job runs: it tells the job its number, and appends what it prints. */
function programOf({ script, log, needs, after = [], submits }: JobRequest, env: Environment) {
  const { HOME, PATH, CONDOR_CONFIG } = env;
  const variables = submits === true ? { HOME, PATH, CONDOR_CONFIG } : { HOME };
  const exports = Object.entries(variables).flatMap(([variable, value]) =>
    value === undefined ? [] : [`export ${variable}=${word(value)}`],
  );
  const starts = '`sed -n "s/^NumShadowStarts = //p" "$_CONDOR_JOB_AD"`';
  const waiting =
    after.length === 0
      ? []
      : [
          `until left=\`condor_q ${after.join(' ')} -af ClusterId\` && test -z "$left"; do sleep ${wait}; done`,
        ];
  return [
    ...exports,
    'export PATH',
    `export ${ownVariables.job}="$(Cluster)_$(Process) ${starts}"`,
    // HTCondor names a card that does not exist where a job has none.
    ...(needs.gpu > 0 ? [] : ['export CUDA_VISIBLE_DEVICES=']),
    ...waiting,
    `exec ${word(script)} >> ${word(log)} 2>&1`,
  ].join('; ');
}

/** Whether a machine is large enough, by its whole size: it may be busy now. */
async function wouldTake(run: Run, { needs }: JobRequest) {
  const { cpu, gpu, memory } = needs;
  const isLarge = [
    `TotalSlotCpus >= ${Math.ceil(cpu)}`,
    `TotalSlotMemory >= ${Math.ceil(memory / 2 ** 20)}`,
    `(TotalSlotGPUs ?: 0) >= ${Math.ceil(gpu)}`,
  ].join(' && ');
  const { ok, out, error } = await run('condor_status', ['-constraint', isLarge, '-af', 'Machine']);
  if (!ok) return { ok, words: error };
  const machines = new Set(out.split('\n').filter(Boolean)).size;
  if (machines === 0) return { ok: false, words: 'no machine of the pool has as much' };
  const has =
    machines === 1 ? '1 machine of the pool has' : `${machines} machines of the pool have`;
  return { ok, words: `${has} as much` };
}
