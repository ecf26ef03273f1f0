import { z } from 'zod';
import type { Environment } from '../../../environment.ts';
import { shellQuote } from '../../../shell/shell-quote.ts';
import { runCommand } from './run-command.ts';
import {
  type JobIdentity,
  type JobRequest,
  type Scheduler,
  type SchedulerForm,
  SubmitError,
} from './scheduler.ts';

const templateShape = z.strictObject({
  submit: z
    .string()
    .describe(
      'Submits a job: `qsub -N ${name} -o ${log} ${script}`, with `${cpu}`, `${gpu}`, `${memoryMiB}`, `${seconds}`, `${after}`.',
    ),
  id: z
    .string()
    .default('(\\d+)')
    .describe(
      'A pattern whose first group is the id in a line that `submit` prints: the last line that has one counts.',
    ),
  query: z
    .string()
    .describe(
      'Lists the jobs of this user that are queued or run, one id as the first word of a line.',
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

/** Another scheduler, by the user's commands with `${…}`. Each worker is a job of its own. */
export const template: SchedulerForm<typeof keys> = {
  title: 'another one by the commands of `template`',
  keys,
  missing: (place) =>
    place.template === undefined
      ? { key: 'template', holds: 'the commands of the scheduler' }
      : undefined,
  open: (place, env) => openTemplate(place.template!, env),
  queue: (place) => JSON.stringify(place.template),
  identify,
};

/** The id of a job of Grid Engine, PBS (without the server that it names) or LSF. */
function identify(env: Environment): JobIdentity | undefined {
  const job = env['JOB_ID'] ?? env['PBS_JOBID']?.split('.')[0] ?? env['LSB_JOBID'];
  return job === undefined ? undefined : { job, restart: 0, notified: false };
}

/** The states, which `query` tells: it lists only jobs that are not over. */
const listed = 'LISTED';
const unlisted = 'UNLISTED';

type Shell = (command: string, cwd?: string) => ReturnType<typeof runCommand>;

function openTemplate(commands: Template, env: Environment): Scheduler {
  const shell: Shell = (command, cwd = '/') => runCommand('/bin/sh', ['-c', command], { cwd, env });
  return {
    hasArrays: false,
    phaseOf: ({ state }) => (state === unlisted ? 'unlisted' : 'alive'),
    submit: (request) => submit(shell, request, commands),
    list: async () => [],
    inspect: async (id) => {
      const { ok, out } = await shell(commands.query);
      if (!ok) return undefined;
      const ids = out.split('\n').flatMap((line) => /^\s*([^\s.]+)/.exec(line)?.[1] ?? []);
      if (ids.length > 0 && !ids.includes(id)) return new Map();
      return new Map([[id, { state: ids.length === 0 ? unlisted : listed }]]);
    },
    cancel: async (id, name) => {
      await shell(filled(commands.cancel, { id, name }));
    },
  };
}

async function submit(shell: Shell, request: JobRequest, commands: Template): Promise<string> {
  const { name, script, log, needs, seconds, after = [] } = request;
  const waits = after.length === 0 ? '' : filled(commands.after ?? '', { ids: after.join(',') });
  if (after.length > 0 && commands.after === undefined) {
    const message =
      'The template of this place has no `after`, which says how a job waits for others.';
    throw new SubmitError('refused', message);
  }
  const command = filled(commands.submit, {
    name,
    script,
    log,
    seconds,
    cpu: Math.ceil(needs.cpu),
    gpu: Math.ceil(needs.gpu),
    memoryMiB: Math.ceil(needs.memory / 2 ** 20),
  }).replaceAll('${after}', () => waits);
  const { ok, out, error } = await shell(command, request.root);
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
