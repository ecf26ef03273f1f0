import { z } from 'zod';
import type { Environment } from '../../../environment.ts';
import { runCommand } from '../../../run-command.ts';
import {
  type JobIdentity,
  type JobPhase,
  type JobRequest,
  type JobState,
  jobOf,
  type ListedJob,
  type Scheduler,
  type SchedulerForm,
  SubmitError,
} from '../../../scheduler.ts';
import { shellQuote } from '../../../shell/shell-quote.ts';

/** What a state can mean. A job that is not listed is over. */
const phases = [
  'queued',
  'running',
  'alive',
  'completed',
  'failed',
  'cancelled',
  'out of time',
  'out of memory',
  'died',
] as const satisfies readonly JobPhase[];

const templateShape = z.strictObject({
  submit: z
    .string()
    .describe(
      'Submits a job: `qsub -N ${name} -o ${log} ${script}`, with `${cpu}`, `${gpu}`, `${memoryMiB}`, `${nodes}`, `${tasks}`, `${seconds}`, `${after}`, `${array}`.',
    ),
  id: z
    .string()
    .default('(\\d+)')
    .describe(
      'A pattern whose first group is the id in a line that `submit` prints: the last line that has one counts.',
    ),
  query: z
    .string()
    .optional()
    .describe(
      'Lists the jobs of this user that are queued or run, one id as the first word of a line. `list` takes its place.',
    ),
  list: z
    .string()
    .optional()
    .describe(
      'Lists the jobs of this user, one a line: the id (`17`, or `17_3` for a worker of an array), the name, the state, and perhaps a reason.',
    ),
  states: z
    .record(z.string(), z.enum(phases))
    .default({})
    .describe(
      'What the states of `list` mean, such as `{ Q: queued, R: running }`. A job of another state is alive.',
    ),
  array: z
    .string()
    .optional()
    .describe(
      'What stands for `${array}` in `submit`, with `${workers}`: `-t 1-${workers}`. Without it, each worker is a job.',
    ),
  cancel: z.string().describe('Cancels the job `${id}`, whose name is `${name}`.'),
  after: z
    .string()
    .optional()
    .describe('What stands for `${after}` in `submit`, with `${ids}`: `-hold_jid ${ids}`.'),
});

type Template = z.infer<typeof templateShape>;

const keys = {
  template: templateShape.optional().describe('The commands of another scheduler.'),
};

/** Another scheduler, by the user's commands with `${…}`. */
export const template: SchedulerForm<typeof keys> = {
  title: 'another one by the commands of `template`',
  keys,
  missing: ({ template }) => {
    if (template === undefined) return { key: 'template', holds: 'the commands of the scheduler' };
    const isAsked = template.list !== undefined || template.query !== undefined;
    return isAsked ? undefined : { key: 'template.list', holds: 'the command that lists jobs' };
  },
  spansNodes: ({ template }) => template?.submit.includes('${nodes}') === true,
  open: (place, env) => openTemplate(place.template!, env),
  queue: (place) => JSON.stringify(place.template),
  identify,
};

/** The id of a job of Grid Engine, PBS (without the server that it names) or LSF. */
function identify(env: Environment): JobIdentity | undefined {
  const job = gridEngineJob(env) ?? pbsJob(env) ?? lsfJob(env);
  return job === undefined ? undefined : { job, restart: 0, notified: false };
}

const gridEngineJob = ({ JOB_ID: job, SGE_TASK_ID: task = 'undefined' }: Environment) =>
  job === undefined || task === 'undefined' ? job : `${job}_${task}`;

/** `17.server`, or `17[3].server` for a job of an array. */
const pbsJob = ({ PBS_JOBID: job }: Environment) =>
  job?.split('.')[0]?.replace(/\[(\d+)\]$/, '_$1');

const lsfJob = ({ LSB_JOBID: job, LSB_JOBINDEX: index = '0' }: Environment) =>
  job === undefined || index === '0' ? job : `${job}_${index}`;

/** The states where only `query` tells: it lists only jobs that are not over. */
const listed = 'LISTED';
const unlisted = 'UNLISTED';

type Shell = (command: string, cwd?: string) => ReturnType<typeof runCommand>;

