import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { isDigest } from '../../digest.ts';
import { DigestIndex } from '../files/digest-index.ts';
import { isStagingName } from '../files/staging-name.ts';
import { LocalStore } from '../store/local-store.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { verifyStore } from '../store/verify-store.ts';
import { Publisher } from './publish.ts';

const kills = 3;
const owner = { pipeline: 'x', stage: 'fit', port: 'out' };

/** Two runs at once, in the same project; resolves when both are at work on a second output. */
async function startTwo(root: string): Promise<readonly ChildProcess[]> {
  const program = join(import.meta.dirname, '../../../test/support/store-and-publish.ts');
  const children = [0, 1].map(() =>
    spawn(process.execPath, ['--import', 'tsx', program, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  await Promise.all(children.map((child) => readDots(child, 2)));
  return children;
}

/** The program writes a dot as it begins to store an output. */
async function readDots(child: ChildProcess, count: number): Promise<void> {
  for (let dots = 0; dots < count; ) {
    const [text] = (await once(child.stdout!, 'data')) as [Buffer];
    dots += text.length;
  }
}

test('two runs at once, killed at any instant, leave only complete things under final names', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root, (message) => assert.fail(message));
  const publisher = new Publisher(root, cache, new DigestIndex(cache.folder));
  const artifacts = new Map<string, StoredArtifact>();
  for (let kill = 0; kill < kills; kill += 1) {
    const children = await startTwo(root);
    await delay(Math.random() * 250); // the instant is the point: any will do
    for (const child of children) {
      assert.equal(child.exitCode, null, 'it failed by itself');
      child.kill('SIGKILL');
    }
    await Promise.all(
      children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')),
    );

    const damage = await verifyStore(cache);
    assert.deepEqual(
      { corrupt: damage.corrupt, incomplete: damage.incomplete },
      { corrupt: [], incomplete: [] },
    );
    for (const artifact of storedIn(cache)) artifacts.set(artifact.digest, artifact);
    const out = join(root, 'artifacts/out');
    if (existsSync(out))
      assert.ok(artifacts.has((await listArtifact(out)).digest), 'what is published is whole');
    assert.deepEqual(
      namesIn(root, 'artifacts').filter((name) => name !== 'out' && !isStagingName(name)),
      [],
    );
  }

  const [artifact] = artifacts.values();
  assert.ok(artifact !== undefined, 'some rounds were completed');
  const publication = await publisher.publish(artifact, 'artifacts/out', owner);
  assert.ok(
    publication.ok && publication.displaced === undefined,
    'what the killed put there is ours',
  );
  assert.deepEqual(readdirSync(join(root, 'artifacts')), ['out'], 'leftovers are gone');
});

/**
 * The outputs of all results; what is not a result's name is a temporary file of a killed process.
 */
function storedIn(cache: LocalStore): readonly StoredArtifact[] {
  const names = namesIn(cache.folder, 'results').flatMap((folder) =>
    namesIn(cache.folder, 'results', folder),
  );
  const digests = names.map((name) => name.replace('.json', '')).filter(isDigest);
  return digests.map((digest) => cache.readResult(digest)!.outputs['out']!);
}

const namesIn = (...folders: readonly string[]): readonly string[] =>
  existsSync(join(...folders)) ? readdirSync(join(...folders)) : [];
