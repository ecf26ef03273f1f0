import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { LocalStore } from './local-store.ts';
import type { StageResult } from './stage-result.ts';
import { verifyStore } from './verify-store.ts';

/** Stores a result with an object of its own. */
async function add(cache: LocalStore, seed: number): Promise<StageResult> {
  const folder = writeFiles(join(cache.folder, 'work', String(seed)), {
    file: `the output ${seed}`,
  });
  const artifact = await listArtifact(folder);
  await cache.storeArtifact(folder, artifact);
  const result = exampleResult(seed, { out: artifact });
  await cache.writeResult(result);
  return result;
}

async function twoResults(t: TestContext) {
  const cache = new LocalStore(temporaryFolder(t));
  return { cache, results: [await add(cache, 1), await add(cache, 2)] };
}

/** Runs `act` once, when the first object was hashed: another process works beside. */
function once(act: () => void): () => void {
  let isFirst = true;
  return () => {
    if (isFirst) act();
    isFirst = false;
  };
}

const objectsIn = (cache: LocalStore, { outputs }: StageResult): readonly string[] =>
  outputs['out']!.files.map(({ digest }) => cache.objectPath(digest));

/** Removes a result and then its objects, as gc does. */
function collect(cache: LocalStore, result: StageResult): void {
  for (const path of [cache.resultPath(result.digest), ...objectsIn(cache, result)]) rmSync(path);
}

/**
 * Stores the objects of a result and then the result, as a run does, at one moment: it has them
 * from another cache.
 */
function take(cache: LocalStore, from: LocalStore, result: StageResult): void {
  for (const path of [...objectsIn(from, result), from.resultPath(result.digest)]) {
    const to = path.replace(from.folder, cache.folder);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(path, to);
  }
}

test('a result that lacks an object is incomplete, unless gc takes the result as well', async (t) => {
  const { cache, results } = await twoResults(t);
  const [first, second] = results;
  rmSync(objectsIn(cache, first!)[0]!);
  const collected = once(() => collect(cache, second!));
  const damage = await verifyStore(cache, collected);
  assert.deepEqual(
    damage.incomplete.map(({ result }) => result),
    [first!.digest],
  );
});

test('a result that a run stores while verify reads is not incomplete', async (t) => {
  const { cache } = await twoResults(t);
  const otherStore = new LocalStore(temporaryFolder(t));
  const third = await add(otherStore, 3);
  const stored = once(() => take(cache, otherStore, third));
  const { incomplete, corrupt } = await verifyStore(cache, stored);
  assert.deepEqual([incomplete, corrupt], [[], []]);
});

test('a result that gc removes and a run makes again while verify reads is not incomplete', async (t) => {
  const { cache, results } = await twoResults(t);
  const { cache: otherCache } = await twoResults(t);
  const renewed = once(() => {
    for (const result of results) collect(cache, result);
    for (const result of results) take(cache, otherCache, result);
  });
  const { incomplete, corrupt } = await verifyStore(cache, renewed);
  assert.deepEqual([incomplete, corrupt], [[], []]);
});
