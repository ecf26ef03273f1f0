import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { thisProcess } from '../files/process-identity.ts';
import { type Batch, BatchFolder, type Ticket, type TicketEnd } from './batch-folder.ts';
import { openTickets } from './open-tickets.ts';

const batch = partialValue<Batch>({
  place: 'cluster',
  root: '/',
  needs: { cpu: 1, gpu: 0, memory: 0 },
  workers: 1,
  seconds: 60,
  tickets: [{ stage: 'one', digest: 'a'.repeat(64), keep: true }],
});

const noWarning = (message: string) => assert.fail(message);

const done = { type: 'done', host: 'n1' } as TicketEnd;

test('a batch whose tickets are all done stays while a run may still take something from it', (context) => {
  const cache = temporaryFolder(context);
  const folder = new BatchFolder(cache, '1');
  folder.create(batch, [{ replaces: false, stage: { cache: true } } as Ticket], new Map(), '');
  folder.end(0, done);
  const lease = join(cache, 'leases', batch.tickets[0]!.digest);
  writeFiles(dirname(lease), {
    [basename(lease)]: JSON.stringify({ ...thisProcess(), host: 'another' }),
  });
  openTickets(cache, 'cluster', { warn: noWarning, isStored: () => true });
  assert.deepEqual(
    [existsSync(folder.path), folder.waiters().map(({ host }) => host)],
    [true, ['another']],
  );
  // It has not been renewed for long, as that of a process that died on another machine.
  utimesSync(lease, 0, 0);
  openTickets(cache, 'cluster', { warn: noWarning, isStored: () => true });
  assert.deepEqual([existsSync(folder.path), folder.waiters()], [false, []]);
});

test('the folders of steps and probes are removed a day after they are over, and after a month in any case', (context) => {
  const cache = temporaryFolder(context);
  const age = (name: string, days: number) => {
    const time = Date.now() / 1000 - days * 86_400;
    utimesSync(join(cache, 'jobs', name), time, time);
  };
  const names = ['probe-1', 'step-1', 'step-2', 'step-3'];
  for (const name of names) mkdirSync(join(cache, 'jobs', name), { recursive: true, mode: 0o700 });
  writeFiles(cache, { 'jobs/step-1/taken': '' });
  for (const [index, days] of [2, 2, 2, 31].entries()) age(names[index]!, days);
  BatchFolder.clearSteps(cache);
  assert.deepEqual(readdirSync(join(cache, 'jobs')), ['step-2']);
});

test('files that a late worker writes after its batch was removed do no harm, and are removed after an hour', (context) => {
  const cache = temporaryFolder(context);
  const folder = new BatchFolder(cache, '1');
  mkdirSync(folder.path, { recursive: true, mode: 0o755 });
  folder.beat('7', { restart: 0, count: 1, over: false });
  openTickets(cache, 'cluster', { warn: noWarning, isStored: () => true });
  assert.ok(existsSync(folder.path));
  utimesSync(folder.path, 0, 0);
  openTickets(cache, 'cluster', { warn: noWarning, isStored: () => true });
  assert.ok(!existsSync(folder.path));
});

test('a batch that others may write to is refused with a warning', (context) => {
  const cache = temporaryFolder(context);
  writeFiles(join(cache, 'jobs/1'), { 'batch.json': JSON.stringify(batch) });
  const warnings: string[] = [];
  assert.equal(
    openTickets(cache, 'cluster', {
      warn: (message) => warnings.push(message),
      isStored: () => true,
    }).size,
    0,
  );
  assert.match(warnings.join(), /belongs to someone else, or others may write to it/);
});

test('the outputs of a stage without a cached result stay until a run takes them', (context) => {
  const cache = temporaryFolder(context);
  const folder = new BatchFolder(cache, '1');
  folder.create(batch, [{ replaces: false, stage: { cache: false } } as Ticket], new Map(), '');
  folder.end(0, done);
  assert.equal(openTickets(cache, 'cluster', { warn: noWarning, isStored: () => true }).size, 1);
});

test('a ticket whose result is not yet seen here stays open, as long as files of nodes may be late', (context) => {
  const cache = temporaryFolder(context);
  const folder = new BatchFolder(cache, '1');
  folder.create(batch, [{ replaces: false, stage: { cache: true } } as Ticket], new Map(), '');
  folder.end(0, done);
  const found = (isStored: boolean) =>
    openTickets(cache, 'cluster', { warn: noWarning, isStored: () => isStored }).size;
  assert.equal(found(false), 1);
  utimesSync(join(folder.path, 'ends/0.json'), 0, 0); // since then `gc` has removed the result
  assert.equal(found(false), 0);
});

test('a batch is found once it is whole, and only once', (context) => {
  const cache = temporaryFolder(context);
  const folder = new BatchFolder(cache, '1');
  const seen = new Set<string>();
  const found = () =>
    openTickets(cache, 'cluster', { warn: noWarning, isStored: () => true, seen }).size;
  mkdirSync(folder.path, { recursive: true, mode: 0o700 });
  const early = found();
  rmSync(folder.path, { recursive: true });
  folder.create(batch, [{ replaces: false, stage: { cache: true } } as Ticket], new Map(), '');
  assert.deepEqual([early, found(), found()], [0, 1, 0]);
});
