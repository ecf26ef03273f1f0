import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { day } from '../../day.ts';
import type { Digest } from '../../digest.ts';
import { sha256 } from '../../digest.ts';
import { inCache } from '../files/cache-paths.ts';
import { filesIn } from '../files/entries-in.ts';
import { thisProcess } from '../files/process-identity.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import { findGarbage, removeGarbage } from './collect-garbage.ts';
import { Lease } from './lease.ts';
import { LocalStore } from './local-store.ts';
import { PieceFiles } from './piece-files.ts';
import type { RunRecord } from './runs/run-record.ts';
import { verifyStore } from './verify-store.ts';

/** Stores a result with one object of its own and one that all share, last used some days ago. */
async function store(
  root: string,
  cache: LocalStore,
  seed: number,
  daysAgo: number,
): Promise<Digest> {
  const work = writeFiles(join(root, `made/${seed}`), { own: `object ${seed}`, shared: 'shared' });
  const result = exampleResult(seed, { out: await listArtifact(work) });
  await cache.storeArtifact(work, result.outputs['out']!);
  await cache.writeResult(result);
  const used = (Date.now() - daysAgo * day) / 1000;
  utimesSync(cache.resultPath(result.digest), used, used);
  return result.digest;
}

const objectOf = (cache: LocalStore, seed: number): string =>
  cache.objectPath(sha256(`object ${seed}`));
const inTwoDays = (): number => Date.now() + 2 * day;

const record: RunRecord = {
  pipeline: 'test',
  file: 'test.yaml',
  startedAt: '',
  seconds: 1,
  restage: '0',
  stages: {},
};

test('results unused for long are removed with their objects; last results and what they share stay', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const old = await store(root, cache, 1, 90);
  const last = await store(root, cache, 2, 90);
  const young = await store(root, cache, 3, 5);
  cache.writeLatest('experiments/x', 'fit', last);
  const options = { keep: 30 * day, now: inTwoDays() };
  const garbage = findGarbage(cache, options);
  assert.deepEqual(
    garbage.results.map(({ digest }) => digest),
    [old],
  );
  assert.deepEqual(garbage.objects, [objectOf(cache, 1)]);
  assert.equal(garbage.bytes, 8);
  assert.equal(existsSync(objectOf(cache, 1)), true, 'finding changes nothing');

  removeGarbage(cache, garbage);
  assert.equal(cache.readResult(old), undefined);
  assert.equal(existsSync(objectOf(cache, 1)), false);
  for (const digest of [last, young]) {
    assert.deepEqual(await cache.missingObjects(cache.readResult(digest)!.outputs['out']!), []);
  }
  const next = findGarbage(cache, { ...options, exists: () => false });
  assert.deepEqual(new Set(next.results.map(({ digest }) => digest)), new Set([last]));
});

test('while a run is under way, an object that was touched within a day stays, since its result may be about to be written', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  await store(root, cache, 1, 90);
  const find = (minutes: number) =>
    findGarbage(cache, { keep: day, now: Date.now() + minutes * 60_000 });
  const run = cache.startRun('2025-01-31', 'test');
  assert.deepEqual(find(20).objects, []);
  assert.equal(find(20).results.length, 1);
  await run.removeWork();
  assert.deepEqual(find(5).objects, [], 'a run on another host may not be seen yet');
  const garbage = find(20);
  assert.deepEqual(
    [...garbage.objects].sort(),
    [objectOf(cache, 1), cache.objectPath(sha256('shared'))].sort(),
  );
  cache.startRun('2025-02-01', 'test');
  removeGarbage(cache, garbage);
  assert.equal(existsSync(objectOf(cache, 1)), true, 'a run began meanwhile');
});

test('while a job may be under way, an object that was touched within a day stays, too', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  await store(root, cache, 1, 90);
  const soon = { keep: day, now: Date.now() + 20 * 60_000 };
  assert.deepEqual(findGarbage(cache, { ...soon, hasOpenJobs: () => true }).objects, []);
  removeGarbage(cache, findGarbage(cache, soon), { hasOpenJobs: () => true });
  assert.equal(existsSync(objectOf(cache, 1)), true, 'a job was submitted meanwhile');
});

test('an object that a run wants again between finding and removing stays', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  await store(root, cache, 1, 90);
  const garbage = findGarbage(cache, { keep: day, now: inTwoDays() });
  utimesSync(objectOf(cache, 1), new Date(inTwoDays()), new Date(inTwoDays()));
  removeGarbage(cache, garbage);
  assert.equal(existsSync(objectOf(cache, 1)), true);
});

test('over budget, the least recently used results are removed first', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const results = [
    await store(root, cache, 1, 3),
    await store(root, cache, 2, 2),
    await store(root, cache, 3, 1),
  ];
  const garbage = findGarbage(cache, {
    keep: 30 * day,
    maxBytes: 'object 1object 2shared'.length,
    now: inTwoDays(),
  });
  assert.deepEqual(
    garbage.results.map(({ digest }) => digest),
    [results[0]],
  );
  assert.equal(garbage.keptBytes, 'object 1object 2shared'.length);
});

