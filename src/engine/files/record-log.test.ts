import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { RecordLog } from './record-log.ts';

test('the last text of a key counts, whichever process wrote it, until it is removed', (t) => {
  const folder = temporaryFolder(t);
  const one = new RecordLog(folder);
  const another = new RecordLog(folder);
  assert.equal(another.get('a'), undefined);
  one.set([
    ['a', '{"n":1}'],
    ['b', '{"n":2}'],
  ]);
  assert.equal(another.get('a'), '{"n":1}');
  another.set([['a', '{"n":3}']]);
  assert.equal(one.get('a'), '{"n":3}');
  one.set([['b', undefined]]);
  assert.deepEqual([another.get('b'), another.keys()], [undefined, ['a']]);
  assert.deepEqual(new RecordLog(folder).keys(), ['a']);
  assert.equal(readdirSync(folder).length, 1);
});

test('a text with the line separators of Unicode, which JSON leaves as they are, is read back', (t) => {
  const folder = temporaryFolder(t);
  const text = JSON.stringify('one\u2028two\u2029three');
  new RecordLog(folder).set([['a', text]]);
  assert.equal(new RecordLog(folder).get('a'), text);
});

test('a line that a kill cut off counts as none, and spoils neither the one before nor the next', (t) => {
  const folder = temporaryFolder(t);
  const log = new RecordLog(folder);
  log.set([['a', '{"n":1}']]);
  const [name] = readdirSync(folder);
  log.set([['a', '{"n":{"m":2}}']]);
  truncateSync(join(folder, name!), 2 * 25);
  assert.equal(log.get('a'), '{"n":1}');
  log.set([['b', '{"n":3}']]);
  assert.deepEqual([log.get('a'), log.get('b')], ['{"n":1}', '{"n":3}']);
  appendFileSync(join(folder, name!), `\n${Date.now()} a {"n":4`);
  assert.equal(log.get('a'), '{"n":1}', 'it is still being written');
  appendFileSync(join(folder, name!), '}\t\n');
  assert.equal(log.get('a'), '{"n":4}');
});

test('of two hosts the later line counts; a deleted log is empty, and is begun anew', (t) => {
  const folder = temporaryFolder(t);
  const log = new RecordLog(folder);
  log.set([['a', '"here"']]);
  writeFileSync(join(folder, 'host.log'), `\n${Date.now() + 60_000} a "there"\t\n`);
  assert.equal(new RecordLog(folder).get('a'), '"there"');
  rmSync(folder, { recursive: true });
  assert.deepEqual(log.keys(), []);
  log.set([['b', '"again"']]);
  assert.deepEqual([log.get('a'), log.get('b')], [undefined, '"again"']);
});

/** A log in which one key of three is left, after a hundred changes. */
function changedLog(folder: string) {
  const log = new RecordLog(folder);
  for (let n = 0; n < 100; n++)
    log.set([
      ['kept', `{"n":${n}}`],
      ['removed', `{"n":${n}}`],
    ]);
  log.set([['removed', undefined]]);
  const [name] = readdirSync(folder);
  return { log, path: join(folder, name!) };
}

test('compacting keeps the last text of each key, and other processes go on reading and writing', (t) => {
  const folder = temporaryFolder(t);
  const { log, path } = changedLog(folder);
  const another = new RecordLog(folder);
  assert.equal(another.get('kept'), '{"n":99}');
  log.compact();
  assert.equal(statSync(path).size, `\n${Date.now()} kept {"n":99}\t\n`.length);
  another.set([['added', '1']]);
  for (const each of [log, another, new RecordLog(folder)])
    assert.deepEqual(each.keys().toSorted(), ['added', 'kept']);
  assert.equal(readdirSync(folder).length, 1);
});

test('a log of which most still counts is left as it is', (t) => {
  const folder = temporaryFolder(t);
  const log = new RecordLog(folder);
  log.set([['a', '{"n":1}']]);
  const [name] = readdirSync(folder);
  const { ino } = statSync(join(folder, name!));
  log.compact();
  assert.equal(statSync(join(folder, name!)).ino, ino);
});

test('a removal stays while the file of another host has a text of the key', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'host.log'), '\n1 removed "there"\t\n');
  changedLog(folder).log.compact();
  assert.deepEqual(new RecordLog(folder).keys(), ['kept']);
});

test('a kill before the new file takes its place leaves the log whole, and the next compaction goes on', (t) => {
  const folder = temporaryFolder(t);
  const { path } = changedLog(folder);
  linkSync(path, path.replace('.log', '-former.log'));
  const log = new RecordLog(folder);
  assert.deepEqual(log.keys(), ['kept']);
  log.compact();
  assert.deepEqual(new RecordLog(folder).keys(), ['kept']);
  assert.equal(readdirSync(folder).length, 1);
});

test('a kill after it leaves lines that others appended meanwhile, and they are taken over', (t) => {
  const folder = temporaryFolder(t);
  const { log, path } = changedLog(folder);
  const former = path.replace('.log', '-former.log');
  copyFileSync(path, former);
  appendFileSync(former, `\n${Date.now()} late "here"\t\n`);
  rmSync(path);
  log.set([['kept', '"new"']]);
  const next = new RecordLog(folder);
  assert.equal(next.get('late'), '"here"');
  next.compact();
  const last = new RecordLog(folder);
  assert.deepEqual([last.get('late'), last.get('kept')], ['"here"', '"new"']);
  assert.equal(readdirSync(folder).length, 1);
});
