import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MemoryS3 } from '../../../../../test/support/memory-s3.ts';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { until } from '../../../../../test/support/until.ts';
import { day } from '../../../../day.ts';
import { sha256 } from '../../../../digest.ts';
import { collectShared } from '../collect-shared.ts';
import { dataKeyOf } from '../envelope.ts';
import { type FileBody, RefusedRequest, UnreachableStore } from './bucket.ts';
import { S3Bucket } from './s3-bucket.ts';

const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
const partSize = 1000;

/** A file of five parts, and a bucket that sends such parts. */
function fiveParts(t: TestContext, server: MemoryS3) {
  const folder = temporaryFolder(t);
  const path = join(folder, 'file');
  const bytes = Buffer.from(Array.from({ length: 4500 }, (_, index) => index % 251));
  writeFileSync(path, bytes);
  const body: FileBody = { path, size: bytes.length, digest: sha256(bytes) };
  const key = dataKeyOf('objects', body.digest);
  const place = { bucket: 'bucket', prefix: 'store/', endpoint: server.endpoint };
  const open = (own: Readonly<Record<string, string>> = env) =>
    new S3Bucket(place, own, { partSize });
  const sent = () => server.asked.filter((line) => /^PUT .*partNumber/.test(line)).length;
  return { folder, bytes, body, key, open, sent };
}

test('a large file goes up in parts, and a smaller one by one request', async (t) => {
  await using server = await MemoryS3.start();
  const { bytes, body, key, open, sent } = fiveParts(t, server);
  const bucket = open();
  await bucket.put(key, body);
  assert.deepEqual(await bucket.get(key), bytes);
  assert.deepEqual([sent(), server.uploads.size], [5, 0]);
  await bucket.put('small', { ...body, size: 1000 });
  assert.equal(sent(), 5);
});

test('a push that goes on after a kill sends only the parts that are not there', async (t) => {
  await using server = await MemoryS3.start();
  const { bytes, body, key, open } = fiveParts(t, server);
  server.fault = ({ query }) =>
    /partNumber=[45]/.test(query) ? { status: 403, code: 'killed' } : undefined;
  await assert.rejects(open().put(key, body), new RefusedRequest('killed'));
  assert.equal(server.files.has(`store/${key}`), false, 'nothing is there before all of it is');
  await until(() => [...server.uploads.values()][0]!.parts.size === 3);
  server.fault = () => undefined;
  server.asked.length = 0;
  await open().put(key, body);
  const again = server.asked.flatMap((line) => /partNumber=(\d)/.exec(line)?.[1] ?? []);
  assert.deepEqual(again.toSorted(), ['4', '5']);
  assert.deepEqual(await open().get(key), bytes);
});

test('parts of an upload that hold other bytes are sent again, whoever left them there', async (t) => {
  await using server = await MemoryS3.start();
  const { bytes, body, key, open, sent } = fiveParts(t, server);
  const wrong = Buffer.alloc(1000, 'x');
  const parts = new Map([
    [1, { bytes: wrong, etag: '"0"' }],
    [2, { bytes: wrong.subarray(1), etag: '"0"' }],
    [9, { bytes: wrong, etag: '"0"' }],
  ]);
  server.uploads.set('theirs', { key: `store/${key}`, begun: new Date(), parts });
  await open().put(key, body);
  assert.equal(sent(), 5);
  assert.deepEqual(await open().get(key), bytes);
});

test('two pushes of one file at once leave it whole, and no upload', async (t) => {
  await using server = await MemoryS3.start();
  const { bytes, body, key, open } = fiveParts(t, server);
  await Promise.all([open(), open(), open()].map((bucket) => bucket.put(key, body)));
  assert.deepEqual(await open().get(key), bytes);
  for (const { parts } of server.uploads.values()) assert.ok(parts.size <= 5);
});

test('an upload that somebody else ends is begun again, but not for ever', async (t) => {
  await using server = await MemoryS3.start();
  const { bytes, body, key, open } = fiveParts(t, server);
  let ends = 1;
  server.fault = ({ query }) => {
    if (!query.includes('partNumber=3') || ends === 0) return undefined;
    ends -= 1;
    server.uploads.clear();
    return undefined;
  };
  await open().put(key, body);
  assert.deepEqual(await open().get(key), bytes);
  server.files.clear();
  ends = Number.POSITIVE_INFINITY;
  const why = new UnreachableStore(`somebody else ended the upload of ${key} 3 times`);
  await assert.rejects(open().put(key, body), why);
});

