import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../digest.ts';
import { LocalStore } from '../local-store.ts';
import type { RunRecord } from './run-record.ts';

const record: RunRecord = {
  pipeline: 'test',
  file: 'test.yaml',
  startedAt: '',
  seconds: 1,
  restage: '0',
  stages: {},
};

test('a run keeps the log of every attempt and its record, and lives until that is written', async (t) => {
  const cache = new LocalStore(temporaryFolder(t));
  const run = cache.startRun('2025-01-31T09-12', 'test');
  const first = run.attempt('fit[seed=1]', 1);
  mkdirSync(dirname(first.log));
  writeFileSync(first.log, 'failed\n');
  const second = run.attempt('fit[seed=1]', 2);
  writeFileSync(second.log, 'one\ntwo\nthree\n');
  const begun = { fingerprint: sha256('fit'), startedAt: 1 };
  const end = { outcome: 'failed', seconds: 2, message: 'no' } as const;
  first.record(begun);
  first.record({ end });
  // A full disk may leave a line cut like this.
  appendFileSync(join(run.path, 'attempts.jsonl'), '\n{"stage":"fit[seed=1]","num');
  second.record(begun);
  const attempts = [
    { state: { ...begun, end }, log: first.log },
    { state: begun, log: second.log },
  ];
  assert.deepEqual(run.attempts('fit[seed=1]'), attempts);
  assert.deepEqual(
    cache.runs()[0]?.attempts('fit[seed=1]'),
    attempts,
    'as another process reads it',
  );
  assert.equal(run.isLiving(), true);
  await second.removeWork();
  assert.deepEqual([existsSync(first.work), existsSync(second.work)], [true, false]);
  await run.removeWork();
  assert.equal(existsSync(first.work), false);
  run.writeRecord(record);
  cache.startRun('2025-02-01', 'other');
  const runs = cache.runs();
  assert.deepEqual(
    runs.map(({ id }) => id),
    ['2025-02-01', '2025-01-31T09-12'],
  );
  assert.deepEqual(
    runs.map((each) => each.pipeline()),
    ['other', 'test'],
  );
  assert.deepEqual(
    runs.map((each) => each.readRecord()),
    [undefined, record],
  );
  assert.deepEqual(
    runs.map((each) => each.isLiving()),
    [true, false],
  );
});

test('a stage that removes the folder of its run loses the earlier attempts and nothing else', (t) => {
  const run = new LocalStore(temporaryFolder(t)).startRun('2025-01-31T09-12', 'test');
  const begun = { fingerprint: sha256('fit'), startedAt: 1 };
  run.attempt('fit', 1).record(begun);
  rmSync(run.path, { recursive: true });
  assert.deepEqual(run.attempts('fit'), []);
  run.attempt('other', 1).record(begun);
  assert.deepEqual(run.attempts('other'), [{ state: begun }]);
});

test('an attempt whose first line is torn is left out', (t) => {
  const run = new LocalStore(temporaryFolder(t)).startRun('2025-01-31T09-12', 'test');
  run.attempt('fit', 1).record({ end: { outcome: 'failed', seconds: 2 } });
  assert.deepEqual(run.attempts('fit'), []);
});

test('a run whose process was killed is not living', (t) => {
  const cache = new LocalStore(temporaryFolder(t));
  const run = cache.startRun('killed', 'test');
  writeFileSync(join(run.path, 'process.json'), '{"pid":1,"host":"elsewhere","started":""}');
  assert.equal(run.isLiving(), true, 'of another host nothing is known');
  writeFileSync(join(run.path, 'process.json'), '{"pi');
  assert.equal(run.isLiving(), false);
});

test('an attempt begins with an empty folder, whatever an earlier one of its number left there', (t) => {
  const run = new LocalStore(temporaryFolder(t)).startRun('2025-01-31T09-12', 'test');
  const { work } = run.attempt('fit', 1);
  writeFileSync(join(work, 'half'), 'an output');
  assert.equal(run.attempt('fit', 1).work, work);
  assert.deepEqual(readdirSync(work), []);
});

test('the next attempt gets the emptied folder of one whose processes are certainly gone', async (t) => {
  const run = new LocalStore(temporaryFolder(t)).startRun('2025-01-31T09-12', 'test');
  const first = run.attempt('fit', 1);
  const { ino } = statSync(first.work);
  mkdirSync(join(first.work, '.in/deep'), { recursive: true });
  writeFileSync(join(first.work, '.in/deep/file'), '');
  await first.removeWork({ contained: true });
  const second = run.attempt('scores', 1);
  assert.equal(statSync(second.work).ino, ino);
  assert.deepEqual(readdirSync(run.work), [basename(second.work)]);
  assert.deepEqual(readdirSync(second.work), []);
  await run.removeWork();
  assert.ok(!existsSync(run.work));
});

test('no attempt gets a folder to which a process may still write, which a stage has changed, or which is gone', async (t) => {
  const run = new LocalStore(temporaryFolder(t)).startRun('2025-01-31T09-12', 'test');
  const stray = run.attempt('stray', 1);
  await stray.removeWork();
  assert.deepEqual(readdirSync(run.work), []);

  const open = run.attempt('open', 1);
  chmodSync(open.work, 0o777);
  await open.removeWork({ contained: true });
  assert.deepEqual(readdirSync(run.work), []);

  const many = run.attempt('many', 1);
  for (let i = 0; i < 60; i += 1) writeFileSync(join(many.work, String(i)), '');
  await many.removeWork({ contained: true });
  assert.deepEqual(readdirSync(run.work), []);

  const gone = run.attempt('gone', 1);
  await gone.removeWork({ contained: true });
  rmSync(gone.work, { recursive: true });
  assert.deepEqual(readdirSync(run.attempt('fit', 1).work), []);
});

test('a run does not share its folder, and its record is written once', (t) => {
  const cache = new LocalStore(temporaryFolder(t));
  const run = cache.startRun('2025-01-31', 'test');
  assert.throws(() => cache.startRun('2025-01-31', 'other'), { name: 'WriteError' });
  run.writeRecord(record);
  assert.throws(() => run.writeRecord({ ...record, seconds: 2 }), { name: 'WriteError' });
  assert.deepEqual(run.readRecord(), record);
  assert.deepEqual(readdirSync(run.path).sort(), ['process.json', 'run.json']);
  cache.startRun('2025-02-01', 'idle').discard();
  assert.deepEqual(
    cache.runs().map(({ id }) => id),
    ['2025-01-31'],
  );
});

test('a record that is no longer one counts as none: a page of all runs read it and failed', (t) => {
  const run = new LocalStore(temporaryFolder(t)).startRun('2025-01-31T09-12', 'test');
  const whole = { ...record, startedAt: '2025-01-31T09:12:03.042Z' };
  const file = join(run.path, 'run.json');
  writeFileSync(file, JSON.stringify(whole));
  assert.deepEqual(run.readRecord(), whole);
  for (const damaged of [
    null,
    [],
    {},
    'text',
    { ...whole, stages: null },
    { ...whole, stages: { fit: null } },
    { ...whole, startedAt: null },
    { ...whole, seconds: 'long' },
  ]) {
    writeFileSync(file, JSON.stringify(damaged));
    assert.equal(run.readRecord(), undefined, JSON.stringify(damaged));
  }
});
