import { basename, join } from 'node:path';
import { cacheOf } from '../../engine/files/cache-paths.ts';
import { readEnd } from '../../engine/files/read-part.ts';
import { isTaken, readStep, type Step, take } from '../../engine/places/advance.ts';
import { type Batch, BatchFolder } from '../../engine/places/batch-folder.ts';
import { loadPlaces } from '../../engine/places/place-file.ts';
import {
  describeState,
  isFinal,
  type ListedJob,
  type Scheduler,
} from '../../engine/places/schedulers/scheduler.ts';
import { openScheduler } from '../../engine/places/schedulers/schedulers.ts';
import { nameOf } from '../../engine/places/submitter.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { orThrow } from '../../project/pipeline-error.ts';
import { formatTable } from '../../reporting/terminal/text.ts';
import { describeError, UsageError } from '../../user-error.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';

const columns = ['job', 'place', 'state', 'stages', 'on', 'waited for by'];

interface OpenStep extends Step {
  readonly folder: string;
  /** The name of its jobs. */
  readonly name: string;
}

interface OpenBatch {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  /** Indices of its tickets that have not ended. */
  readonly open: readonly number[];
}

export async function jobsCommand(action: string | undefined): Promise<void> {
  if (action !== undefined && action !== 'cancel')
    throw new UsageError(`jobs takes "cancel" or nothing, not "${action}"`);
  const root = currentRoot();
  const cache = cacheOf(root);
  const places = orThrow(loadPlaces(root));
  const schedulerFor = (place: string) => {
    const spec = places.byName.get(place);
    return spec && openScheduler(spec, process.env);
  };
  const batches = openBatches(cache);
  const steps = BatchFolder.steps(cache).flatMap((folder) => {
    const step = readStep(folder);
    return step === undefined ? [] : [{ ...step, folder, name: `restage-${basename(folder)}` }];
  });
  const open = steps.filter(({ folder }) => !isTaken(folder));
  if (action === 'cancel') return await cancel(batches, open, schedulerFor);
  const jobs = [
    ...batches.map(({ folder, batch }) => ({ place: batch.place, name: nameOf(folder) })),
    ...open,
  ];
  const live: ListedJob[] = [];
  const over = new Set<string>();
  for (const place of new Set(jobs.map(({ place }) => place))) {
    const names = jobs.filter((job) => job.place === place).map(({ name }) => name);
    const scheduler = schedulerFor(place);
    for (const job of (await scheduler?.list(names)) ?? []) {
      if (isFinal(scheduler!.phaseOf(job))) over.add(job.name);
      else live.push(job);
    }
  }
  const stateOf = (wanted: string): string => {
    const job = live.find(({ name }) => name === wanted);
    if (job !== undefined) return describeState(job);
    return over.has(wanted) ? 'ended' : 'not listed';
  };
  const abandoned = new Set<OpenStep>();
  for (const step of open) if (await isOver(step, schedulerFor(step.place))) abandoned.add(step);
  const rows = [
    ...batches.map((batch) => rowOf(batch, stateOf)),
    ...open.map((step) => [
      step.jobs.join(', '),
      step.place,
      abandoned.has(step) ? 'ended' : stateOf(step.name),
      'a step of a detached run',
      '',
      '',
    ]),
  ];
  const lines = rows.length === 0 ? ['No jobs are queued or running.'] : formatTable(columns, rows);
  const last = steps.findLast(({ folder }) => isTaken(folder));
  const ends = [
    ...(last === undefined ? [] : lastLine('The last step of a detached run', last)),
    ...[...abandoned].flatMap((step) => lastLine('A step of a detached run ended', step)),
  ];
  print([...lines, ...ends].join('\n'));
  for (const { folder } of abandoned) take(folder); // it was shown, and nobody else will take it
}

/**
 * Whether the scheduler knows that all jobs of a step are over, so that nobody takes it any more.
 */
async function isOver(
  { jobs, name }: OpenStep,
  scheduler: Scheduler | undefined,
): Promise<boolean> {
  for (const id of jobs) {
    const states = await scheduler?.inspect(id, name);
    if (scheduler === undefined || states === undefined) return false;
    if (![...states.values()].every((job) => isFinal(scheduler.phaseOf(job)))) return false;
  }
  return jobs.length > 0;
}

/** The last line that a step printed, and where the others are. */
function lastLine(title: string, { folder }: OpenStep): readonly string[] {
  const output = join(folder, 'output');
  const line = readEnd(output, 4096).trim().split('\n').at(-1)!;
  return ['', `${title}: ${line === '' ? 'it printed nothing' : line}`, `  ${output}`];
}

function openBatches(cache: string): readonly OpenBatch[] {
  return BatchFolder.all(cache).flatMap((folder) => {
    const batch = folder.batch();
    if (batch === undefined) return [];
    try {
      folder.checkOwner();
    } catch (error) {
      warnOnStderr(describeError(error));
      return [];
    }
    const ended = folder.ended();
    const open = [...batch.tickets.keys()].filter((index) => !ended.has(index));
    return open.length === 0 ? [] : [{ folder, batch, open }];
  });
}

function rowOf(
  { folder, batch, open }: OpenBatch,
  stateOf: (name: string) => string,
): readonly string[] {
  const claims = open.flatMap((index) => folder.claimOf(index) ?? []);
  const first = batch.tickets[open[0]!]!.stage;
  const others = open.length > 1 ? ` and ${formatCountOf(open.length - 1, 'other')}` : '';
  const hosts = [...new Set(claims.map(({ host }) => host))].join(', ');
  const waiters = folder.waiters().map(({ pid, host }) => `${pid} on ${host}`);
  const ids = folder.jobs().map(({ id }) => id);
  return [
    ids.join(', ') || 'not submitted',
    batch.place,
    claims.length > 0 ? `${claims.length} running` : stateOf(nameOf(folder)),
    `${first}${others}`,
    hosts,
    waiters.join(', ') || 'nobody',
  ];
}

/** Steps of detached runs go first, so that they submit nothing again. */
async function cancel(
  batches: readonly OpenBatch[],
  steps: readonly OpenStep[],
  schedulerFor: (place: string) => Scheduler | undefined,
): Promise<void> {
  const unawaited = batches.filter(({ folder }) => folder.waiters().length === 0);
  const cancelAll = async (place: string, ids: readonly string[], name: string) => {
    const scheduler = schedulerFor(place);
    for (const id of ids) await scheduler?.cancel(id, name);
    if (scheduler !== undefined || ids.length === 0) return;
    warnOnStderr(
      `places.yaml has no place "${place}" any more: cancel ${ids.join(', ')} with its own scheduler`,
    );
  };
  for (const { folder, place, jobs, name } of steps) {
    take(folder);
    await cancelAll(place, jobs, name);
  }
  for (const { folder, batch, open } of unawaited) {
    for (const index of open)
      folder.end(index, { type: 'cancelled', by: 'by `restage jobs cancel`' });
    const ids = folder.jobs().map(({ id }) => id);
    await cancelAll(batch.place, ids, nameOf(folder));
  }
  const kept = batches.length - unawaited.length;
  const others =
    kept === 0 ? '' : `; ${formatCountOf(kept, 'other')} stay, since a run waits for them`;
  print(`Cancelled ${formatCountOf(unawaited.length, 'batch', 'batches')} of jobs${others}.`);
}
