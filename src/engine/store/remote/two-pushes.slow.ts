import assert from 'node:assert/strict';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../digest.ts';
import { LocalStore } from '../local-store.ts';
import type { StageResult } from '../stage-result.ts';
import type { FileBody } from './buckets/bucket.ts';
import { FolderBucket } from './buckets/folder-bucket.ts';
import type { SigningKey } from './keys.ts';
import { RemoteStore } from './remote-store.ts';
import { sharedRuns } from './shared-runs.ts';
import { SharedStore } from './shared-store.ts';
import { Group, make } from './testing-group.ts';

const never = new AbortController().signal;

/** A bucket in which something happens before one of the puts, counted from 0. */
class Interrupted extends FolderBucket {
  puts = 0;
  readonly #at: number;
  readonly #happens: () => Promise<void>;

  constructor(folder: string, at: number, happens: () => Promise<void>) {
    super(folder);
    this.#at = at;
    this.#happens = happens;
  }

  override async put(key: string, body: Buffer | FileBody): Promise<void> {
    this.puts += 1;
    if (this.puts - 1 === this.#at) await this.#happens();
    await super.put(key, body);
  }
}

/** Pages of two runs: a large one is an object of its own, and a small one lies in a pack. */
const pages: Readonly<Record<string, string>> = {
  '2026-01-01': `<p>${'x'.repeat(1_500_000)}`,
  '2026-01-02': '<p>second',
};

/** A cache in which two results, and two runs of them, wait to be sent. */
async function waiting(t: TestContext) {
  const group = new Group(temporaryFolder(t));
  const key = group.key('alice');
  const maker = await group.clone('maker', key);
  const results = [await make(maker, 1, { a: 'one' }), await make(maker, 2, { a: 'two' })];
  const stages = Object.fromEntries(
    results.map(({ digest }, n) => [`s${n}`, { result: digest, outputs: {}, isFinal: true }]),
  );
  for (const [run, page] of Object.entries(pages)) {
    writeFiles(group.root, { 'report.html': page });
    maker.outbox.shareRun({ run, pipeline: 'p', stages }, join(group.root, 'report.html'));
  }
  return { group, key, results };
}

/** The store of a process with this cache, over a bucket. */
function over(group: Group, key: SigningKey, bucket: Interrupted): SharedStore {
  const spec = { url: group.shared, keys: [key.text], shareEnv: false };
  const listener = { warn: (text: string) => void group.warnings.push(text) };
  const remote = new RemoteStore(spec, bucket, key, listener.warn);
  return new SharedStore(new LocalStore(join(group.root, 'maker')), remote, spec, listener);
}

/** Asserts that a new clone finds the results, and of each run its page and texts of results. */
async function assertWhole(group: Group, results: readonly StageResult[]): Promise<void> {
  const reader = await group.clone('reader');
  for (const result of results) {
    assert.deepEqual(await reader.lookup(result.digest), { state: 'elsewhere', result });
    assert.ok(await reader.fetch(Object.values(result.outputs)));
  }
  const runs: string[] = [];
  const asked = { listed: [reader], warn: (text: string) => void group.warnings.push(text) };
  for await (const { manifest, locations } of sharedRuns(asked, 'p')) {
    runs.push(manifest.run);
    const at = locations.get(manifest.report!)!;
    const page = await reader.remote.bucket.get(at.key, at);
    assert.equal(sha256(page!), sha256(pages[manifest.run]!));
    const entries = await reader.remote.readEntries(manifest, locations);
    assert.deepEqual(
      [...entries.keys()].toSorted(),
      results.map(({ digest }) => digest).toSorted(),
    );
  }
  assert.deepEqual(runs, Object.keys(pages).toReversed());
  assert.deepEqual(group.warnings, []);
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** Asserts that nothing waits in the cache any more, and that nothing is left of what waited. */
const assertNothingWaits = (group: Group, cache: string): void =>
  assert.deepEqual(filesIn(join(group.root, cache, 'cache/outbox')), []);

/** How many puts a push of all that waits makes. */
const puts = 7;

test('a push of what waits makes as many puts as the stories below interrupt', async (t) => {
  const { group, key, results } = await waiting(t);
  const bucket = new Interrupted(group.shared, -1, async () => {});
  await over(group, key, bucket).outbox.flush(never);
  assert.equal(bucket.puts, puts);
  await assertWhole(group, results);
});

for (let at = 0; at < puts; at += 1) {
  test(`two processes of one cache push the same runs, one all of them before put ${at} of the other: nothing is lost`, async (t) => {
    const { group, key, results } = await waiting(t);
    const other = await group.clone('maker', key);
    const bucket = new Interrupted(group.shared, at, () => other.outbox.flush(never));
    await over(group, key, bucket).outbox.flush(never);
    await assertWhole(group, results);
    assertNothingWaits(group, 'maker');
  });

  test(`two machines with a copy of the cache push the same runs, one all of them before put ${at} of the other: nothing is lost`, async (t) => {
    const { group, key, results } = await waiting(t);
    cpSync(join(group.root, 'maker'), join(group.root, 'copy'), { recursive: true });
    const other = await group.clone('copy', key);
    // One result more, so that its packs, and what its runs say of results, are other bytes.
    await make(other, 3, { a: 'three' });
    const bucket = new Interrupted(group.shared, at, () => other.outbox.flush(never));
    await over(group, key, bucket).outbox.flush(never);
    await assertWhole(group, results);
    for (const cache of ['maker', 'copy']) assertNothingWaits(group, cache);
  });

  test(`a push that is killed before put ${at} leaves what the next one needs, and no file`, async (t) => {
    const { group, key, results } = await waiting(t);
    const kill = () => Promise.reject(new Error('killed'));
    const bucket = new Interrupted(group.shared, at, kill);
    await assert.rejects(over(group, key, bucket).outbox.flush(never), /killed/);
    await (await group.clone('maker', key)).outbox.flush(never);
    await assertWhole(group, results);
    assertNothingWaits(group, 'maker');
  });
}
