import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { backdate, filesSignature } from '../files/backdate.ts';
import { DigestIndex } from '../files/digest-index.ts';
import { stagingName } from '../files/staging-name.ts';
import { LocalStore } from '../store/local-store.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { Publisher } from './publish.ts';
import { targetKey } from './publish-target.ts';

const owner = { pipeline: 'experiments/x', stage: 'fit', port: 'model' };

class Project {
  readonly root: string;
  readonly warnings: string[] = [];
  readonly cache: LocalStore;
  readonly digests: DigestIndex;
  readonly publisher: Publisher;

  constructor(t: TestContext, options: { readonly hardLink?: boolean } = {}) {
    this.root = temporaryFolder(t);
    this.cache = new LocalStore(this.root, (message) => this.warnings.push(message));
    this.digests = new DigestIndex(this.cache.folder);
    this.publisher = new Publisher(this.root, this.cache, this.digests, options);
  }

  /** Stores a folder with these files, or a single file of this text. */
  async store(content: Readonly<Record<string, string>> | string): Promise<StoredArtifact> {
    const work = join(this.root, 'cache/work/out');
    rmSync(work, { recursive: true, force: true });
    if (typeof content === 'string') writeFiles(join(this.root, 'cache/work'), { out: content });
    else writeFiles(work, content);
    const artifact = await listArtifact(work);
    await this.cache.storeArtifact(work, artifact);
    return artifact;
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  write(path: string, text: string): void {
    writeFiles(this.root, { [path]: text });
  }
}

test('a folder and a file are published, and the second time nothing is done', async (t) => {
  const project = new Project(t);
  const model = await project.store({ 'model.json': '{}', 'deep/weights': 'bytes' });
  const scores = await project.store('key,split');
  const inodes = () =>
    ['model', 'scores.csv'].map((name) => statSync(join(project.root, 'artifacts/x', name)).ino);
  const publish = async () => {
    assert.deepEqual(await project.publisher.publish(model, 'artifacts/x/model', owner), {
      ok: true,
    });
    assert.deepEqual(await project.publisher.publish(scores, 'artifacts/x/scores.csv', owner), {
      ok: true,
    });
    return inodes();
  };
  assert.deepEqual(await publish(), await publish());
  assert.equal(project.read('artifacts/x/model/deep/weights'), 'bytes');
  assert.equal(project.read('artifacts/x/scores.csv'), 'key,split');
  assert.deepEqual(readdirSync(join(project.root, 'artifacts/x')).sort(), ['model', 'scores.csv']);
});

test('published files are the users to write, and executable where they were', async (t) => {
  const project = new Project(t);
  const work = writeFiles(join(project.root, 'cache/work/out'), { 'run.sh': 'exit', data: 'text' });
  chmodSync(join(work, 'run.sh'), 0o755);
  const artifact = await listArtifact(work);
  await project.cache.storeArtifact(work, artifact);
  await project.publisher.publish(artifact, 'artifacts/x', owner);
  const modeOf = (name: string) => statSync(join(project.root, 'artifacts/x', name)).mode & 0o777;
  assert.equal(modeOf('run.sh'), 0o777 & ~process.umask());
  assert.equal(modeOf('data'), 0o666 & ~process.umask());
});

test('what Restage published is replaced silently, whether it is a file or a folder', async (t) => {
  const project = new Project(t);
  for (const content of [{ a: '1', gone: '1' }, { a: '2' }, 'a file now', 'another', { a: '3' }]) {
    const artifact = await project.store(content);
    assert.deepEqual(await project.publisher.publish(artifact, 'artifacts/x', owner), { ok: true });
  }
  assert.deepEqual(readdirSync(join(project.root, 'artifacts')), ['x']);
  assert.deepEqual(readdirSync(join(project.root, 'artifacts/x')), ['a']);
  assert.equal(project.exists('cache/displaced'), false);
});

test("a user's own file, an edited output and a link are moved aside, and the path is reported", async (t) => {
  const project = new Project(t);
  const artifact = await project.store('ours');
  const publish = async () => {
    const publication = await project.publisher.publish(artifact, 'artifacts/x', owner);
    assert.ok(publication.ok && publication.displaced !== undefined);
    assert.match(publication.displaced, /^cache\/displaced\/[^/]+\/artifacts\/x$/);
    assert.equal(project.read('artifacts/x'), 'ours');
    return publication.displaced;
  };
  project.write('artifacts/x', 'mine');
  assert.equal(project.read(await publish()), 'mine');
  project.write('artifacts/x', 'ours, edited');
  assert.equal(project.read(await publish()), 'ours, edited');
  rmSync(join(project.root, 'artifacts/x'));
  project.write('artifacts/x/deep', 'a folder of mine');
  assert.equal(project.read(`${await publish()}/deep`), 'a folder of mine');
  rmSync(join(project.root, 'artifacts/x'));
  project.write('data', 'ours');
  symlinkSync('../data', join(project.root, 'artifacts/x'));
  assert.ok(await publish());
  assert.equal(project.read('data'), 'ours');
});

test('an object with a flipped byte is noticed, set aside, and nothing of it is published', async (t) => {
  const project = new Project(t);
  const artifact = await project.store({ a: 'sound', b: 'rotten' });
  await project.publisher.publish(await project.store({ a: 'the last one' }), 'artifacts/x', owner);
  const object = project.cache.objectPath(sha256('rotten'));
  chmodSync(object, 0o644);
  writeFileSync(object, 'rotteN');
  const corrupt = await project.publisher.publish(artifact, 'artifacts/x', owner);
  assert.deepEqual(corrupt, { ok: false });
  assert.match(
    project.warnings.join(),
    new RegExp(`^${object} is damaged .its content does not match its digest`),
  );
  const missing = await project.publisher.publish(artifact, 'artifacts/x', owner);
  assert.deepEqual(missing, { ok: false });
  assert.equal(project.warnings.length, 1);
  assert.equal(project.read('artifacts/x/a'), 'the last one');
  assert.deepEqual(readdirSync(join(project.root, 'artifacts')), ['x']);
});

/** The signature of an artifact's objects. */
const signatureOf = (artifact: StoredArtifact, cache: LocalStore) =>
  filesSignature(artifact, ({ digest }) => statSync(cache.objectPath(digest)));

/**
 * Gives an object other bytes of the same size, and a new signature: it shows where its digest is
 * taken over.
 */
function lie(object: string): void {
  chmodSync(object, 0o644);
  writeFileSync(object, readFileSync(object, 'utf8').toUpperCase());
  backdate(object, statSync(object));
}

test('copies of objects with a signature are not hashed, then or when they are listed', async (t) => {
  const project = new Project(t);
  for (const artifact of [
    await project.store({ a: 'text', b: 'more' }),
    await project.store('file'),
  ]) {
    for (const { digest } of artifact.files) lie(project.cache.objectPath(digest));
    const signature = signatureOf(artifact, project.cache);
    assert.deepEqual(
      await project.publisher.publish(artifact, 'artifacts/x', owner, { signature }),
      { ok: true },
    );
    assert.equal(
      (await project.digests.list(join(project.root, 'artifacts/x'))).digest,
      artifact.digest,
    );
  }
  assert.equal(project.read('artifacts/x'), 'FILE');
});

test('a copy of an object that came just now is not hashed, unless the object was written to since', async (t) => {
  const project = new Project(t);
  const artifact = await project.store('text');
  const object = project.cache.objectPath(artifact.digest);
  const digest = sha256('text');
  lie(object);
  project.cache.verified.set(digest, statSync(object));
  const publish = () => project.publisher.publish(artifact, 'artifacts/x', owner);
  assert.deepEqual(await publish(), { ok: true });
  rmSync(join(project.root, 'artifacts/x'));
  writeFileSync(object, 'TeXt');
  assert.deepEqual(await publish(), { ok: false });
});

test('hard links of objects with a signature are not hashed either', async (t) => {
  const project = new Project(t, { hardLink: true });
  const artifact = await project.store({ a: 'text' });
  lie(project.cache.objectPath(sha256('text')));
  const signature = signatureOf(artifact, project.cache);
  for (const path of ['artifacts/x', 'artifacts/y']) {
    assert.deepEqual(await project.publisher.publish(artifact, path, owner, { signature }), {
      ok: true,
    });
    assert.equal((await project.digests.list(join(project.root, path))).digest, artifact.digest);
  }
});

test('an object that changed since its signature was taken is hashed, and one that changes while others are copied', async (t) => {
  const project = new Project(t);
  const artifact = await project.store(
    Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`${n}`, `text ${n}`])),
  );
  const signature = signatureOf(artifact, project.cache);
  const publishing = project.publisher.publish(artifact, 'artifacts/x', owner, { signature });
  await nextTurn();
  const object = project.cache.objectPath(sha256('text 299'));
  chmodSync(object, 0o644);
  writeFileSync(object, 'TEXT 299');
  assert.deepEqual(await publishing, { ok: false });
  assert.deepEqual(await project.publisher.publish(artifact, 'artifacts/x', owner, { signature }), {
    ok: false,
  });
  assert.equal(project.exists('artifacts/x'), false);
});

