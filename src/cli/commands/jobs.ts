import { join } from 'node:path';
import { loadPlaces } from '../../engine/config/places.ts';
import { namesIn } from '../../engine/files/entries-in.ts';
import { isTaken, readStep, take } from '../../engine/places/advance.ts';
import type { ListedJob } from '../../engine/places/scheduler.ts';
import { nameOf } from '../../engine/places/submitter.ts';
import { type Batch, BatchFolder } from '../../engine/store/batch-folder.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { formatTable } from '../../reporting/terminal/format-table.ts';
import { orThrow, UsageError } from '../command-error.ts';
import { schedulerOf } from '../make-place.ts';
import { projectRoot } from '../open-project.ts';

const columns = ['job', 'place', 'state', 'stages', 'on', 'waited for by'];

interface OpenBatch {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  /** Indices of its tickets that have not ended. */
  readonly open: readonly number[];
}

/** `restage jobs`: the project's jobs, from any terminal. `restage jobs cancel` cancels those that no run waits for. */
export async function jobsCommand(action: string | undefined): Promise<void> {
  if (action !== undefined && action !== 'cancel')
    throw new UsageError(`jobs takes "cancel" or nothing, not "${action}"`);
  const root = projectRoot();
  const cache = join(root, 'cache');
  const places = orThrow(loadPlaces(root));
  const schedulerFor = (place: string) => {
    const spec = places.byName.get(place);
    return spec && schedulerOf(spec);
  };
  const batches = openBatches(cache);
  if (action === 'cancel') return await cancel(cache, batches, schedulerFor);
  const listed: ListedJob[] = [];
  for (const place of new Set(batches.map(({ batch }) => batch.place))) {
    const own = batches.filter(({ batch }) => batch.place === place);
    listed.push(...((await schedulerFor(place)?.list(own.map(({ folder }) => nameOf(folder)))) ?? []));
  }
  const rows = batches.map((one) => rowOf(one, listed));
  const lines = rows.length === 0 ? ['No jobs are queued or running.'] : formatTable(columns, rows);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function openBatches(cache: string): readonly OpenBatch[] {
  return BatchFolder.all(cache).flatMap((folder) => {
    const batch = folder.batch();
    if (batch !== undefined) folder.checkOwner();
    const ended = folder.ended();
    const open = [...(batch?.tickets.keys() ?? [])].filter((index) => !ended.has(index));
    return batch === undefined || open.length === 0 ? [] : [{ folder, batch, open }];
  });
}

function rowOf({ folder, batch, open }: OpenBatch, listed: readonly ListedJob[]): readonly string[] {
  const claims = open.flatMap((index) => folder.claimOf(index) ?? []);
  const [job] = listed.filter(({ name }) => name === nameOf(folder));
  const state = claims.length > 0 ? `${claims.length} running` : (job?.state ?? 'not listed');
  const first = batch.tickets[open[0]!]!.stage;
  const others = open.length > 1 ? ` and ${formatCountOf(open.length - 1, 'other')}` : '';
  const hosts = [...new Set(claims.map(({ host }) => host))].join(', ');
  const waiters = folder.waiters().map(({ pid, host }) => `${pid} on ${host}`);
  const ids = folder.jobs().map(({ id }) => id);
  return [
    ids.join(', ') || 'not submitted',
    batch.place,
    state,
    `${first}${others}`,
    hosts,
    waiters.join(', ') || 'nobody',
  ];
}

/** Steps of detached runs go first, so that they submit nothing again. */
async function cancel(
  cache: string,
  batches: readonly OpenBatch[],
  schedulerFor: (place: string) => ReturnType<typeof schedulerOf> | undefined,
): Promise<void> {
  const left = batches.filter(({ folder }) => folder.waiters().length === 0);
  const steps = namesIn(join(cache, 'jobs')).flatMap((name) =>
    name.startsWith('step-') ? [join(cache, 'jobs', name)] : [],
  );
  for (const step of steps.filter((step) => !isTaken(step))) {
    take(step);
    const { place = '', jobs = [] } = readStep(step) ?? {};
    for (const id of jobs) await schedulerFor(place)?.cancel(id);
  }
  for (const { folder, batch, open } of left) {
    for (const index of open) folder.end(index, { type: 'cancelled', by: 'by `restage jobs cancel`' });
    for (const { id } of folder.jobs()) await schedulerFor(batch.place)?.cancel(id);
  }
  const kept = batches.length - left.length;
  const others = kept === 0 ? '' : `; ${formatCountOf(kept, 'other')} stay, since a run waits for them`;
  process.stdout.write(`Cancelled ${formatCountOf(left.length, 'batch', 'batches')} of jobs${others}.\n`);
}
