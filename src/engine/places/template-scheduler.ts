import { shellQuote } from '../../shell/shell-quote.ts';
import type { PlaceSpec } from '../config/places.ts';
import { type JobRequest, runCommand, type Scheduler, SubmitError, unlisted } from './scheduler.ts';

type Template = NonNullable<PlaceSpec['template']>;

/** Another scheduler, by the user's commands with `${…}`. Each worker is a job of its own. */
export function templateScheduler(template: Template): Scheduler {
  return {
    hasArrays: false,
    submit: (request) => submit(request, template),
    list: async () => [],
    inspect: async (id) => {
      const { ok, out } = await shell(template.query);
      if (!ok) return undefined;
      const all = out.split('\n').flatMap((line) => /^\s*([^\s.]+)/.exec(line)?.[1] ?? []);
      if (all.length > 0 && !all.includes(id)) return new Map();
      return new Map([[id, { state: all.length === 0 ? unlisted : 'LISTED' }]]);
    },
    cancel: async (id, name) => {
      await shell(filled(template.cancel, { id, name }));
    },
  };
}

async function submit(request: JobRequest, template: Template): Promise<string> {
  const { name, script, log, needs, seconds, after = [] } = request;
  const waits = after.length === 0 ? '' : filled(template.after ?? '', { ids: after.join(',') });
  if (after.length > 0 && template.after === undefined) {
    const message =
      'The template of this place has no `after`, which says how a job waits for others.';
    throw new SubmitError('refused', message);
  }
  const command = filled(template.submit, {
    name,
    script,
    log,
    seconds,
    cpu: Math.ceil(needs.cpu),
    gpu: Math.ceil(needs.gpu),
    memoryMiB: Math.ceil(needs.memory / 2 ** 20),
  }).replaceAll('${after}', () => waits);
  const { ok, out, error } = await shell(command, request.root);
  const pattern = new RegExp(template.id);
  // Above it there may be a banner, with numbers of its own.
  const [id] = out
    .split('\n')
    .flatMap((line) => pattern.exec(line)?.[1] ?? [])
    .slice(-1);
  if (ok && id !== undefined) return id;
  const why = ok || /not found|there is no command/i.test(error) ? 'refused' : 'unknown';
  const said = error || out.trim() || 'it printed no id';
  throw new SubmitError(
    /limit|too many|exceed/i.test(error) ? 'limit' : why,
    `The scheduler refused a job: ${said}`,
  );
}

const shell = (command: string, cwd?: string) => runCommand('/bin/sh', ['-c', command], cwd);

const filled = (command: string, values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values).reduce((text, [name, value]) => {
    return text.replaceAll(`\${${name}}`, () => shellQuote(String(value)));
  }, command);