test('an object with a signature of which only a part is there is not published', async (t) => {
  const project = new Project(t);
  const artifact = await project.store('text');
  const object = project.cache.objectPath(sha256('text'));
  chmodSync(object, 0o644);
  truncateSync(object, 2);
  backdate(object, statSync(object));
  const signature = signatureOf(artifact, project.cache);
  assert.deepEqual(await project.publisher.publish(artifact, 'artifacts/x', owner, { signature }), {
    ok: false,
  });
  assert.equal(project.exists('artifacts/x'), false);
});

test('an output that is not stored is published from its private path', async (t) => {
  const project = new Project(t);
  const work = writeFiles(join(project.root, 'cache/work/out'), { a: 'text' });
  const artifact = await listArtifact(work);
  assert.deepEqual(
    await project.publisher.publish(artifact, 'artifacts/x', owner, { from: work }),
    { ok: true },
  );
  assert.equal(project.read('artifacts/x/a'), 'text');
  assert.equal(project.exists('cache/objects'), false);
});

test('a target outside the root, in the cache or below a file is refused', async (t) => {
  const project = new Project(t);
  const artifact = await project.store('text');
  const elsewhere = temporaryFolder(t);
  symlinkSync(elsewhere, join(project.root, 'linked'));
  symlinkSync('loop', join(project.root, 'loop'));
  project.write('notes.txt', 'mine');
  const refused: Readonly<Record<string, string>> = {
    '../x': '../x is not a path inside the project, so nothing can be published there',
    '/x': '/x is not a path inside the project, so nothing can be published there',
    'a/../..': 'a/../.. is not a path inside the project, so nothing can be published there',
    '.': '. is not a path inside the project, so nothing can be published there',
    'cache/x': 'cache/x lies in "cache/", which is not for outputs; choose another path',
    'linked/deep/x': `linked/deep/x leads out of the project: linked is a link to ${elsewhere}`,
    'loop/x': 'loop is not a folder, so loop/x cannot be published below it; move it away',
    'notes.txt/x':
      'notes.txt is not a folder, so notes.txt/x cannot be published below it; move it away',
    'notes.txt/deep/x':
      'notes.txt is not a folder, so notes.txt/deep/x cannot be published below it; move it away',
  };
  for (const [path, message] of Object.entries(refused)) {
    await assert.rejects(project.publisher.publish(artifact, path, owner), {
      name: 'PublishError',
      message,
    });
  }
  assert.equal(project.read('notes.txt'), 'mine');
  assert.deepEqual(readdirSync(elsewhere), []);
});

