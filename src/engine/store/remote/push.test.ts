import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../digest.ts';
import { type Bucket, mostWhole, type StoredKey } from './buckets/bucket.ts';
import { FolderBucket } from './buckets/folder-bucket.ts';
import { dataKeyOf, openEnvelope } from './envelope.ts';
import { ensureKey } from './keys.ts';
import { Push } from './push.ts';

test('an object that is marked while a text that names it waits for its seal does not end the push', async (t) => {
  const folder = temporaryFolder(t);
  const key = ensureKey(join(folder, 'key.pem'));
  mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 });
  t.after(() => mock.timers.reset());
  const store = (name: string, size: number) => {
    const bytes = Buffer.alloc(size, name);
    const object = { digest: sha256(bytes), path: join(folder, name) };
    writeFileSync(object.path, bytes);
    return { ...object, key: dataKeyOf('objects', object.digest) };
  };
  const first = store('first', 1_100_000);
  const marked = store('marked', 1_100_000);
  const third = store('third', 1_100_000);
  // One more than a pack holds.
  const small = Array.from({ length: 33 }, (_, i) => store(`small ${i}`, 1_040_000));
  const files = new Map<string, Buffer | number>();
  let letHeadAnswer = (): void => {};
  const isSentAgain = new Promise<void>((resolve) => {
    letHeadAnswer = resolve;
  });
  const bucket: Bucket = {
    requests: 16,
    patience: 2_500,
    get: async (at) => (Buffer.isBuffer(files.get(at)) ? (files.get(at) as Buffer) : undefined),
    head: async (at) => {
      const file = files.get(at);
      if (at === first.key && file !== undefined) await isSentAgain; // when its text is sealed
      return Buffer.isBuffer(file) ? file.length : file;
    },
    put: async (at, body) => {
      files.set(at, Buffer.isBuffer(body) ? body : body.size);
      // No earlier answer is trusted.
      if (at.startsWith('packs/') || at === third.key) mock.timers.tick(61_000);
      if (at === third.key)
        files.set('garbage/0123456789abcdef.json', Buffer.from(JSON.stringify([marked.key])));
      if (!at.startsWith(`${marked.key}-`)) return;
      letHeadAnswer();
      for (let turns = 0; turns < 20; turns++) await setImmediate();
    },
    async *list(prefix): AsyncIterable<StoredKey> {
      for (const at of files.keys())
        if (at.startsWith(prefix)) yield { key: at, size: 1, time: Date.now() };
    },
    top: async () => [],
    delete: async (at) => void files.delete(at),
    close: async () => {},
  };
  const push = new Push({ key, located: new Map(), request: (act) => act(bucket) });
  const parcel = (name: string, of: (typeof first)[]) => ({
    kind: 'result' as const,
    key: `results/${name}`,
    text: '{}',
    objects: of,
    onSent: () => {},
  });
  await push.send([
    parcel('one', [marked, first, ...small.slice(1)]),
    parcel('two', [third, marked, small[0]!]),
  ]);
  assert.deepEqual(push.failed, []);
  const named = openEnvelope('result', files.get('results/two') as Buffer, key.text)!;
  assert.match(named.locations.get(marked.digest)!.key, new RegExp(`^${marked.key}-`));
});

test('a text that is larger than readers accept is not sent, and the push says why', async (t) => {
  const folder = temporaryFolder(t);
  const key = ensureKey(join(folder, 'key.pem'));
  const bucket = new FolderBucket(folder);
  const push = new Push({ key, located: new Map(), request: (act) => act(bucket) });
  const text = 'x'.repeat(mostWhole);
  await push.send([
    { kind: 'result', key: 'results/large', text, objects: [], onSent: () => assert.fail() },
  ]);
  const why = 'it has more files than fit into the 128 MiB that are read of a signed text';
  assert.deepEqual(push.failed, [{ key: 'results/large', why }]);
  assert.equal(await bucket.get('results/large'), undefined);
});
