import { z } from 'zod';
import type { Environment } from '../../../environment.ts';
import { type CommandOutput, runCommand } from '../../../run-command.ts';
import {
  type JobIdentity,
  type JobRequest,
  type JobState,
  type ListedJob,
  type PlaceKeys,
  type Scheduler,
  type SchedulerForm,
  SubmitError,
} from '../../../scheduler.ts';
import { shellCommand } from '../../../shell/shell-quote.ts';
import { endedJobs, errorReasons, phaseOf, queuedJobs } from './grid-engine-states.ts';
import { schedulerOptions } from './scheduler-options.ts';

const keys = {
  options: schedulerOptions,
  parallelEnvironment: z
    .string()
    .optional()
    .describe('The parallel environment of Grid Engine that gives several cores of one machine.'),
  memoryResource: z
    .string()
    .optional()
    .describe(
      'The resource of Grid Engine in which a job asks for memory, for each core, such as `mem_free`; without it, a job asks for none.',
    ),
  gpuResource: z
    .string()
    .optional()
    .describe('The resource of Grid Engine in which a job asks for graphics cards.'),
};

type Place = PlaceKeys<typeof keys>;

/**
 * Grid Engine, by its commands. The tasks of an array job `17` are its workers, `17_1`, `17_2` and
 * so on.
 */
export const gridengine: SchedulerForm<typeof keys> = {
  title: 'Grid Engine',
  keys,
  program: { name: 'Grid Engine', command: 'qstat', asks: ['-help'] },
  open: openGridEngine,
  queue: () => '',
  identify,
};

/** `man qsub`: `RESTARTED` says whether a job was started before, and not how often. */
function identify(env: Environment): JobIdentity | undefined {
  const { JOB_ID: job, SGE_TASK_ID: task, RESTARTED: restarted } = env;
  if (job === undefined || task === undefined) return undefined;
  return {
    job: task === 'undefined' ? job : `${job}_${task}`,
    restart: restarted === '1' ? 1 : 0,
    notified: false,
  };
}

type Run = (program: string, args: readonly string[]) => Promise<CommandOutput>;

function openGridEngine(place: Place, env: Environment): Scheduler {
  const run: Run = (program, args) => runCommand(program, args, { env });
  return {
    hasArrays: true,
    phaseOf,
    submit: (request) => submit(run, request, place),
    wouldTake: async (request) => {
      const { ok, out, error } = await run('qsub', ['-w', 'v', ...wordsFor(request, place)]);
      return { ok, words: (ok ? out : messageIn(error)).trim() };
    },
    describe: (request) => shellCommand('qsub', wordsFor(request, place)),
    list: async (names) => {
      const jobs = (await askQueue(run)) ?? [];
      return jobs.filter(({ name }) => names.includes(name));
    },
    inspect: (id, name) => inspect(run, id, name),
    cancel: (id, name) => cancel(run, id, name),
  };
}

/**
 * The jobs that wait or run, with the reasons of those in an error; undefined without an answer.
 */
async function askQueue(run: Run): Promise<readonly ListedJob[] | undefined> {
  const { ok, out } = await run('qstat', ['-xml']);
  const jobs = ok ? queuedJobs(out) : undefined;
  const failing = (jobs ?? []).filter(({ state }) => state.includes('E'));
  if (jobs === undefined || failing.length === 0) return jobs;
  const ids = [...new Set(failing.map(({ id }) => numberOf(id)))];
  const reasons = errorReasons((await run('qstat', ['-j', ids.join(',')])).out);
  return jobs.map((job) => {
    const reason = job.state.includes('E') ? reasons.get(numberOf(job.id)) : undefined;
    return reason === undefined ? job : { ...job, reason };
  });
}

/** `17` of `17_3`. */
const numberOf = (id: string): string => id.split('_')[0]!;