function openTemplate(commands: Template, env: Environment): Scheduler {
  const shell: Shell = (command, cwd = '/') => runCommand('/bin/sh', ['-c', command], { cwd, env });
  const { states } = commands;
  return {
    hasArrays: commands.array !== undefined,
    phaseOf: ({ state }) => (state === unlisted ? 'unlisted' : (states[state] ?? 'alive')),
    submit: (request) => submit(shell, request, commands),
    describe: (request) => commandFor(request, commands),
    list: async (names) => {
      const jobs = readList((await askList(shell, commands)) ?? '');
      return jobs.filter(({ name }) => names.includes(name));
    },
    inspect: (id, name) =>
      commands.list === undefined
        ? inspectByQuery(shell, commands, id)
        : inspectByList(shell, commands, { id, name }),
    cancel: async (id, name) => {
      await shell(filled(commands.cancel, { id, name }));
    },
  };
}

/** What `list` prints; undefined without that command, or without an answer. */
async function askList(shell: Shell, { list }: Template): Promise<string | undefined> {
  if (list === undefined) return undefined;
  const { ok, out } = await shell(list);
  return ok ? out : undefined;
}

/** The jobs in what `list` prints. A line of fewer than three words is none. */
function readList(out: string): readonly ListedJob[] {
  return out.split('\n').flatMap((line) => {
    const [, id, name, state, reason = ''] =
      /^\s*(\S+)\s+(\S+)\s+(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
    if (id === undefined || name === undefined || state === undefined) return [];
    return [{ id, name, state, ...(reason !== '' && { reason }) }];
  });
}

/** An empty list may be a fault of the list; one without the job says that the job is over. */
async function inspectByList(
  shell: Shell,
  commands: Template,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<ReadonlyMap<string, JobState> | undefined> {
  const out = await askList(shell, commands);
  if (out === undefined) return undefined;
  if (out.trim() === '') return new Map([[id, { state: unlisted }]]);
  const ours = readList(out).filter((job) => jobOf(job.id) === id && job.name === name);
  return new Map(
    ours.map(({ id, state, reason }) => [id, { state, ...(reason !== undefined && { reason }) }]),
  );
}

async function inspectByQuery(
  shell: Shell,
  { query = '' }: Template,
  id: string,
): Promise<ReadonlyMap<string, JobState> | undefined> {
  const { ok, out } = await shell(query);
  if (!ok) return undefined;
  const ids = out.split('\n').flatMap((line) => /^\s*([^\s.]+)/.exec(line)?.[1] ?? []);
  if (ids.length > 0 && !ids.includes(id)) return new Map();
  return new Map([[id, { state: ids.length === 0 ? unlisted : listed }]]);
}

/** The command that submits a job. Throws a {@link SubmitError} if it cannot wait for others. */
function commandFor(request: JobRequest, commands: Template): string {
  const { name, script, log, needs, seconds, workers, after = [] } = request;
  const waits = after.length === 0 ? '' : filled(commands.after ?? '', { ids: after.join(',') });
  if (after.length > 0 && commands.after === undefined) {
    const message =
      'The template of this place has no `after`, which says how a job waits for others.';
    throw new SubmitError('refused', message);
  }
  const array = workers > 1 ? filled(commands.array ?? '', { workers }) : '';
  return filled(commands.submit, {
    name,
    script,
    log,
    seconds,
    cpu: Math.ceil(needs.cpu),
    gpu: Math.ceil(needs.gpu),
    memoryMiB: Math.ceil(needs.memory / 2 ** 20),
    nodes: needs.nodes ?? 1,
    tasks: needs.tasks ?? 1,
  })
    .replaceAll('${after}', () => waits)
    .replaceAll('${array}', () => array);
}

async function submit(shell: Shell, request: JobRequest, commands: Template): Promise<string> {
  const { ok, out, error } = await shell(commandFor(request, commands), request.root);
  const pattern = new RegExp(commands.id);
  // Above it there may be a banner, with numbers of its own.
  const [id] = out
    .split('\n')
    .flatMap((line) => pattern.exec(line)?.[1] ?? [])
    .slice(-1);
  if (ok && id !== undefined) return id;
  const why = ok || /not found|there is no command/i.test(error) ? 'refused' : 'unknown';
  const printed = error || out.trim() || 'it printed no id';
  throw new SubmitError(
    /limit|too many|exceed/i.test(error) ? 'limit' : why,
    `The scheduler refused a job: ${printed}`,
  );
}

const filled = (command: string, values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values).reduce((text, [name, value]) => {
    return text.replaceAll(`\${${name}}`, () => shellQuote(String(value)));
  }, command);
