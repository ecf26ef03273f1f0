import { formatCountOf } from '../../format-numbers.ts';
import { cancelJobs } from '../../project/jobs/cancel-jobs.ts';
import { listJobs, type StageJobs } from '../../project/jobs/list-jobs.ts';
import type { OpenedProject } from '../../project/opened-project.ts';
import { formatTable } from '../../reporting/terminal/text-layout.ts';
import { UsageError } from '../../user-error.ts';
import { print } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

export async function jobsCommand(action: string | undefined): Promise<void> {
  if (action === undefined) await list(openHere());
  else if (action === 'cancel') await cancel(openHere());
  else throw new UsageError(`jobs takes "cancel" or nothing, not "${action}"`);
}

const columns = ['job', 'place', 'state', 'stages', 'on', 'waited for by'];

async function list(project: OpenedProject): Promise<void> {
  const { jobs, ends, forgetEnded } = await listJobs(project);
  const rows = jobs.map((job) =>
    job.type === 'stages'
      ? rowOf(job)
      : [job.ids.join(', '), job.place, job.state, 'a step of a detached run', '', ''],
  );
  const lines = rows.length === 0 ? ['No jobs are queued or running.'] : formatTable(columns, rows);
  const last = ends.flatMap(({ isTaken, lastLine, output }) => {
    const title = isTaken ? 'The last step of a detached run' : 'A step of a detached run ended';
    return ['', `${title}: ${lastLine === '' ? 'it printed nothing' : lastLine}`, `  ${output}`];
  });
  print([...lines, ...last].join('\n'));
  forgetEnded();
}

function rowOf({ ids, place, state, running, stages, hosts, waiters }: StageJobs) {
  const others = stages.length > 1 ? ` and ${formatCountOf(stages.length - 1, 'other')}` : '';
  const waiting = waiters.map(({ pid, host }) => `${pid} on ${host}`);
  return [
    ids.join(', ') || 'not submitted',
    place,
    running > 0 ? `${running} running` : state,
    `${stages[0]!}${others}`,
    hosts.join(', '),
    waiting.join(', ') || 'nobody',
  ];
}

async function cancel(project: OpenedProject): Promise<void> {
  const { cancelled, kept } = await cancelJobs(project);
  const others =
    kept === 0 ? '' : `; ${formatCountOf(kept, 'other')} stay, since a run waits for them`;
  print(`Cancelled ${formatCountOf(cancelled, 'batch', 'batches')} of jobs${others}.`);
}