test('checkpoints are removed when they are old, or where there is no room beside the objects, the least recent first', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  await store(root, cache, 1, 1);
  const older = cache.checkpointPath(sha256('older'));
  const newer = cache.checkpointPath(sha256('newer'));
  const findAfter = (days: number, options: { keep?: number; maxBytes?: number } = {}) =>
    findGarbage(cache, { keep: 30 * day, now: Date.now() + days * day, ...options });
  writeFiles(root, { [relative(root, older)]: 'the older one', [relative(root, newer)]: 'newer' });
  utimesSync(newer, new Date(Date.now() + day), new Date(Date.now() + day));
  const points = `${older}.points`;
  const objects = 'object 1shared'.length;

  const all = findAfter(3);
  assert.deepEqual([all.checkpoints, all.bytes, all.keptBytes], [[], 0, objects + 18]);
  assert.equal(all.held.checkpoints, 18);
  const tight = findAfter(3, { maxBytes: objects + 17 });
  assert.deepEqual([tight.checkpoints, tight.bytes, tight.keptBytes], [[older], 13, objects + 5]);
  assert.deepEqual(
    findAfter(0.5, { keep: 0, maxBytes: 0 }).checkpoints,
    [],
    'a run may be about to go on from it',
  );
  writeFiles(root, { [relative(root, points)]: '{}' });
  const old = findGarbage(cache, { keep: day, now: Date.now() + 3 * day });
  assert.deepEqual(
    new Set(old.checkpoints),
    new Set([older, newer, points]),
    'and the points of their curves',
  );

  removeGarbage(cache, old);
  assert.deepEqual([older, newer, points].filter(existsSync), []);
});

test('verifying finds a checkpoint that changed on the disk, and leaves sound ones', async (t) => {
  const root = temporaryFolder(t);
  const warnings: string[] = [];
  const cache = new LocalStore(root, (message) => warnings.push(message));
  const paths = ['sound', 'changed'].map((name) => cache.checkpointPath(sha256(name)));
  for (const path of paths) {
    new CheckpointFile(path, assert.fail).save({
      state: { epoch: 2 },
      arrays: [Float32Array.of(1, 2, 3)],
    });
  }
  const bytes = readFileSync(paths[1]!);
  bytes[20]! ^= 1;
  writeFileSync(paths[1]!, bytes);

  const damage = await verifyStore(cache);

  assert.deepEqual([damage.checkpoints, damage.corruptCheckpoints], [2, [sha256('changed')]]);
  assert.match(
    warnings.join('\n'),
    /^\S+ is damaged \(it is not as it was written\): it was moved to \S+quarantine/,
  );
  assert.deepEqual(
    paths.map((path) => existsSync(path)),
    [true, false],
  );
  assert.deepEqual((await verifyStore(cache)).corruptCheckpoints, []);
});

test('an unfinished download is removed when it is old; a whole one stays', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  writeFiles(root, {
    'cache/downloads/weights.h5.part': 'half',
    'cache/downloads/other.h5': 'whole',
  });
  assert.deepEqual(findGarbage(cache, { keep: 3 * day, now: inTwoDays() }).remains, []);
  const { remains } = findGarbage(cache, { keep: day, now: inTwoDays() });
  assert.deepEqual(remains, [join(root, 'cache/downloads/weights.h5.part')]);
});

test('old memories, logs of runs and builds of kinds are removed, builds not while a run may load them; records of runs stay', (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  writeFiles(root, { 'cache/memory/a.json': '{}', 'cache/kinds/greet-1/run.mjs': '' });
  const memory = join(root, 'cache/memory/a.json');
  const kind = join(root, 'cache/kinds/greet-1');
  assert.deepEqual(findGarbage(cache, { keep: 3 * day, now: inTwoDays() }).remains, []);
  const run = cache.startRun('2025-01-31', 'test');
  assert.deepEqual(findGarbage(cache, { keep: day, now: inTwoDays() }).remains, [memory]);
  run.attempt('fit', 1).record({ startedAt: 1 });
  run.writeRecord(record);
  const { remains } = findGarbage(cache, { keep: day, now: inTwoDays() });
  const attempts = join(run.path, 'attempts.jsonl');
  assert.deepEqual([...remains].sort(), [kind, attempts, memory].sort());
});

test('the lease of a dead holder is removed, unless somebody takes it meanwhile', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const dead = JSON.stringify({ ...thisProcess(), pid: 2 ** 30 });
  const leftover = join(root, 'cache/leases/left');
  const taken = join(root, 'cache/leases/taken');
  writeFiles(root, { 'cache/leases/left': dead, 'cache/leases/taken': dead });
  await using _held = await Lease.acquire(join(root, 'cache/leases/held'));
  const garbage = findGarbage(cache, { keep: day });
  assert.deepEqual([...garbage.remains].sort(), [leftover, taken]);
  await using _mine = await Lease.acquire(taken);
  removeGarbage(cache, garbage);
  assert.deepEqual(
    [leftover, taken].map((path) => existsSync(path)),
    [false, true],
  );
});

