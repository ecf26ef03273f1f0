import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { exampleResult } from '../../../test/support/example-result.ts';
import { asType, partialValue } from '../../../test/support/partial-value.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { IdleWorkers } from '../execution/processes/idle-workers.ts';
import type { ProcessEnd, ProcessJob } from '../execution/processes/run-and-stop.ts';
import { LocalStore } from '../store/local-store.ts';
import { LoadedCode } from '../store/remembered-code.ts';
import { type Batch, BatchFolder, type Ticket } from './batch-folder.ts';
import { JobWorker } from './job-worker.ts';

const software = { restage: '1.0.0', build: sha256('build') };

/**
 * A worker whose job may take 1,000 seconds, of which `clock` has passed; its stages last so many
 * seconds, by earlier results.
 */
function workerOf(
  context: TestContext,
  expected: readonly (number | undefined)[],
  serve: (job: ProcessJob, clock: { seconds: number }) => ProcessEnd | Promise<ProcessEnd>,
) {
  const root = temporaryFolder(context);
  const store = new LocalStore(root);
  const folder = new BatchFolder(store.folder, '1');
  const results = expected.map((_, index) => exampleResult(index));
  const needs = { cpu: 1, gpu: 0, memory: 0 };
  const tickets = results.map(({ digest, fingerprint }, index) => ({
    stage: {
      name: `stage-${index}`,
      kind: 'command',
      settings: {},
      inputs: [],
      outputs: [],
      after: [],
      env: {},
      resources: needs,
      retries: 0,
      cache: true,
    },
    sources: [],
    artifacts: {},
    looked: {},
    unstored: [],
    number: 1,
    keep: true,
    replaces: false,
    fresh: false,
    digest,
    fingerprint,
    loaded: [],
    ...software,
    gitCommit: 'abc',
    tries: { lost: 0, idle: 0, memory: 0 },
    expected: expected[index],
  }));
  const batch = partialValue<Batch>({
    place: 'cluster',
    root,
    needs,
    workers: 1,
    seconds: 1000,
    tickets: tickets.map(({ stage, digest, keep }) => ({ stage: stage.name, digest, keep })),
  });
  folder.create(batch, asType<Ticket[]>(tickets), new Map(), '');
  const clock = { seconds: 0 };
  context.mock.method(process, 'uptime', () => clock.seconds);
  const worker = new JobWorker({
    folder,
    batch,
    software,
    env: process.env,
    identity: { job: '7', restart: 0, notified: false },
    findCode: assert.fail,
    loadedCode: new LoadedCode(assert.fail),
    idle: new IdleWorkers({ workers: 0, memory: 0 }),
    runProcess: async (job) => await serve(job, clock),
  });
  const ends = () => expected.map((_, index) => folder.endOf(index)?.type);
  return { worker, folder, store, results, ends };
}

const ok = { ok: true, contained: true } as const;

test('a job takes its first stage however long that lasts, and then those that fit into the rest of its time', async (context) => {
  const spent = [350, 200, 100, 60];
  const { worker, store, results, ends } = workerOf(
    context,
    [5000, 400, undefined, 200, undefined, 100],
    (_, clock) => {
      clock.seconds += spent.shift()!;
      return ok;
    },
  );
  await worker.run();
  // Rests of 1,000, 650, 450 and 350 seconds, then 290; half of the time is for a stage that nobody
  // has seen.
  assert.deepEqual(ends(), ['done', 'done', undefined, 'done', undefined, 'done']);
  assert.equal(
    store.readResult(results[0]!.digest)?.record.gitCommit,
    'abc',
    'a record names the commit of the run',
  );
});

test('a job stops by its own clock before its time is over, where the scheduler gives no notice', async (context) => {
  const ticks: (() => void)[] = [];
  context.mock.method(globalThis, 'setInterval', (tick: () => void) => void ticks.push(tick));
  const { worker, ends } = workerOf(context, [undefined], ({ signal }, clock) => {
    const stopsAt = (seconds: number): boolean => {
      clock.seconds = seconds;
      for (const tick of ticks) tick();
      return signal.aborted;
    };
    assert.deepEqual([stopsAt(899), stopsAt(901)], [false, true]);
    return { ok: false, message: 'was stopped' };
  });
  await worker.run();
  assert.deepEqual(ends(), ['stopped']);
});

test('a worker that was frozen past its takeover changes neither the newer result nor the end of its ticket', async (context) => {
  const { worker, folder, store, results } = workerOf(context, [undefined], async () => {
    await store.writeFirstResult(results[0]!);
    folder.end(0, { type: 'lost', state: 'NODE_FAIL' });
    return ok;
  });
  await worker.run();
  const { digest } = results[0]!;
  assert.deepEqual(
    [store.readResult(digest), folder.endOf(0)],
    [results[0], { type: 'lost', state: 'NODE_FAIL' }],
  );
});

test('a worker whose job was started again on another node ends its stage, claims no other, and gives no sign of life in the name of the new one', async (context) => {
  const later = { restart: 1, count: 1, over: false };
  const { worker, folder, ends } = workerOf(context, [1, 1], () => {
    folder.beat('7', later);
    return ok;
  });
  await worker.run();
  assert.deepEqual([ends(), folder.claimed()], [['done', undefined], new Set([0])]);
  assert.deepEqual(folder.beatOf('7'), later);
});

test('a result that damage or another version made unreadable is replaced, and a whole one is not', async (context) => {
  const store = new LocalStore(temporaryFolder(context));
  const first = exampleResult(1);
  const second = { ...exampleResult(1), stored: false };
  await store.writeResult(asType<typeof first>({ ...first, format: 2 }));
  await store.writeFirstResult(first);
  await store.writeFirstResult(second);
  assert.deepEqual(store.readResult(first.digest), first);
});
