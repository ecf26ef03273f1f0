import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { partialValue } from '../../../test/support/partial-value.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { JobState, Scheduler } from '../../scheduler.ts';
import { type Batch, BatchFolder, type Ticket } from './batch-folder.ts';
import { BatchWatch } from './batch-watch.ts';
import { slurm } from './schedulers/slurm.ts';

const digest = 'a'.repeat(64);

/**
 * A batch of two or more tickets in the jobs 7 and 8, of which the scheduler says what `states`
 * holds.
 */
async function watched(
  context: TestContext,
  states: Readonly<Record<string, JobState>>,
  tickets: readonly number[] = [0, 1],
) {
  const folder = new BatchFolder(temporaryFolder(context), '1');
  const batch = partialValue<Batch>({
    place: 'cluster',
    root: '/',
    needs: { cpu: 1, gpu: 0, memory: 0 },
    workers: 2,
    seconds: 60,
    tickets: tickets.map((n) => ({ stage: `stage-${n}`, digest, keep: true })),
  });
  folder.create(
    batch,
    tickets.map(() => ({}) as Ticket),
    new Map(),
    '',
  );
  for (const id of ['7', '8']) folder.addJob(id, 1);
  const cancelled: string[] = [];
  const scheduler = {
    inspect: async (id: string) => new Map([[id, states[id]!]]),
    phaseOf: slurm.open({ name: 'cluster', options: {} }, {}).phaseOf,
    cancel: async (id: string) => void cancelled.push(id),
  } as Partial<Scheduler> as Scheduler;
  const placed = { folder, batch, index: 0, submitted: Promise.resolve() };
  const watch = new BatchWatch(placed, scheduler, { silence: 30, cancel: 60, ask: 0 });
  for (const index of tickets) void watch.wait(index, () => {});
  await placed.submitted;
  return { folder, watch, cancelled };
}

const claim = { restart: 0, host: 'n1', full: true };

test('a worker whose job died makes room for another one', async (context) => {
  const { folder, watch } = await watched(context, {
    7: { state: 'NODE_FAIL' },
    8: { state: 'RUNNING' },
  });
  folder.claim(0, { ...claim, worker: '7' });
  folder.claim(1, { ...claim, worker: '8' });
  watch.look();
  const before = watch.workersLeft();
  for (let count = 0; count < 5; count += 1) {
    folder.beat('8', { restart: 0, count, over: false });
    await watch.checkLife();
    await delay(10);
  }
  assert.deepEqual([before, folder.endOf(0)?.type, watch.workersLeft()], [2, 'lost', 1]);
});

test('the share of a dead worker in the tickets that nobody claimed is free for another job, unless somebody cancelled the worker', async (context) => {
  for (const [state, freed] of [
    ['NODE_FAIL', [6]],
    ['CANCELLED', []],
  ] as const) {
    const states = { 7: { state }, 8: { state: 'RUNNING' } };
    const { folder, watch } = await watched(context, states, [0, 1, 2, 3, 4, 5, 6]);
    folder.claim(0, { ...claim, worker: '7' });
    folder.claim(1, { ...claim, worker: '8' });
    watch.look();
    folder.claim(5, { ...claim, worker: '8' }); // just after the run looked
    for (let count = 0; count < 5; count += 1) {
      folder.beat('8', { restart: 0, count, over: false });
      await watch.checkLife();
      await delay(10);
    }
    const ended = [1, 2, 3, 4, 5, 6].filter((index) => folder.endOf(index)?.type === 'unclaimed');
    assert.deepEqual([folder.endOf(0)?.type, ended], ['lost', freed]);
    assert.equal(folder.claimOf(5)?.worker, '8');
  }
});

test('a job that runs and begins no work is cancelled, and one that is queued is not', async (context) => {
  const { watch, cancelled } = await watched(context, {
    7: { state: 'RUNNING' },
    8: { state: 'PENDING' },
  });
  for (let round = 0; round < 12; round += 1) {
    watch.tellQueued([{ name: 'restage-1', id: '7', state: 'RUNNING' }], 'cluster');
    await watch.checkLife();
    await delay(15);
  }
  assert.deepEqual(cancelled, ['7']);
});

test('a job that was killed before it began does not count as one that is set up wrongly', async (context) => {
  for (const [reason, unstarted] of [
    ['RaisedSignal:9(Killed)', undefined],
    ['BadConstraints', true],
  ] as const) {
    const state = { state: 'FAILED', reason };
    const { folder, watch } = await watched(context, { 7: state, 8: state });
    await delay(40);
    await watch.checkLife();
    const end = folder.endOf(0);
    assert.equal(end?.type === 'lost' && end.unstarted, unstarted);
  }
});
