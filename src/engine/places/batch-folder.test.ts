import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import { type Batch, BatchFolder } from './batch-folder.ts';

const cache = mkdtempSync(join(tmpdir(), 'restage-batch-'));
after(() => rmSync(cache, { recursive: true }));

function made(id: string): BatchFolder {
  const folder = new BatchFolder(cache, id);
  const needs = { cpu: 1, gpu: 0, memory: 0 };
  const tickets = partialValue<Batch['tickets']>([
    { stage: 'a', digest: '0'.repeat(64), keep: true },
  ]);
  const batch: Batch = { place: 'cluster', root: cache, needs, seconds: 60, workers: 1, tickets };
  folder.create(batch, [], new Map(), '#!/bin/sh\n');
  return folder;
}

const claim = { worker: '7_1', restart: 0, host: 'n1', full: true };

test('a ticket has one claim, which only the same job can renew after it was requeued', () => {
  const folder = made('1');
  assert.equal(folder.claim(0, claim), true);
  assert.equal(folder.claim(0, { ...claim, worker: '7_2' }), false);
  assert.equal(folder.claim(0, claim), false);
  assert.equal(folder.claim(0, { ...claim, restart: 1 }), true);
  assert.equal(folder.claimOf(0)?.restart, 1);
});

test('the first end of a ticket stays, and one that is not here in full is none', () => {
  const folder = made('2');
  assert.deepEqual(folder.end(0, { type: 'lost', state: '' }), { type: 'lost', state: '' });
  assert.deepEqual(folder.end(0, { type: 'failed', message: 'too late' }), {
    type: 'lost',
    state: '',
  });
  writeFileSync(join(folder.path, 'ends', '1.json'), '{"type":"fai');
  assert.equal(folder.endOf(1), undefined);
});

test('a ticket has reached the furthest step of its curves, despite lines that kills tore', () => {
  const folder = made('4');
  assert.equal(folder.reached(0), 0);
  const point = (step: number) =>
    JSON.stringify({ type: 'stage-point', point: { unit: 'epoch', step, values: {} } });
  const progress = JSON.stringify({
    type: 'stage-progress',
    progress: { done: 90, total: 100, unit: 'images' },
  });
  writeFileSync(
    folder.messages(0),
    [point(1), point(2), progress, point(1), point(9).slice(0, -4)].join('\n'),
  );
  assert.equal(folder.reached(0), 2);
});

test("a folder is its owner's alone, and one that others may write to is refused", () => {
  const folder = made('3');
  assert.equal(statSync(folder.path).mode & 0o777, 0o700);
  folder.checkOwner();
  chmodSync(folder.path, 0o770);
  assert.throws(
    () => folder.checkOwner(),
    /belongs to someone else, or others may write to it: it is refused$/,
  );
});
