import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { isBackdated, isSameWriting } from '../files/backdate.ts';
import { writeError } from '../files/write-error.ts';
import { LocalStore } from './local-store.ts';
import { backdateOwn } from './store-object.ts';
import { UnsharedStore } from './unshared-store.ts';

/** A cache with a private output in its work folder. */
function project(root: string, files: Readonly<Record<string, string>>) {
  const warnings: string[] = [];
  const cache = new LocalStore(root, (message) => warnings.push(message));
  return { cache, warnings, work: writeFiles(join(root, 'cache/work/run/out'), files) };
}

test('the files of an output become read-only objects, moved and not copied, equal ones once', async (t) => {
  const { cache, work } = project(temporaryFolder(t), { a: 'text', 'deep/b': 'text', c: '' });
  const artifact = await listArtifact(work);
  const { ino } = statSync(join(work, 'a'));
  const linked = statSync(join(work, 'deep/b')).ino;
  await cache.storeArtifact(work, artifact);
  assert.deepEqual(await cache.missingObjects(artifact), []);
  const object = statSync(cache.objectPath(sha256('text')));
  assert.ok(object.ino === ino || object.ino === linked);
  assert.equal(object.mode & 0o777, 0o444);
  assert.deepEqual(readdirSync(join(cache.folder, 'objects')).length, 2);
});

test('where a process may live on that has an output open, the object is a copy that it cannot write to', async (t) => {
  const { cache, work } = project(temporaryFolder(t), { a: 'text' });
  const artifact = await listArtifact(work);
  const open = openSync(join(work, 'a'), 'r+');
  await cache.storeArtifact(work, artifact, { contained: false });
  writeSync(open, 'evil');
  closeSync(open);
  assert.equal(readFileSync(cache.objectPath(sha256('text')), 'utf8'), 'text');
  const { cache: empty, work: single } = project(temporaryFolder(t), { b: 'other' });
  const listing = await listArtifact(single);
  writeFileSync(join(single, 'b'), 'OTHER');
  await assert.rejects(empty.storeArtifact(single, listing, { contained: false }), {
    name: 'WriteError',
    message: `${join(single, 'b')} was written to after its stage had ended, so it was not stored. Run again.`,
  });
});

test('a file that was written to after it was hashed is not stored', async (t) => {
  const { cache, work } = project(temporaryFolder(t), { a: 'text', b: 'other' });
  await backdateOwn(work);
  const stats = new Map(['a', 'b'].map((name) => [name, statSync(join(work, name))]));
  const artifact = await listArtifact(work);
  writeFileSync(join(work, 'a'), 'TEXT');
  await assert.rejects(cache.storeArtifact(work, artifact, { stats }), {
    message: `${join(work, 'a')} was written to after its stage had ended, so it was not stored. Run again.`,
  });
  assert.equal(existsSync(cache.objectPath(sha256('text'))), false);
  writeFileSync(join(work, 'a'), 'text');
  const stored = await cache.storeArtifact(work, artifact, { stats });
  for (const text of ['text', 'other']) {
    const now = statSync(cache.objectPath(sha256(text)));
    assert.ok(isSameWriting(stored.get(sha256(text))!, now), text);
    assert.ok(isBackdated(now), 'moved or copied, no later write can go unnoticed');
  }
});

test("what a stage linked into its output stays its owner's, untouched", async (t) => {
  const root = temporaryFolder(t);
  const folder = writeFiles(join(root, 'data'), {
    soft: 'soft',
    hard: 'hard',
    'folder/deep': 'deep',
  });
  const times = () =>
    ['soft', 'hard', 'folder/deep'].map((name) => statSync(join(folder, name)).mtimeMs);
  const before = times();
  const { cache, work } = project(root, {});
  symlinkSync(join(folder, 'soft'), join(work, 'soft'));
  linkSync(join(folder, 'hard'), join(work, 'hard'));
  symlinkSync(join(folder, 'folder'), join(work, 'folder'));
  await backdateOwn(work);
  const artifact = await listArtifact(work);
  await cache.storeArtifact(work, artifact);
  assert.deepEqual(times(), before);
  assert.deepEqual(await cache.missingObjects(artifact), []);
  for (const name of ['soft', 'hard', 'folder/deep']) {
    assert.equal(statSync(join(folder, name)).mode & 0o200, 0o200, name);
    assert.notEqual(
      statSync(cache.objectPath(sha256(name.replace('folder/', '')))).ino,
      statSync(join(folder, name)).ino,
    );
  }
});

