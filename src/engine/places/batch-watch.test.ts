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

/** A batch of two tickets in the jobs 7 and 8, of which the scheduler says what `states` holds. */
async function watched(context: TestContext, states: Readonly<Record<string, JobState>>) {
  const folder = new BatchFolder(temporaryFolder(context), '1');
  const batch = partialValue<Batch>({
    place: 'cluster',
    root: '/',
    needs: { cpu: 1, gpu: 0, memory: 0 },
    workers: 2,
    seconds: 60,
    tickets: [0, 1].map((n) => ({ stage: `stage-${n}`, digest, keep: true })),
  });
  folder.create(batch, [{} as Ticket, {} as Ticket], new Map(), '');
  for (const id of ['7', '8']) folder.addJob(id, 1);
  const cancelled: string[] = [];
  const scheduler = {
    inspect: async (id: string) => new Map([[id, states[id]!]]),
    phaseOf: slurm.open({ name: 'cluster', options: {} }, {}).phaseOf,
    cancel: async (id: string) => void cancelled.push(id),
  } as Partial<Scheduler> as Scheduler;
  const placed = { folder, batch, index: 0, submitted: Promise.resolve() };
  const watch = new BatchWatch(placed, scheduler, { silence: 30, cancel: 60, ask: 0 });
  for (const index of [0, 1]) void watch.wait(index, () => {});
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