test('the next publish removes what a killed process left beside the path, and nothing of a living one', async (t) => {
  const project = new Project(t);
  const artifact = await project.store('text');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const key = sha256('artifacts/x');
  const staging = stagingName(key);
  const dead = staging.replace(`-${process.pid}-`, `-${pid}-`);
  const living = staging.replace(`-${process.pid}-`, `-${process.ppid}-`);
  const others = stagingName(sha256('artifacts/y'));
  for (const name of [staging, dead, living, others, '.restage-notes'])
    project.write(`artifacts/${name}`, 'half');
  await project.publisher.publish(artifact, 'artifacts/x', owner);
  assert.deepEqual(
    readdirSync(join(project.root, 'artifacts')).sort(),
    [living, '.restage-notes', 'x'].sort(),
  );
});

test('hard links on request share the object, and are replaced like copies', async (t) => {
  const project = new Project(t, { hardLink: true });
  const artifact = await project.store({ a: 'text' });
  await project.publisher.publish(artifact, 'artifacts/x', owner);
  assert.equal(
    statSync(join(project.root, 'artifacts/x/a')).ino,
    statSync(project.cache.objectPath(sha256('text'))).ino,
  );
  await project.publisher.publish(await project.store({ a: 'next' }), 'artifacts/x', owner);
  assert.equal(readFileSync(project.cache.objectPath(sha256('text')), 'utf8'), 'text');
  assert.equal(project.read('artifacts/x/a'), 'next');
});

