import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Fault, MemoryS3 } from '../../../../../test/support/memory-s3.ts';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { day } from '../../../../day.ts';
import { mostWhole, RefusedRequest } from './bucket.ts';
import { S3Bucket } from './s3-bucket.ts';
import { testBucket } from './testing-bucket.ts';

const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
const place = ({ endpoint }: MemoryS3) => ({ bucket: 'bucket', prefix: 'store/', endpoint });

test('S3 keeps bytes under keys', async (t) => {
  await using server = await MemoryS3.start();
  await testBucket(new S3Bucket(place(server), env), temporaryFolder(t));
});

test('a whole value is read up to a limit, so that a file of blanks fills no memory', async () => {
  await using server = await MemoryS3.start();
  const bucket = new S3Bucket(place(server), env);
  server.files.set('store/large', Buffer.alloc(mostWhole + 1));
  assert.equal(await bucket.get('large'), undefined);
  assert.equal((await bucket.get('large', { start: 0, length: 5 }))?.length, 5);
});

test('credentials that expired are read again, once for all requests that they failed, and only new ones are tried', async (t) => {
  await using server = await MemoryS3.start();
  const file = join(temporaryFolder(t), 'credentials');
  const renew = (id: string) =>
    writeFileSync(file, `[default]\naws_access_key_id=${id}\naws_secret_access_key=secret\n`);
  renew('morning');
  const bucket = new S3Bucket(place(server), { AWS_SHARED_CREDENTIALS_FILE: file });
  await bucket.put('a', Buffer.from('bytes'));
  server.fault = ({ id }) => (id === 'morning' ? { status: 400, code: 'ExpiredToken' } : undefined);
  const why =
    'ExpiredToken: the credentials have expired: get new ones, such as by `aws sso login`';
  await assert.rejects(bucket.get('a'), new RefusedRequest(why));
  renew('noon');
  const [bytes, size] = await Promise.all([bucket.get('a'), bucket.head('a')]);
  assert.deepEqual([bytes?.toString(), size], ['bytes', 5]);
});

/** A profile whose program prints its answer file, and counts how often it was asked. */
function withProgram(context: TestContext, first: object) {
  const folder = temporaryFolder(context);
  const answer = (value: object) => writeFileSync(join(folder, 'an answer'), JSON.stringify(value));
  writeFileSync(
    join(folder, 'config'),
    `[profile lab]\ncredential_process = sh "${folder}/print me" 'an answer'\n`,
  );
  writeFileSync(join(folder, 'print me'), `cd '${folder}'; echo x >> asked; cat "$1"\n`);
  answer(first);
  const env = {
    PATH: process.env['PATH'],
    AWS_PROFILE: 'lab',
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  const asked = () => readFileSync(join(folder, 'asked'), 'utf8').length / 2;
  return { env, answer, asked };
}

const printed = (id: string, minutes: number) => ({
  Version: 1,
  AccessKeyId: id,
  SecretAccessKey: 'secret',
  SessionToken: 'session',
  Expiration: new Date(Date.now() + minutes * 60_000).toISOString(),
});

test('a program of the profile gives credentials, once for all requests, again before they expire, and when they are refused', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 31) });
  await using server = await MemoryS3.start();
  const ids = new Set<string>();
  let refused = '';
  server.fault = ({ id }) => {
    ids.add(id);
    return id === refused ? { status: 400, code: 'ExpiredToken' } : undefined;
  };
  const { env, answer, asked } = withProgram(t, printed('morning', 60));
  const bucket = new S3Bucket(place(server), env);
  await Promise.all([bucket.put('a', Buffer.from('bytes')), bucket.get('a'), bucket.get('b')]);
  assert.deepEqual([[...ids], asked()], [['morning'], 1]);
  answer(printed('noon', 120));
  t.mock.timers.tick(59 * 60_000 + 1);
  await Promise.all([bucket.get('a'), bucket.get('b')]);
  assert.deepEqual([[...ids], asked()], [['morning', 'noon'], 2]);
  refused = 'noon';
  answer(printed('evening', 120));
  await Promise.all([bucket.get('a'), bucket.get('b')]);
  assert.deepEqual([[...ids], asked()], [['morning', 'noon', 'evening'], 3]);
});

test('a program that gives no credentials is named, with its last words', async (t) => {
  await using server = await MemoryS3.start();
  const { env } = withProgram(t, { Version: 2 });
  const why = (text: string) =>
    new RefusedRequest(`credential_process of the profile in ~/.aws: sh: ${text}`);
  await assert.rejects(
    new S3Bucket(place(server), env).get('a'),
    why('printed no credentials of version 1'),
  );
  const config = env.AWS_CONFIG_FILE;
  writeFileSync(
    config,
    `[profile lab]\ncredential_process = sh -c 'echo sign in first >&2; exit 1'\n`,
  );
  await assert.rejects(new S3Bucket(place(server), env).get('a'), why('sign in first'));
});

const now = Date.UTC(2026, 0, 31);
const refusals: readonly (readonly [fault: Fault, reason: string])[] = [
  [
    { status: 403, code: 'AccessDenied' },
    'AccessDenied: these credentials lack a right: they need to read, write, delete and list',
  ],
  [
    { status: 403, code: 'InvalidAccessKeyId' },
    'InvalidAccessKeyId: the server does not know this access key: look at AWS_ACCESS_KEY_ID, or at the profile in ~/.aws',
  ],
  [
    { status: 403, code: 'RequestTimeTooSkewed', date: new Date(now - day) },
    'RequestTimeTooSkewed: the clock of this machine is fast, by 24 h 0 min: set it',
  ],
  [
    { status: 403, code: 'RequestTimeTooSkewed', date: new Date(now + 180_000) },
    'RequestTimeTooSkewed: the clock of this machine is slow, by 3 min 0 s: set it',
  ],
  [{ status: 403, code: 'SomethingElse' }, 'SomethingElse'],
];

for (const [fault, reason] of refusals) {
  test(`a refusal says what to do: ${reason}`, async (t) => {
    await using server = await MemoryS3.start();
    t.mock.timers.enable({ apis: ['Date'], now });
    server.fault = () => fault;
    const bucket = new S3Bucket(place(server), env);
    await assert.rejects(bucket.get('a'), new RefusedRequest(reason));
    await assert.rejects(bucket.head('a'), new RefusedRequest(reason));
  });
}

test('without credentials a refusal says how to set them', async () => {
  await using server = await MemoryS3.start();
  server.fault = () => ({ status: 403, code: 'AccessDenied' });
  const noFile = { AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_CONFIG_FILE: '/dev/null' };
  const why =
    'no credentials are set: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';
  await assert.rejects(new S3Bucket(place(server), noFile).get('a'), new RefusedRequest(why));
});
