import assert from 'node:assert/strict';
import { existsSync, mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { type Batch, BatchFolder, type Ticket } from '../store/batch-folder.ts';
import { openTickets } from './open-tickets.ts';

const batch = {
  ...{ format: 1, place: 'cluster', root: '/', needs: { cpu: 1, gpu: 0, memory: 0 }, workers: 1, seconds: 60 },
  tickets: [{ stage: 'one', digest: 'a'.repeat(64), keep: true }],
} as unknown as Batch;

const noWarning = (message: string) => assert.fail(message);

test('a batch whose ends are all used stays while a run may still take something from it', (context) => {
  const cache = temporaryFolder(context);
  const folder = new BatchFolder(cache, '1');
  folder.create(batch, [{ replaces: false } as Ticket], new Map(), '');
  folder.use(0);
  folder.wait('run');
  assert.equal(openTickets(cache, 'cluster', noWarning).size, 0);
  assert.ok(existsSync(folder.path));
  folder.leave('run');
  openTickets(cache, 'cluster', noWarning);
  assert.ok(!existsSync(folder.path));
});

test('what a late worker writes where its batch was removed is no danger, and goes after an hour', (context) => {
  const cache = temporaryFolder(context);
  const folder = new BatchFolder(cache, '1');
  mkdirSync(folder.path, { recursive: true, mode: 0o755 });
  folder.beat('7', { restart: 0, count: 1, over: false });
  openTickets(cache, 'cluster', noWarning);
  assert.ok(existsSync(folder.path));
  utimesSync(folder.path, 0, 0);
  openTickets(cache, 'cluster', noWarning);
  assert.ok(!existsSync(folder.path));
});

test('a batch that others may write to is refused with a warning', (context) => {
  const cache = temporaryFolder(context);
  writeFiles(join(cache, 'jobs/1'), { 'batch.json': JSON.stringify(batch) });
  const warnings: string[] = [];
  assert.equal(openTickets(cache, 'cluster', (message) => warnings.push(message)).size, 0);
  assert.match(warnings.join(), /belongs to someone else, or others may write to it/);
});