test('many who publish to one path at once all succeed, and a reader never sees a mixture', async (t) => {
  const project = new Project(t);
  const versions = await Promise.all(
    [0, 1, 2].map((version) => {
      const files = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`f${i}`, `version ${version}`]),
      );
      const work = writeFiles(join(project.root, `cache/work/${version}`), files);
      return listArtifact(work).then(async (artifact) => {
        await project.cache.storeArtifact(work, artifact);
        return artifact;
      });
    }),
  );
  const digests = new Set(versions.map(({ digest }) => digest));
  const publications = Array.from({ length: 12 }, async (_, i) => {
    const publication = await project.publisher.publish(versions[i % 3]!, 'artifacts/x', owner);
    assert.deepEqual(publication, { ok: true });
    return publication;
  });
  await Promise.all(publications);
  assert.ok(digests.has((await listArtifact(join(project.root, 'artifacts/x'))).digest));
  assert.deepEqual(readdirSync(join(project.root, 'artifacts')), ['x']);
});

test('a path that was never published takes no lease, and nothing else that the next publish would clear', async (t) => {
  const project = new Project(t);
  const scores = await project.store('key,split');
  assert.deepEqual(await project.publisher.publish(scores, 'artifacts/scores.csv', owner), {
    ok: true,
  });
  assert.deepEqual(readdirSync(join(project.root, 'artifacts')), ['scores.csv']);
  assert.ok(!project.exists('cache/leases'));
  // What a run that was killed before its move had recorded counts as ours, also after another one.
  const other = await project.store('another');
  project.publisher.records.write(targetKey('artifacts/x'), {
    ...owner,
    path: 'artifacts/x',
    digest: scores.digest,
    time: new Date().toISOString(),
  });
  await project.publisher.publish(other, 'artifacts/x', owner);
  assert.equal(project.publisher.records.read(targetKey('artifacts/x'))?.before, scores.digest);
});

test('an empty folder is an artifact like any other', async (t) => {
  const project = new Project(t);
  const work = join(project.root, 'cache/work/out');
  mkdirSync(work, { recursive: true });
  const artifact = await listArtifact(work);
  await project.publisher.publish(artifact, 'artifacts/x', owner);
  assert.deepEqual(readdirSync(join(project.root, 'artifacts/x')), []);
});