test('an output that is a link to a folder of the user is copied, not moved', async (t) => {
  const root = temporaryFolder(t);
  writeFiles(join(root, 'data'), { file: 'text' });
  const { cache, work } = project(root, {});
  symlinkSync(join(root, 'data'), join(work, 'link'));
  await cache.storeArtifact(join(work, 'link'), await listArtifact(join(work, 'link')));
  assert.equal(readFileSync(join(root, 'data/file'), 'utf8'), 'text');
});

test('a result is missing until it is written, and then here, as it was written', async (t) => {
  const { cache, warnings } = project(temporaryFolder(t), {});
  const result = exampleResult(1);
  const store = new UnsharedStore(cache);
  assert.deepEqual(await store.lookup(result.digest), { state: 'missing' });
  await cache.writeResult(result);
  await cache.writeResult(result);
  await cache.markUsed(result.digest);
  assert.deepEqual(await store.lookup(result.digest), { state: 'here', result });
  assert.deepEqual(await store.lookup(exampleResult(2).digest), { state: 'missing' });
  assert.deepEqual(warnings, []);
});

test('a result that was cut short, edited, moved or leads out of its folder is missing, and set aside with a warning', async (t) => {
  const { cache, warnings, work } = project(temporaryFolder(t), { a: 'text' });
  const result = exampleResult(1, { out: await listArtifact(work) });
  const text = JSON.stringify(result);
  const damaged = {
    'it is not JSON': text.slice(0, -10),
    'it has no format': text.replace('"format":1', '"format":"one"'),
    'its fingerprint does not match its name': text.replace('"seed":1', '"seed":2'),
    'an output is not what its digest says': text.replace(sha256('text'), sha256('other')),
    'an output lists an invalid file': text.replace('"path":"a"', '"path":"../a"'),
    'its field "record.highlights" has another form': text.replace(
      '"highlights":[]',
      '"highlights":0',
    ),
  };
  const invalid = 'an output lists an invalid file';
  const cases = [
    ...Object.entries(damaged),
    [invalid, text.replace('"path":"a"', '"path":"a\\u0000b"')] as const,
  ];
  await cache.writeResult(result);
  for (const [, damage] of cases) {
    writeFileSync(cache.resultPath(result.digest), damage);
    assert.equal(cache.readResult(result.digest), undefined);
    assert.equal(existsSync(cache.resultPath(result.digest)), false);
  }
  const reasons = warnings.map(
    (warning) => /is damaged \((.*?)\): it was moved to/.exec(warning)?.[1],
  );
  assert.deepEqual(
    reasons,
    cases.map(([reason]) => reason),
  );
  assert.equal(readdirSync(join(cache.folder, 'quarantine')).length, reasons.length);
});

test('a result in the format of another version counts as missing, and stays', async (t) => {
  const { cache, warnings } = project(temporaryFolder(t), {});
  const result = exampleResult(1);
  const unreadable = JSON.stringify(result).replace('"format":1', '"format":0');
  await cache.writeResult(result);
  writeFileSync(cache.resultPath(result.digest), unreadable);
  assert.equal(cache.readResult(result.digest), undefined);
  assert.equal(readFileSync(cache.resultPath(result.digest), 'utf8'), unreadable);
  assert.deepEqual(warnings, []);
  await cache.writeResult(result);
  assert.deepEqual(cache.readResult(result.digest), result);
});

test('objects that are gone or cut short are missing until they are stored again', async (t) => {
  const { cache, work } = project(temporaryFolder(t), { a: 'first', b: 'second' });
  const artifact = await listArtifact(work);
  await cache.storeArtifact(work, artifact);
  chmodSync(cache.objectPath(sha256('first')), 0o644);
  truncateSync(cache.objectPath(sha256('first')), 2);
  assert.deepEqual(
    (await cache.missingObjects(artifact)).map(({ path }) => path),
    ['a'],
  );
  await cache.storeArtifact(writeFiles(work, { a: 'first', b: 'second' }), artifact);
  assert.deepEqual(await cache.missingObjects(artifact), []);
  assert.equal(readFileSync(cache.objectPath(sha256('first')), 'utf8'), 'first');
});

