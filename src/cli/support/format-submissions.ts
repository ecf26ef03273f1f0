import { groupBy } from '../../group-by.ts';
import type { SubmissionPlan } from '../../project/jobs/plan-submissions.ts';

type Submission = SubmissionPlan['submissions'][number];

/**
 * The commands and scripts that a run would submit, as shell text whose comments name the stages.
 * Each script stands once, behind the commands that submit it.
 */
export function formatSubmissions({ submissions, here, onHosts, unknown }: SubmissionPlan): string {
  const legend =
    submissions.length === 0
      ? ['# A run would submit nothing.']
      : [
          '# What a run would submit; no scheduler was asked. Each line below names the stages of one',
          '# submission, by the command that follows. BATCH stands for the id that a run gives it.',
        ];
  const others = [
    ...without('on this machine, without a submission', here),
    ...Array.from(onHosts, ([place, stages]) =>
      without(`${place}, over ssh, without a scheduler and a submission`, stages),
    ).flat(),
    ...without('what it asks for is known once its list is made', unknown),
  ];
  const byScript = groupBy(submissions, ({ script }) => script);
  const blocks = Array.from(byScript.values(), (alike) => {
    const { request, script } = alike[0]!;
    return [...alike.map(formatCommand), `# ${request.script}\n${script.trimEnd()}`];
  });
  return [[...legend, ...others].join('\n'), ...blocks.flat()]
    .map((block) => `${block}\n`)
    .join('\n');
}

const without = (why: string, stages: readonly string[]): readonly string[] =>
  stages.length === 0 ? [] : [`# ${why}: ${stages.join(', ')}`];

function formatCommand({ place, batches, jobs, request, command }: Submission): string {
  const times = jobs === 1 ? '' : `, ${jobs} times`;
  const lines = batches.map((stages) => `# ${place}${times}: ${stages.join(', ')}`);
  return [...lines, formatAsked(command, request)].join('\n');
}

function formatAsked(command: Submission['command'], request: Submission['request']): string {
  if (typeof command === 'string') return command;
  if (command !== undefined) return `# refused: ${command.refused}`;
  return `# its scheduler shows no command; it is asked for ${JSON.stringify(request)}`;
}