test('what a living run used stays', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const run = cache.startRun('2025-01-31', 'test');
  const used = await store(root, cache, 1, 0);
  await store(root, cache, 2, 90);
  writeFiles(root, { 'cache/displaced/then/mine': 'kept for the user' });
  const garbage = findGarbage(cache, { keep: 0, now: inTwoDays() });
  assert.equal(
    garbage.results.some(({ digest }) => digest === used),
    false,
  );
  assert.equal(garbage.results.length, 1);
  assert.deepEqual(garbage.remains, []);
  run.writeRecord(record);
  const afterwards = findGarbage(cache, { keep: 0, now: inTwoDays() });
  assert.equal(afterwards.results.length, 2);
  assert.deepEqual(afterwards.remains, []);
});

test('verifying finds a flipped byte and a missing object, and says which results need them', async (t) => {
  const root = temporaryFolder(t);
  const warnings: string[] = [];
  const cache = new LocalStore(root, (message) => warnings.push(message));
  const first = await store(root, cache, 1, 0);
  const second = await store(root, cache, 2, 0);
  await store(root, cache, 3, 0);
  writeFileSync(objectOf(cache, 1), 'object !', { mode: 0o644 });
  removeGarbage(cache, {
    ...findGarbage(cache, { keep: day }),
    objects: [objectOf(cache, 2)],
    now: inTwoDays(),
  });
  const progress: number[] = [];
  const damage = await verifyStore(cache, (done, total) => progress.push(done / total));
  assert.deepEqual(damage.corrupt, [sha256('object 1')]);
  assert.deepEqual(
    new Set(damage.incomplete.map(({ result }) => result)),
    new Set([first, second]),
  );
  assert.equal(damage.results, 3);
  assert.equal(progress.at(-1), 1);
  assert.match(warnings.join(), /is damaged \(its content does not match its digest\)/);
  assert.equal(existsSync(objectOf(cache, 1)), false);
});

test('the pieces of stages stay while they are used, with their objects, and go when they are not', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const pieces = new PieceFiles(cache.folder, { base: sha256('kind'), isFresh: false }, () => {});
  const made = writeFiles(join(root, 'made/pieces'), { used: 'frames of a', old: 'frames of b' });
  await pieces.keep('a', { facts: { frames: 3 }, path: join(made, 'used') });
  await pieces.keep('b', { facts: { frames: 4 }, path: join(made, 'old') });
  await pieces.keep('c', { facts: 'alone' });
  const restored = join(root, 'made/restored');
  assert.deepEqual(await pieces.restore('a', restored), { frames: 3 });
  assert.equal(readFileSync(restored, 'utf8'), 'frames of a');
  assert.equal(await pieces.restore('a'), undefined, 'it has bytes');
  assert.equal(await pieces.restore('c'), 'alone');
  assert.equal(await pieces.restore('other', join(root, 'made/other')), undefined);
  const fresh = new PieceFiles(cache.folder, { base: sha256('kind'), isFresh: true }, () => {});
  assert.equal(await fresh.restore('c'), undefined);

  const now = inTwoDays();
  const kept = findGarbage(cache, { keep: 3 * day, now });
  assert.deepEqual([kept.objects, kept.remains], [[], []]);
  assert.equal(kept.held.pieces, 'frames of a'.length + 'frames of b'.length);
  const garbage = findGarbage(cache, { keep: day, now });
  assert.equal(garbage.remains.length, 3);
  assert.deepEqual(
    [...garbage.objects].sort(),
    ['frames of a', 'frames of b'].map((text) => cache.objectPath(sha256(text))).sort(),
  );
  const small = findGarbage(cache, { keep: 3 * day, maxBytes: 15, now });
  assert.equal(small.objects.length, 1, 'the one that was not used last');
  removeGarbage(cache, garbage);
  assert.equal(await pieces.restore('b', join(root, 'made/again')), undefined);
});

test('a damaged piece, or one whose object is damaged, counts as none', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const pieces = new PieceFiles(cache.folder, { base: sha256('kind'), isFresh: false }, () => {});
  const made = writeFiles(join(root, 'made'), { a: 'frames of a', b: 'frames of b' });
  await pieces.keep('a', { facts: 1, path: join(made, 'a') });
  chmodSync(cache.objectPath(sha256('frames of a')), 0o644);
  writeFileSync(cache.objectPath(sha256('frames of a')), 'frames of x');
  assert.equal(await pieces.restore('a', join(root, 'made/again')), undefined);
  await pieces.keep('b', { facts: 2 });
  const [record] = filesIn(inCache(cache.folder, 'pieces')).filter(({ path }) =>
    readFileSync(path, 'utf8').endsWith('{"facts":2}'),
  );
  chmodSync(record!.path, 0o644);
  writeFileSync(record!.path, readFileSync(record!.path, 'utf8').replace('2}', '3}'));
  assert.equal(await pieces.restore('b'), undefined);
});