test('a damaged object is replaced when its file is stored again', async (t) => {
  const { cache, work, warnings } = project(temporaryFolder(t), { a: 'text' });
  const artifact = await listArtifact(work);
  await cache.storeArtifact(work, artifact);
  const object = cache.objectPath(sha256('text'));
  chmodSync(object, 0o644);
  writeFileSync(object, 'Text');
  await cache.storeArtifact(writeFiles(work, { a: 'text' }), artifact);
  assert.equal(readFileSync(object, 'utf8'), 'text');
  assert.match(warnings.join(), /^\S+ is damaged \(its content does not match its digest\)/);
});

test('an object that was stored long ago is as good as a new one, but the time of a change while it is hashed is not taken', async (t) => {
  const { cache, work } = project(temporaryFolder(t), { a: 'text'.repeat(1_000_000) });
  const artifact = await listArtifact(work);
  const digest = artifact.files[0]!.digest;
  await cache.storeArtifact(work, artifact);
  const object = cache.objectPath(digest);
  utimesSync(object, 1000, 1000);
  const storing = cache.storeArtifact(work, artifact);
  const before = statSync(object);
  utimesSync(object, 2000, 2000);
  const stored = await storing;
  assert.ok(Date.now() - before.mtimeMs < 60_000, 'gc sees that it is used');
  assert.ok(isSameWriting(stored.get(digest)!, before) && isBackdated(before));
});

test('a file such as a log is stored as a copy', async (t) => {
  const { cache, work } = project(temporaryFolder(t), { log: 'lines' });
  assert.equal(await cache.storeFile(join(work, 'log')), sha256('lines'));
  assert.equal(
    readFileSync(cache.objectPath(sha256('lines')), 'utf8'),
    readFileSync(join(work, 'log'), 'utf8'),
  );
});

test('the last result of a stage is found by its name and pipeline, until the pipeline no longer has the stage', (t) => {
  const { cache } = project(temporaryFolder(t), {});
  const { digest } = exampleResult(1);
  const stages = [
    'fit[net=my-net,seed=2]',
    'fit[net=my-net,seed=3]',
    'Fit',
    'sn/fit',
    'sn.fit',
    `long${'g'.repeat(300)}`,
  ];
  assert.equal(cache.readLatest('experiments/x', 'Fit'), undefined);
  stages.forEach((stage, index) => {
    cache.writeLatest('experiments/x', stage, exampleResult(index).digest);
  });
  cache.writeLatest('experiments/y', 'Fit', digest);
  stages.forEach((stage, index) => {
    assert.equal(cache.readLatest('experiments/x', stage), exampleResult(index).digest);
  });
  cache.forgetStages('experiments/x', new Set(['sn/fit']));
  assert.equal(cache.readLatest('experiments/x', 'Fit'), undefined);
  assert.equal(cache.readLatest('experiments/x', 'sn/fit'), exampleResult(3).digest);
  assert.equal(cache.readLatest('experiments/y', 'Fit'), digest);
});

test('the use of a result is dated at most once a day', async (t) => {
  const { cache } = project(temporaryFolder(t), {});
  const { digest } = exampleResult(1);
  await cache.writeResult(exampleResult(1));
  const dateOf = () => statSync(cache.resultPath(digest)).mtimeMs;
  const anHourAgo = Date.now() / 1000 - 3600;
  utimesSync(cache.resultPath(digest), anHourAgo, anHourAgo);
  const before = dateOf();
  await cache.markUsed(digest);
  assert.equal(dateOf(), before);
  utimesSync(cache.resultPath(digest), 1000, 1000);
  await cache.markUsed(digest);
  assert.ok(dateOf() > before);
});

test('a failing disk is reported in plain words, with what was written and what to do', async (t) => {
  const root = writeFiles(temporaryFolder(t), { cache: 'a file', 'work/a': 'text' });
  const message =
    /^Cannot write .*cache.*: a file is in the way of a folder\. Move it away and run again\.$/;
  await assert.rejects(
    new LocalStore(root).storeArtifact(join(root, 'work'), await listArtifact(join(root, 'work'))),
    {
      name: 'WriteError',
      message,
    },
  );
  assert.throws(() => new LocalStore(root).startRun('run', 'test'), {
    name: 'WriteError',
    message,
  });
  const full = Object.assign(new Error('ENOSPC: no space left on device'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  assert.equal(
    String(writeError('a model', full)),
    'WriteError: Cannot write a model: the disk is full. Free some space and run again; nothing is lost. `restage gc --yes --keep 1h` removes earlier results and what killed runs left.',
  );
  const bug = new TypeError('x is not a function');
  assert.equal(writeError('a model', bug), bug);
});
