import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { test } from 'node:test';
import { listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { day } from '../../day.ts';
import { sha256 } from '../../digest.ts';
import { slug } from '../config/file-names.ts';
import { DigestIndex } from '../files/digest-index.ts';
import { thisProcess } from '../files/process-identity.ts';
import { stagingName } from '../files/staging-name.ts';
import { temporaryBeside } from '../files/temporary-files.ts';
import { nameView, viewName } from '../store/input-view-name.ts';
import { LocalStore } from '../store/local-store.ts';
import { clearAfterKilledRuns, findLeftovers, removeLeftovers } from './leftovers.ts';
import { Publisher } from './publish.ts';

/** The number of a process that ended. */
const ended = (): number => spawnSync(process.execPath, ['-e', '']).pid;
const ofProcess = (name: string, pid: number): string =>
  name.replace(`-${process.pid}-`, `-${pid}-`);

/** A run with a file of 7 bytes in its private folder, whose process is as given. */
function begin(cache: LocalStore, id: string, owner: object): string {
  const run = cache.startRun(id, 'test');
  writeFileSync(join(run.attempt('fit', 1).work, 'half'), 'written');
  writeFileSync(join(run.path, 'process.json'), JSON.stringify({ ...thisProcess(), ...owner }));
  return run.work;
}

test('the private folder of a killed run is a leftover; that of a run that may live, also on another host, is not', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const killed = begin(cache, 'killed', { pid: ended() });
  const living = begin(cache, 'living', {});
  const elsewhere = begin(cache, 'elsewhere', { host: 'elsewhere', pid: ended() });
  assert.deepEqual(findLeftovers(root, cache), [{ path: killed, bytes: 7 }]);
  assert.deepEqual(findLeftovers(root, cache, Date.now() + 29 * day), [{ path: killed, bytes: 7 }]);
  assert.deepEqual(
    findLeftovers(root, cache, Date.now() + 31 * day).map(({ path }) => path),
    [elsewhere, killed],
  );
  await removeLeftovers(findLeftovers(root, cache));
  assert.deepEqual([killed, living, elsewhere].map(existsSync), [false, true, true]);
});

test('the name of the inputs of a killed run is a leftover, and that of a living run is not', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const names = [begin(cache, 'killed', { pid: ended() }), begin(cache, 'living', {})].map(
    (work) => {
      const name = viewName(cache.folder, sha256(work));
      mkdirSync(join(work, `${slug('fit')}-1`, 'in'));
      nameView(name, join(work, `${slug('fit')}-1`, 'in'));
      return name;
    },
  );
  await removeLeftovers(findLeftovers(root, cache));
  assert.deepEqual(readdirSync(join(cache.folder, 'in')), [basename(names[1]!)]);
});

test('a half-written file of a dead process is a leftover, wherever in the cache; one of an unknown process after a day', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const paths = ['x', 'leases/x', 'latest/p/x', 'objects/ab/x', 'checkpoints/ab/x', 'published/x'];
  const dead = ended();
  const temporaries = paths.map((path) => temporaryBeside(join(cache.folder, path)));
  const dying = temporaries.map((path) => ofProcess(path, dead));
  const elsewhere = dying.map((path) => path.replace(/\.tmp-[0-9a-f]{6}/, '.tmp-000000'));
  const all = [...temporaries, ...dying, ...elsewhere];
  writeFiles(root, Object.fromEntries(all.map((path) => [relative(root, path), 'half'])));
  assert.deepEqual(
    findLeftovers(root, cache)
      .map(({ path }) => path)
      .sort(),
    [...dying].sort(),
  );
  assert.equal(findLeftovers(root, cache, Date.now() + 2 * day).length, all.length);
});

test('what a killed process staged beside a path is a leftover, also if nothing was published there before', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const publisher = new Publisher(root, cache, new DigestIndex(cache.folder));
  const artifact = await listArtifact(writeFiles(join(root, 'cache/work/out'), { a: 'text' }));
  const publication = await publisher.publish(artifact, 'out/x', {
    pipeline: 'p',
    stage: 's',
    port: 'o',
  });
  assert.equal(
    publication.ok,
    false,
    'its object was never stored, so it ended while it was staged',
  );
  const staging = join(root, 'out', stagingName(sha256('out/x')));
  const dead = ofProcess(staging, ended());
  const living = ofProcess(staging, process.ppid);
  writeFiles(root, {
    [`${relative(root, dead)}/a`]: 'half',
    [`${relative(root, living)}/a`]: 'half',
  });
  assert.deepEqual(findLeftovers(root, cache), [{ path: dead, bytes: 4 }]);
});

test('a new run clears all leftovers if a run was killed', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const half = ofProcess(temporaryBeside(join(cache.folder, 'objects/ab/x')), ended());
  writeFiles(root, { [relative(root, half)]: 'half' });
  await clearAfterKilledRuns(root, cache);
  assert.equal(existsSync(half), true, 'nothing says that a run was killed');
  const killed = begin(cache, 'killed', { pid: ended() });
  await clearAfterKilledRuns(root, cache);
  assert.deepEqual([half, killed].map(existsSync), [false, false]);
  assert.deepEqual(findLeftovers(root, cache), []);
});
