import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeFiles } from '../../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../../digest.ts';
import { type Bucket, UnreachableStore } from './bucket.ts';

/** The keys with a prefix, with their sizes. */
async function listAll(
  bucket: Bucket,
  prefix: string,
): Promise<readonly (readonly [key: string, size: number])[]> {
  const listed: [string, number][] = [];
  for await (const { key, size } of bucket.list(prefix)) listed.push([key, size]);
  return listed.sort();
}

/** The law of every form of a bucket. `folder` is for files of the test. */
export async function testBucket(bucket: Bucket, folder: string): Promise<void> {
  const listed = (prefix: string) => listAll(bucket, prefix);
  assert.equal(await bucket.get('a/b'), undefined);
  assert.equal(await bucket.head('a/b'), undefined);
  assert.deepEqual(await listed('a/'), []);
  assert.deepEqual(await bucket.top(), []);
  await bucket.delete('a/b');

  const bytes = Buffer.from('0123456789');
  await bucket.put('a/b', bytes);
  assert.deepEqual(await bucket.get('a/b'), bytes);
  assert.equal((await bucket.get('a/b', { start: 3, length: 4 }))?.toString(), '3456');
  assert.equal(await bucket.head('a/b'), 10);
  await bucket.put('a/b', Buffer.from('other'));
  assert.equal((await bucket.get('a/b'))?.toString(), 'other');

  const path = join(folder, 'large');
  const large = Buffer.alloc(3_000_000, 'large');
  writeFileSync(path, large);
  chmodSync(path, 0o444);
  await bucket.put('a/c d/é', { path, size: large.length, digest: sha256(large) });
  assert.deepEqual(await bucket.get('a/c d/é'), large);
  const end = { start: 2_999_990, length: 10 };
  assert.deepEqual(await bucket.get('a/c d/é', end), large.subarray(-10));
  assert.deepEqual(
    await bucket.get('a/c d/é', { ...end, memory: Buffer.alloc(10) }),
    large.subarray(-10),
  );
  await bucket.put('ab', Buffer.alloc(0));
  assert.equal((await bucket.get('ab'))?.length, 0);
  assert.deepEqual((await bucket.top()).toSorted(), ['a', 'ab']);
  assert.deepEqual(await listed('a/'), [
    ['a/b', 5],
    ['a/c d/é', large.length],
  ]);
  await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      bucket.put(`many/${index}`, Buffer.from(String(index))),
    ),
  );
  await bucket.put('many/.tmp-000000-1-0', bytes); // as a push leaves it that was killed
  assert.equal((await listed('many/')).length, 31);
  await bucket.delete('a/b');
  assert.equal(await bucket.head('a/b'), undefined);
}

/**
 * What others may put into the folder of a bucket: nobody waits for a FIFO, or reads a device, and
 * a link leads nowhere. `folder` is that of the bucket, `elsewhere` another one.
 */
export async function testForeignFiles(
  bucket: Bucket,
  folder: string,
  elsewhere: string,
): Promise<void> {
  writeFiles(elsewhere, { file: 'elsewhere', 'ab/file': 'elsewhere' });
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  mkdirSync(join(folder, 'folder'));
  symlinkSync('/dev/zero', join(folder, 'device'));
  symlinkSync(join(elsewhere, 'file'), join(folder, 'link'));
  symlinkSync('loop', join(folder, 'loop'));
  for (const key of ['fifo', 'folder', 'device', 'link', 'loop']) {
    assert.equal(await bucket.get(key), undefined, key);
    assert.equal(await bucket.get(key, { start: 0, length: 5 }), undefined, key);
    assert.equal(await bucket.head(key), undefined, key);
  }
  for (const key of ['fifo', 'device', 'link']) {
    await bucket.put(key, Buffer.from('ours'));
    assert.equal((await bucket.get(key))?.toString(), 'ours', 'a write takes its place');
  }

  const rejects = (work: Promise<unknown>, what: string) =>
    assert.rejects(
      work,
      new UnreachableStore(`${join(folder, what)}: whoever made it must remove it`),
    );
  const noFolder = (name: string) => `${name} is no folder, and the store needs one there`;
  await rejects(
    bucket.put('folder', Buffer.from('ours')),
    'folder is a folder, and the store needs a file there',
  );
  execFileSync('mkfifo', [join(folder, 'garbage')]);
  writeFileSync(join(folder, 'results'), 'theirs');
  for (const name of ['garbage', 'results']) {
    await rejects(listAll(bucket, `${name}/`), noFolder(name));
    await rejects(bucket.put(`${name}/x`, Buffer.from('ours')), noFolder(name));
    await rejects(bucket.put(`${name}/ab/x`, Buffer.from('ours')), noFolder(name));
  }

  symlinkSync(elsewhere, join(folder, 'objects'));
  const message = `${join(folder, 'objects')} is a link, and a store holds none: whoever made it must remove it`;
  const refused = (work: Promise<unknown>) => assert.rejects(work, new UnreachableStore(message));
  await refused(bucket.put('objects/ab/other', Buffer.from('ours')));
  await refused(bucket.put('objects/cd/other', Buffer.from('ours')));
  await refused(bucket.delete('objects/ab/file'));
  for (const prefix of ['objects/', 'objects/ab/']) await refused(listAll(bucket, prefix));

  mkdirSync(join(folder, 'packs'));
  symlinkSync(elsewhere, join(folder, 'packs/ab'));
  await assert.rejects(listAll(bucket, 'packs/'), {
    message: `${join(folder, 'packs/ab')} is a link, and a store holds none: whoever made it must remove it`,
  });
  assert.deepEqual(readdirSync(elsewhere, { recursive: true }).sort(), ['ab', 'ab/file', 'file']);
  assert.equal(readFileSync(join(elsewhere, 'file'), 'utf8'), 'elsewhere');
}