test('credentials that expire between two parts are read again', async (t) => {
  await using server = await MemoryS3.start();
  const { bytes, body, key, open, folder, sent } = fiveParts(t, server);
  const file = join(folder, 'credentials');
  const renew = (id: string) =>
    writeFileSync(file, `[default]\naws_access_key_id=${id}\naws_secret_access_key=secret\n`);
  renew('morning');
  server.fault = ({ id, query }) => {
    if (id !== 'morning' || !/partNumber=[345]/.test(query)) return undefined;
    renew('noon');
    return { status: 400, code: 'ExpiredToken' };
  };
  await open({ AWS_SHARED_CREDENTIALS_FILE: file }).put(key, body);
  server.fault = () => undefined;
  assert.deepEqual(await open().get(key), bytes);
  assert.ok(sent() >= 5);
});

test('a program that gives other credentials at each call is not asked for ever', async (t) => {
  await using server = await MemoryS3.start();
  const { folder, open } = fiveParts(t, server);
  const config = join(folder, 'config');
  const answer = `{"Version":1,"AccessKeyId":"'$RANDOM$$'","SecretAccessKey":"s"}`;
  writeFileSync(config, `[default]\ncredential_process = sh ${join(folder, 'print')}\n`);
  writeFileSync(
    join(folder, 'print'),
    `date +%N > ${folder}/n; echo '${answer}' | sed "s/RANDOM/$(cat ${folder}/n)/"\n`,
  );
  const own = {
    PATH: process.env['PATH']!,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  server.fault = () => ({ status: 403, code: 'AccessDenied' });
  await assert.rejects(
    open(own).get('a'),
    /^UserError: AccessDenied: these credentials lack a right|AccessDenied/,
  );
  assert.ok(server.asked.length < 10, `${server.asked.length} requests`);
});

test('gc ends uploads of killed pushes a day after their last part, and no other ones', async (t) => {
  await using server = await MemoryS3.start();
  const { key, open } = fiveParts(t, server);
  server.files.set('store/store.json', Buffer.from('{}'));
  const old = new Date(Date.now() - 2 * day);
  const parts = new Map();
  server.uploads.set('killed', { key: `store/${key}`, begun: old, parts });
  server.uploads.set('young', { key: `store/${key}`, begun: new Date(), parts });
  server.uploads.set('foreign', { key: 'store/movie.mp4', begun: old, parts });
  server.uploads.set('elsewhere', { key: `other/${key}`, begun: old, parts });
  const options = { keep: Number.POSITIVE_INFINITY };
  assert.equal((await collectShared(open(), { ...options, remove: false })).deleted, 1);
  assert.equal(server.uploads.size, 4);
  assert.equal((await collectShared(open(), { ...options, remove: true })).deleted, 1);
  assert.deepEqual([...server.uploads.keys()], ['young', 'foreign', 'elsewhere']);
});

test('where nobody may list uploads, a file goes up nevertheless, and gc leaves uploads alone', async (t) => {
  await using server = await MemoryS3.start();
  const { bytes, body, key, open } = fiveParts(t, server);
  server.fault = ({ method, query }) =>
    method === 'GET' && query.startsWith('?uploads')
      ? { status: 403, code: 'AccessDenied' }
      : undefined;
  await open().put(key, body);
  assert.deepEqual(await open().get(key), bytes);
  const collected = await collectShared(open(), { keep: Number.POSITIVE_INFINITY, remove: true });
  assert.equal(collected.deleted, 0);
});

test('a server that fails after it has begun to answer that it joined the parts is not believed', async (t) => {
  await using server = await MemoryS3.start();
  const { body, key, open } = fiveParts(t, server);
  server.fault = ({ method, query }) =>
    method === 'POST' && query.includes('uploadId')
      ? { status: 200, code: 'InternalError' }
      : undefined;
  const why = new UnreachableStore(`it did not join the parts of ${key} (InternalError)`);
  await assert.rejects(open().put(key, body), why);
});