/** Jobs that have ended are in the accounting, and not in the queue. */
async function inspect(
  run: Run,
  id: string,
  name: string,
): Promise<ReadonlyMap<string, JobState> | undefined> {
  const queue = await askQueue(run);
  if (queue === undefined) return undefined;
  const listed = queue.filter((job) => numberOf(job.id) === id && job.name === name);
  // A job in an error waits until somebody clears it. Its stage goes on elsewhere, so it must not.
  if (listed.some((job) => phaseOf(job) === 'failed')) await run('qdel', [id]);
  const accounting = await run('qacct', ['-j', id]);
  const ended = accounting.ok ? endedJobs(accounting.out) : [];
  const ofName = [...ended.filter((job) => job.name === name), ...listed];
  return new Map(
    ofName.map(({ id, state, reason }) => [id, { state, ...(reason !== undefined && { reason }) }]),
  );
}

/** Grid Engine deletes by number alone, so the name is looked up before. */
async function cancel(run: Run, id: string, name: string): Promise<void> {
  const queue = (await askQueue(run)) ?? [];
  const [number = '', task] = id.split('_');
  if (!queue.some((job) => numberOf(job.id) === number && job.name === name)) return;
  await run('qdel', [number, ...(task === undefined ? [] : ['-t', task])]);
}

async function submit(run: Run, request: JobRequest, place: Place): Promise<string> {
  const { ok, out, error } = await run('qsub', wordsFor(request, place));
  // A wrapper may print more, also lines that begin with a number.
  const id = out.split('\n').findLast((line) => /^\d+(\.\d+-\d+:\d+)?$/.test(line));
  if (ok && id !== undefined) return id.split('.')[0]!;
  const reason = ok ? `it printed no number of a job: ${out.trim()}` : messageIn(error);
  throw new SubmitError(
    reasonOf(reason),
    `qsub refused a job of the place "${place.name}": ${reason}`,
  );
}

const messageIn = (error: string): string =>
  error.replace(/^Unable to run job: /, '').replace(/;? ?Exiting\.$/, '');

/** What an error message of `qsub` means. */
function reasonOf(error: string): SubmitError['why'] {
  if (/jobs are allowed|exceeds? (the )?limit|max_u_jobs|max_jobs/i.test(error)) return 'limit';
  if (/contact qmaster|commlib|did not answer|got no connection|timed? ?out/i.test(error))
    return 'contact';
  if (/unknown|rejected|denied|does not exist|no suitable|invalid|there is no command/i.test(error))
    return 'refused';
  return 'unknown';
}

/** An option of `qsub`; true for one without a value. */
const option = (flag: string, value: string | number | boolean): readonly string[] =>
  value === true ? [`-${flag}`] : [`-${flag}`, String(value)];

/** The words of `qsub`. Throws a `SubmitError` for what the place does not say how to ask for. */
function wordsFor(request: JobRequest, place: Place): readonly string[] {
  const { name, script, root, log, needs, seconds, workers, after = [] } = request;
  const { parallelEnvironment, memoryResource, gpuResource } = place;
  const slots = Math.ceil(needs.cpu);
  const refuse = (what: string, key: string) =>
    new SubmitError(
      'refused',
      `A job of the place "${place.name}" asks for ${what}: set its \`${key}\``,
    );
  if (slots > 1 && parallelEnvironment === undefined)
    throw refuse(`${slots} cores`, 'parallelEnvironment');
  if (needs.gpu > 0 && gpuResource === undefined) throw refuse('graphics cards', 'gpuResource');
  const memory = `${Math.ceil(needs.memory / slots / 2 ** 20)}M`;
  const resources = [
    `h_rt=${seconds}`,
    ...(memoryResource === undefined ? [] : [`${memoryResource}=${memory}`]),
    ...(needs.gpu > 0 ? [`${gpuResource}=${Math.ceil(needs.gpu)}`] : []),
  ];
  return [
    '-terse',
    ...option('r', 'y'),
    ...option('C', ''),
    ...option('j', 'y'),
    ...option('S', '/bin/sh'),
    ...option('N', name),
    ...option('wd', root),
    ...option('o', log),
    ...option('l', resources.join(',')),
    ...(slots > 1 ? ['-pe', parallelEnvironment!, String(slots)] : []),
    ...(workers > 1 ? option('t', `1-${workers}`) : []),
    ...(after.length > 0 ? option('hold_jid', after.join(',')) : []),
    ...Object.entries(place.options).flatMap(([flag, value]) => option(flag, value)),
    script,
  ];
}
