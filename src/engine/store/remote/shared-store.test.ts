import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { MemoryS3 } from '../../../../test/support/memory-s3.ts';
import { asType } from '../../../../test/support/partial-value.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { until } from '../../../../test/support/until.ts';
import { sha256 } from '../../../digest.ts';
import { sealFile } from '../../../seal-file.ts';
import { folderListing } from '../../files/listing.ts';
import { LocalStore } from '../local-store.ts';
import type { StageResult } from '../stage-result.ts';
import { type Bucket, RefusedRequest, storeText, UnreachableStore } from './buckets/bucket.ts';
import { S3Bucket } from './buckets/s3-bucket.ts';
import { packLocations, resultKey, runKey, sealEnvelope } from './envelope.ts';
import type { SigningKey } from './keys.ts';
import { Push } from './push.ts';
import { RemoteStore } from './remote-store.ts';
import { SharedStore } from './shared-store.ts';
import { CountingBucket, Group, make } from './testing-group.ts';

const never = new AbortController().signal;
const large = 'x'.repeat(1_500_000);

/** A group in which somebody made a result and shared it, and another clone that can only read. */
async function shared(
  t: TestContext,
  files: Readonly<Record<string, string>> = { 'a/b': 'first', c: large },
) {
  const group = new Group(temporaryFolder(t));
  const key = group.key('alice');
  const maker = await group.clone('maker', key);
  const result = await make(maker, 1, files);
  await maker.outbox.flush(never);
  return { group, key, maker, result, reader: await group.clone('reader') };
}

/** Whether a clone gets all bytes of the result. It never gets wrong ones. */
async function gets(
  store: SharedStore,
  { result }: Awaited<ReturnType<typeof shared>>,
): Promise<boolean> {
  const lookup = await store.lookup(result.digest);
  if (lookup.state === 'missing') return false;
  assert.deepEqual(lookup.result, result);
  const isFetched = await store.fetch([result.outputs['out']!]);
  const missing = await store.local.missingObjects(result.outputs['out']!);
  assert.equal(isFetched, missing.length === 0);
  return isFetched;
}

test('a shared result is known in another clone before its bytes are there; they are fetched when they are asked for', async (t) => {
  const lab = await shared(t);
  const { reader, result } = lab;
  assert.deepEqual(await reader.lookup(result.digest), { state: 'elsewhere', result });
  assert.equal(existsSync(reader.local.resultPath(result.digest)), false, 'looking writes nothing');
  await reader.markUsed(result.digest);
  assert.equal(existsSync(reader.local.resultPath(result.digest)), true);
  assert.equal(await gets(reader, lab), true);
  assert.equal((await reader.lookup(result.digest)).state, 'here');
  for (const { digest, size } of result.outputs['out']!.files) {
    assert.equal(readFileSync(reader.local.objectPath(digest)).length, size);
  }
  assert.deepEqual(lab.group.warnings, []);
});

test('a store is asked once whether it is there, whoever waits for that', async (t) => {
  const group = new Group(temporaryFolder(t));
  const bucket = new CountingBucket(group.shared);
  const remote = new RemoteStore({ url: group.shared, keys: [] }, bucket, undefined, () => {});
  await Promise.all([remote.connect(), remote.connect()]);
  assert.deepEqual(
    bucket.gets.map(({ key }) => key),
    ['store.json'],
  );
});

test('a run that needed nothing of the store says nothing of it when it ends before the store has answered', async (t) => {
  const group = new Group(temporaryFolder(t));
  let end: (error: Error) => void = () => {};
  const get = () =>
    new Promise((_, reject) => {
      end = reject;
    });
  const silent = {
    requests: 16,
    patience: 2_500,
    get,
    close: async () => end(new UnreachableStore('it was ended')),
  };
  const spec = { url: group.shared, keys: [] };
  const remote = new RemoteStore(spec, asType<Bucket>(silent), undefined, () => {});
  const warnings: string[] = [];
  const store = new SharedStore(
    new LocalStore(group.shared),
    remote,
    { ...spec, shareEnv: false },
    { warn: (line) => warnings.push(line) },
  );
  await store.close();
  await setImmediate();
  assert.deepEqual(warnings, []);
});

test('a store of another version gets another message than a missing one', async (t) => {
  const group = new Group(temporaryFolder(t));
  writeFileSync(join(group.shared, 'store.json'), JSON.stringify({ restage: 'store', format: 1 }));
  const remote = new RemoteStore(
    { url: 'old', keys: [] },
    new CountingBucket(group.shared),
    undefined,
    () => {},
  );
  const message =
    'old is a store of another version of Restage: make one beside it with `restage store init <another address>`';
  await assert.rejects(remote.connect(), { message });
});

test('what is known of a result outlives the process, and serves without the store', async (t) => {
  const { group, reader, result } = await shared(t);
  await reader.lookup(result.digest);
  await reader.markUsed(result.digest);
  renameSync(group.shared, `${group.shared}-away`);
  const later = await group.clone('reader');
  assert.equal((await later.lookup(result.digest)).state, 'elsewhere');
  assert.equal(await later.fetch([result.outputs['out']!]), false);
  assert.match(
    group.warnings.join('\n'),
    /^The store \S+ cannot be reached \(the folder \S+ is not there\): this run continues without it$/,
  );
  assert.equal(
    (await later.lookup(result.digest)).state,
    'here',
    'some of its bytes are lost for this run',
  );
});

for (const folder of ['objects', 'packs', 'results']) {
  for (const at of [0, 0.5, 0.9999]) {
    test(`a flipped bit in ${folder}, at ${at} of its length, is a miss`, async (t) => {
      const lab = await shared(t);
      const [file] = lab.group.files(folder);
      lab.group.flip(file!, at);
      const isMiss = !(await gets(lab.reader, lab));
      // The locations of an entry are not signed: what they lead to is verified anyway.
      assert.ok(isMiss || folder === 'results');
    });
  }
}

test('what is gone between the decision and its use is lost, and the result no longer counts as elsewhere', async (t) => {
  const lab = await shared(t);
  assert.equal((await lab.reader.lookup(lab.result.digest)).state, 'elsewhere');
  rmSync(lab.group.files('objects')[0]!);
  assert.equal(await gets(lab.reader, lab), false);
  assert.equal((await lab.reader.lookup(lab.result.digest)).state, 'here');
});

test('an entry of an untrusted key is a miss, and hides no trusted one', async (t) => {
  const lab = await shared(t);
  const { group, result, key } = lab;
  const mallory = group.key('mallory', { trusted: false });
  group.keys['mallory'] = mallory.text;
  const bad = await group.clone('bad', mallory);
  await make(bad, 1, { 'a/b': 'wrong' });
  await bad.outbox.flush(never);
  delete group.keys['mallory'];
  assert.equal(group.files('results').length, 2);
  assert.equal(await gets(await group.clone('second'), lab), true);

  // The same signature under the name of a key that is trusted.
  const entry = (id: string) => join(group.shared, resultKey(result.digest, id));
  copyFileSync(entry(mallory.id), entry(key.id));
  assert.equal(await gets(await group.clone('third'), lab), false);
  assert.match(group.warnings.at(-1)!, /lacks the signature of its key, and is ignored$/);
});

test('a result with a Git repository is not sent, and one that a trusted key sent nevertheless is a miss', async (t) => {
  const lab = await shared(t);
  const { group, maker, result, key, reader } = lab;
  const unshareable = await make(maker, 2, { 'x/.git/config': '[core]' });
  await maker.outbox.flush(never);
  assert.equal(maker.outbox.isShareable(unshareable), false);
  assert.equal(group.files('results').length, 1);

  const artifact = unshareable.outputs['out']!;
  const text = JSON.stringify({ ...result, outputs: { out: artifact } });
  const entry = join(group.shared, resultKey(result.digest, key.id));
  writeFileSync(entry, await sealEnvelope('result', text, new Map(), key));
  assert.deepEqual(await reader.lookup(result.digest), { state: 'missing' });
  const what = `a result in ${group.shared} is ignored, since an output holds a Git repository, which could run programs here`;
  assert.deepEqual(group.warnings, [`${what}: ${result.digest.slice(0, 12)}`]);
});

test('a signed result of another form is a miss that says what is wrong with it: pages read every field', async (t) => {
  const { group, result, key, reader } = await shared(t);
  const { record } = result;
  const artifact = result.outputs['out']!;
  const [file] = artifact.files;
  const curve = { name: 'loss', unit: 'epoch', count: 1, every: 1, points: [[1, 0.5]] };
  const nested = JSON.parse(`{"a":${'['.repeat(500)}${']'.repeat(500)}}`);
  const twice = folderListing([file!, file!]);
  const inside = folderListing([
    { ...file!, path: 'a' },
    { ...file!, path: 'a/b/c' },
  ]);
  const withRecord = (change: object) => ({ ...result, record: { ...record, ...change } });
  const withOutput = (change: object) => ({
    ...result,
    outputs: { out: { ...artifact, ...change } },
  });
  const wrong = Object.entries({
    'record.warnings': [{ warnings: 'x' }, { warnings: [null] }, { warnings: undefined }],
    'record.curves': [
      { curves: 3 },
      { curves: [null] },
      { curves: [{ ...curve, unit: { slice: 1 } }] },
      { curves: [{ ...curve, points: [[1]] }] },
      { curves: [{ ...curve, points: 'xyz' }] },
    ],
    'record.highlights': [
      { highlights: [{ title: 't', columns: ['a'] }] },
      { highlights: [{ title: 't', columns: ['a'], rows: [[{}]] }] },
    ],
    'record.notes': [{ notes: { a: {} } }, { notes: null }],
    'record.startedAt': [{ startedAt: 'yesterday' }],
    'record.seconds': [{ seconds: '1' }],
    'record.settings': [{ settings: [] }, { settings: nested }],
    'record.log': [{ log: '../../x' }],
    'record.host': [{ host: { toString: 1 } }],
  }).flatMap(([field, changes]) =>
    changes.map((change) => [withRecord(change), `its field "${field}" has another form`] as const),
  );
  const parts = { parts: { x: result.digest } };
  const cases = [
    ...wrong,
    [{ ...result, record: [] }, 'its field "record" has another form'],
    [{ ...result, outputs: [] }, 'its field "outputs" has another form'],
    [{ ...result, loaded: [{ files: ['a'] }] }, 'its field "loaded" has another form'],
    [withOutput(twice), 'an output has two files at one path, or one inside another'],
    [withOutput(inside), 'an output has two files at one path, or one inside another'],
    [withOutput({ files: [{ ...file!, size: -1 }] }), 'an output lists an invalid file'],
    [
      withOutput({ files: [{ ...file!, path: `${'a/'.repeat(3000)}b` }] }),
      'an output lists an invalid file',
    ],
  ] as const;
  const entry = join(group.shared, resultKey(result.digest, key.id));
  for (const [text, why] of cases) {
    writeFileSync(entry, await sealEnvelope('result', JSON.stringify(text), new Map(), key));
    const results = await reader.remote.findResults(result.digest);
    assert.deepEqual(
      [results, group.warnings.at(-1)],
      [[], `a result in ${group.shared} is ignored (${why}): ${result.digest.slice(0, 12)}`],
    );
  }
  const odd = JSON.stringify(withOutput(parts));
  writeFileSync(entry, await sealEnvelope('result', odd, new Map(), key));
  const [found] = await reader.remote.findResults(result.digest);
  assert.deepEqual(
    found!.result.outputs,
    result.outputs,
    'the digests of parts follow from the files',
  );
});

test('an entry that was copied to another fingerprint is a miss', async (t) => {
  const { group, maker, result, key, reader } = await shared(t);
  const secondResult = await make(maker, 2, { 'a/b': 'second' });
  const from = join(group.shared, resultKey(result.digest, key.id));
  const to = join(group.shared, resultKey(secondResult.digest, key.id));
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  assert.deepEqual(await reader.lookup(secondResult.digest), { state: 'missing' });
  const what = `a result in ${group.shared} is ignored (its fingerprint does not match its name)`;
  assert.equal(group.warnings.at(-1), `${what}: ${secondResult.digest.slice(0, 12)}`);
});

test('an entry that a power cut emptied is a miss, and is sent again once the store was listed', async (t) => {
  const { group, maker, result, reader } = await shared(t);
  const [entry] = group.files('results');
  const bytes = readFileSync(entry!);
  writeFileSync(entry!, '');
  assert.deepEqual(await reader.lookup(result.digest), { state: 'missing' });
  assert.equal((await maker.listResults()).size, 0);
  assert.equal(maker.records.read(result.digest), undefined);
  assert.deepEqual(await maker.outbox.send([result.digest]), { sent: 1, failed: 0 });
  assert.deepEqual(readFileSync(entry!), bytes);
});

test('a record that a full disk cut short counts as none, and blocks no push', async (t) => {
  const { group, key, maker, result } = await shared(t);
  const names = readdirSync(maker.local.folder, { recursive: true, encoding: 'utf8' });
  const log = names.find((name) => name.startsWith('remote/') && name.endsWith('.log'))!;
  const path = join(maker.local.folder, log);
  truncateSync(path, statSync(path).size - 1);
  assert.equal(maker.records.read(result.digest), undefined);
  await make(maker, 2, { c: 'second' });
  assert.deepEqual(await (await group.clone('maker', key)).outbox.send(), { sent: 1, failed: 0 });
});

test('records that Restage 0.2 wrote one by one are taken over: nobody sends the results of others as their own', async (t) => {
  const { group, reader, result } = await shared(t);
  await reader.lookup(result.digest);
  await reader.markUsed(result.digest);
  const record = reader.records.read(result.digest)!;
  const { owner, adopted, locations } = record;
  const names = readdirSync(reader.local.folder, { recursive: true, encoding: 'utf8' });
  const log = join(reader.local.folder, names.find((name) => name.endsWith('.log'))!);
  const old = join(dirname(log), result.digest.slice(0, 2), `${result.digest}.json`);
  mkdirSync(dirname(old));
  writeFileSync(old, JSON.stringify({ owner, adopted, ...packLocations(locations) }));
  rmSync(log);
  const again = await group.clone('reader');
  assert.deepEqual(again.records.read(result.digest), record);
  assert.equal(existsSync(old), false);
});

test('where nothing is to be sent, the end of a run does not ask the store', async (t) => {
  const group = new Group(temporaryFolder(t));
  const key = group.key('alice');
  renameSync(group.shared, `${group.shared}-away`);
  const store = await group.clone('maker', key);
  await store.outbox.flush(never);
  assert.deepEqual(group.warnings, []);
});

/** A store of alice over a bucket, with what it warned of. */
function storeOver(group: Group, bucket: Bucket) {
  const key = group.key('alice');
  const warnings: string[] = [];
  const remote = new RemoteStore({ url: 's3://lab', keys: [key.text] }, bucket, key, () => {});
  const warn = (line: string) => void warnings.push(line);
  const store = new SharedStore(
    new LocalStore(join(group.root, 'maker'), warn),
    remote,
    { url: 's3://lab', shareEnv: false },
    { warn },
  );
  return { store, warnings };
}

test('a store that may only be read is read to the end of a run, which says then what it takes nothing of', async (t) => {
  const group = new Group(temporaryFolder(t));
  const bucket = new CountingBucket(group.shared);
  let requests = 0;
  bucket.onPut = () => {
    requests += 1;
    throw new RefusedRequest('read-only');
  };
  const { store, warnings } = storeOver(group, bucket);
  const result = await make(store, 1, { c: 'small' });
  t.mock.timers.enable({ apis: ['setInterval'] });
  store.outbox.share(result);
  t.mock.timers.tick(60_000);
  await until(() => requests > 0);
  await store.outbox.flush(never);
  assert.equal(requests, 1);
  assert.deepEqual(await store.lookup(sha256('another')), { state: 'missing' });
  assert.equal(bucket.gets.at(-1)!.key.startsWith('results/'), true);
  assert.deepEqual(warnings, [
    '1 result did not reach s3://lab, which takes nothing (read-only): `restage store push` sends what is left',
  ]);
});

test('credentials that expire during a run cost one warning: it goes on without the store', async (t) => {
  const group = new Group(temporaryFolder(t));
  await using server = await MemoryS3.start();
  server.files.set('store.json', Buffer.from(storeText()));
  const place = { bucket: 'bucket', prefix: '', endpoint: server.endpoint };
  const bucket = new S3Bucket(place, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' });
  const { store, warnings } = storeOver(group, bucket);
  assert.deepEqual(await store.lookup(sha256('first')), { state: 'missing' });
  server.fault = () => ({ status: 400, code: 'ExpiredToken' });
  store.outbox.share(await make(store, 1, { c: 'small' }));
  const later = ['second', 'third'].map((name) => store.lookup(sha256(name)));
  assert.deepEqual(await Promise.all(later), [{ state: 'missing' }, { state: 'missing' }]);
  await store.outbox.flush(never);
  await store.close();
  assert.deepEqual(warnings, [
    'The store s3://lab refuses the request (ExpiredToken: the credentials have expired: get new ones, such as by `aws sso login`): this run continues without it',
    '1 result did not reach s3://lab: `restage store push` sends what is left',
  ]);
});

test('credentials that are wrong at the first contact are an error, for every stage that asks', async (t) => {
  const group = new Group(temporaryFolder(t));
  const bucket = new CountingBucket(group.shared);
  bucket.onGet = () => {
    throw new RefusedRequest('a wrong key');
  };
  const { store, warnings } = storeOver(group, bucket);
  const error = { message: 'The store s3://lab refuses the request (a wrong key)' };
  await assert.rejects(store.lookup(sha256('one')), error);
  await assert.rejects(store.lookup(sha256('two')), error);
  assert.deepEqual(warnings, []);
});

test('a store that falls silent during a run is waited for once, and costs one warning', async (t) => {
  const group = new Group(temporaryFolder(t));
  await using server = await MemoryS3.start();
  server.files.set('store.json', Buffer.from(storeText()));
  const place = { bucket: 'bucket', prefix: '', endpoint: server.endpoint };
  const { store, warnings } = storeOver(group, new S3Bucket(place, {}, { timeout: 1000 }));
  assert.deepEqual(await store.lookup(sha256('first')), { state: 'missing' });
  server.asked.length = 0;
  server.fault = () => 'silence';
  store.outbox.share(await make(store, 1, { c: 'small' }));
  const looking = ['second', 'third'].map((name) => store.lookup(sha256(name)));
  await until(() => server.asked.length === 2);
  await Promise.all([...looking, store.outbox.flush(never)]);
  assert.deepEqual(await store.lookup(sha256('fourth')), { state: 'missing' });
  const requests = server.asked.length;
  assert.ok(requests <= 4, `${requests} requests to a silent server`);
  assert.deepEqual(warnings, [
    'The store s3://lab cannot be reached (the server fell silent): this run continues without it',
    '1 result did not reach s3://lab: `restage store push` sends what is left',
  ]);
});

test('once a store has failed, nobody asks it again or waits for its other answers, even where they never come', async (t) => {
  const group = new Group(temporaryFolder(t));
  const bucket = new CountingBucket(group.shared);
  const { store, warnings } = storeOver(group, bucket);
  assert.deepEqual(await store.lookup(sha256('first')), { state: 'missing' });
  const failing = sha256('failing');
  // A disk of the network that hangs ends no request, not even when the bucket is closed.
  let requests = 0;
  bucket.get = (key) => {
    requests += 1;
    return key.includes(failing)
      ? Promise.reject(new UnreachableStore('the disk is gone'))
      : new Promise(() => {});
  };
  const looking = [sha256('hanging'), failing].map((digest) => store.lookup(digest));
  assert.deepEqual(await Promise.all(looking), [{ state: 'missing' }, { state: 'missing' }]);
  assert.deepEqual(await store.lookup(sha256('later')), { state: 'missing' });
  assert.equal(requests, 2, 'and nobody asks it again');
  assert.deepEqual(warnings, [
    'The store s3://lab cannot be reached (the disk is gone): this run continues without it',
  ]);
});

for (const [text, message] of [
  [
    '{"restage":',
    'The store.json of s3://lab is damaged: `restage store verify --repair` writes it again',
  ],
  ['[7]', 'The store.json of s3://lab is damaged: `restage store verify --repair` writes it again'],
  [
    undefined,
    'There is no store at s3://lab: look at "url" in store.yaml. If its store.json was lost, `restage store verify --repair` writes it again',
  ],
] as const) {
  test(`a store.json that holds ${text} costs one warning: whoever may write stops nobody's run`, async (t) => {
    const group = new Group(temporaryFolder(t));
    if (text === undefined) rmSync(join(group.shared, 'store.json'));
    else writeFileSync(join(group.shared, 'store.json'), text);
    const { store, warnings } = storeOver(group, new CountingBucket(group.shared));
    assert.deepEqual(await store.lookup(sha256('one')), { state: 'missing' });
    store.outbox.share(await make(store, 1, { c: 'small' }));
    await store.outbox.flush(never);
    assert.deepEqual(warnings, [
      `${message}: this run continues without it`,
      '1 result did not reach s3://lab: `restage store push` sends what is left',
    ]);
  });
}

test('results of a key that was revoked are not used any more', async (t) => {
  const lab = await shared(t);
  assert.equal(await gets(lab.reader, lab), true);
  await lab.reader.markUsed(lab.result.digest);
  delete lab.group.keys['alice'];
  const reader = await lab.group.clone('reader');
  assert.deepEqual(await reader.lookup(lab.result.digest), { state: 'missing' });
  await reader.listResults();
  assert.deepEqual(
    await reader.lookup(lab.result.digest),
    { state: 'missing' },
    'nor after `store status`',
  );
});

test('results of cache: false and those that depend on env are not shared', async (t) => {
  const { maker, result } = await shared(t);
  const { digest: _, ...rest } = result;
  assert.equal(maker.outbox.isShareable({ ...result, stored: false }), false);
  assert.equal(
    maker.outbox.isShareable({
      ...result,
      fingerprint: { ...rest.fingerprint, env: { TOKEN: null } },
    }),
    false,
  );
});

test('a result with images of a sealed split is not shared unless store.yaml says so', async (t) => {
  const { maker, result } = await shared(t);
  const [[port, output] = []] = Object.entries(result.outputs);
  const file = output!.files[0]!;
  const files = [...output!.files, { ...file, path: `test/${sealFile}` }];
  const outputs = { [port!]: { ...output!, folder: true, files } };
  assert.equal(maker.outbox.isShareable(result), true);
  assert.equal(maker.outbox.isShareable({ ...result, outputs }), false);
});

/** Parcels of results with one small file each. */
async function parcels(t: TestContext, count: number, size: number) {
  const group = new Group(temporaryFolder(t));
  const key = group.key('alice');
  const maker = await group.clone('maker', key);
  for (let seed = 0; seed < count; seed += 1)
    await make(maker, seed, { file: String(seed).padEnd(size, '.') });
  const bucket = new CountingBucket(group.shared);
  const options = { key, request: <T>(act: (on: typeof bucket) => Promise<T>) => act(bucket) };
  const send = async (more = {}) => {
    const located = new Map(
      maker.records.all().flatMap((digest) => [...maker.records.read(digest)!.locations]),
    );
    await new Push({ ...options, ...more, located }).send(maker.outbox.parcels());
  };
  return { group, maker, bucket, send };
}

test('small files travel in packs, one result in one request, and a second push sends nothing', async (t) => {
  const { group, maker, bucket, send } = await parcels(t, 40, 900_000);
  await send();
  const packs = bucket.puts.filter((key) => key.startsWith('packs/'));
  assert.equal(packs.length, 2);
  assert.equal(bucket.puts.length, 2 + 40);
  bucket.puts.length = 0;
  await send();
  assert.deepEqual(bucket.puts, []);
  assert.deepEqual(maker.records.unsent(), []);
  assert.equal(group.warnings.length, 0);
});

test('small files that many stages want at once come by few requests, a large one by its own', async (t) => {
  const group = new Group(temporaryFolder(t));
  const alice = await group.clone('alice', group.key('alice'));
  const results = [await make(alice, 0, { a: large })];
  for (let seed = 1; seed <= 100; seed += 1)
    results.push(await make(alice, seed, { a: `text ${seed}` }));
  await alice.outbox.flush(never);
  const bucket = new CountingBucket(group.shared);
  const { store: reader, warnings } = storeOver(group, bucket);
  for (const { digest } of results) await reader.lookup(digest);
  bucket.gets.length = 0;
  const fetched = await Promise.all(
    results.map(({ outputs }) => reader.fetch(Object.values(outputs))),
  );
  assert.ok(fetched.every((isWhole) => isWhole));
  const bytes = bucket.gets.filter(({ key }) => /^(?:objects|packs)/.test(key));
  assert.deepEqual(bytes.map(({ key }) => key.split('/')[0]).sort(), ['objects', 'packs']);
  assert.deepEqual(warnings, []);
});

test('a large object comes in parts, and the memory of a part is used again', async (t) => {
  const group = new Group(temporaryFolder(t));
  const alice = await group.clone('alice', group.key('alice'));
  const parts = [...'abcdefghijkl'].map((letter) => letter.repeat(4 * 1024 ** 2));
  const { digest } = await make(alice, 1, { large: parts.join('') });
  await alice.outbox.flush(never);
  const bucket = new CountingBucket(group.shared);
  const { store } = storeOver(group, bucket);
  const found = await store.lookup(digest);
  assert.ok(
    found.state === 'elsewhere' && (await store.fetch(Object.values(found.result.outputs))),
  );
  const memories = bucket.gets.flatMap(({ range }) => range?.memory?.buffer ?? []);
  assert.equal(memories.length, parts.length);
  assert.equal(new Set(memories).size, 9, 'eight parts that come, and one in use');
});

test('a run tells all of its results by one request; what it cannot tell is asked one by one', async (t) => {
  const group = new Group(temporaryFolder(t));
  const alice = await group.clone('alice', group.key('alice'));
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, seed) => make(alice, seed, { a: `text ${seed}` })),
  );
  const stages = Object.fromEntries(
    results.map(({ digest }, n) => [`s${n}`, { result: digest, outputs: {}, isFinal: true }]),
  );
  alice.outbox.shareRun({ run: '2026-01-01', pipeline: 'p', stages }, undefined);
  await alice.outbox.flush(never);
  const lookUp = async () => {
    const bucket = new CountingBucket(group.shared);
    const { store, warnings } = storeOver(group, bucket);
    await store.expect('p');
    for (const result of results)
      assert.deepEqual(await store.lookup(result.digest), { state: 'elsewhere', result });
    assert.deepEqual(warnings, []);
    await store.close();
    return bucket.gets.filter(({ key }) => key.startsWith('results/')).length;
  };
  assert.equal(await lookUp(), 0);
  // A stranger, or a disk, changes what the run says. Its signature covers that.
  group.flip(group.files('packs').toSorted((a, b) => statSync(b).size - statSync(a).size)[0]!);
  assert.equal(await lookUp(), 20);
});

test('what a signer packed that no run needs is ignored with a warning, and each result is asked for alone', async (t) => {
  const group = new Group(temporaryFolder(t));
  const key = group.key('alice');
  const alice = await group.clone('alice', key);
  const result = await make(alice, 1, { a: 'text' });
  await alice.outbox.flush(never);
  const path = join(group.root, 'entries');
  writeFileSync(path, gzipSync(Buffer.alloc(2 ** 27, '{}\n')));
  const entries = sha256(readFileSync(path));
  const stages = { s: { result: result.digest, outputs: {}, isFinal: true } };
  const send = new Push({ request: (act) => alice.remote.request(act), key, located: new Map() });
  const run = { kind: 'run', key: runKey('p', '2026-01-01', key.id), onSent: () => {} } as const;
  const text = JSON.stringify({ run: '2026-01-01', pipeline: 'p', stages, entries });
  await send.send([{ ...run, text, objects: [{ digest: entries, path }] }]);
  const reader = await group.clone('reader');
  await reader.expect('p');
  assert.deepEqual(group.warnings, [
    `the texts of results of 2026-01-01 in ${group.shared} are ignored (one has more than 64.0 KiB)`,
  ]);
  assert.deepEqual(await reader.lookup(result.digest), { state: 'elsewhere', result });
});

test('of what several keys signed, yours comes first, and then the order of the keys: a newer run changes nothing', async (t) => {
  const group = new Group(temporaryFolder(t));
  const first = group.key('alice');
  const second = group.key('bob');
  const third = group.key('carol');
  /** Sends a run, whose name is in the bytes of its results. */
  const run = async (name: string, key: SigningKey, seeds: readonly number[]) => {
    const maker = await group.clone(name, key);
    const results = [];
    for (const seed of seeds) results.push(await make(maker, seed, { a: `${seed} of ${name}` }));
    const stages = Object.fromEntries(
      results.map(({ digest }, n) => [`s${n}`, { result: digest, outputs: {}, isFinal: true }]),
    );
    maker.outbox.shareRun({ run: name, pipeline: 'p', stages }, undefined);
    await maker.outbox.flush(never);
    return results;
  };
  const [early] = await run('2026-01-01', first, [1]);
  const [late, other] = await run('2026-01-03', second, [1, 2]);
  const [own] = await run('2026-01-02', third, [1]);
  assert.equal(new Set([early, late, own].map((result) => result!.outputs['out']!.digest)).size, 3);
  const answers = async (name: string, key?: SigningKey) => {
    const store = await group.clone(name, key);
    await store.expect('p');
    return await Promise.all([early, other].map((result) => store.lookup(result!.digest)));
  };
  const elsewhere = (result?: StageResult) => ({ state: 'elsewhere', result });
  assert.deepEqual(await answers('reader'), [elsewhere(early), elsewhere(other)]);
  assert.deepEqual(await answers('of carol', third), [elsewhere(own), elsewhere(other)]);
  assert.deepEqual(await answers('of bob', second), [elsewhere(late), elsewhere(other)]);
  assert.deepEqual(group.warnings, []);
});

test('a file comes whole beside an empty one of the same place in a pack', async (t) => {
  const group = new Group(temporaryFolder(t));
  const alice = await group.clone('alice', group.key('alice'));
  const results = [
    await make(alice, 1, { a: 'one', b: '' }),
    await make(alice, 2, { a: 'two', b: '' }),
  ];
  await alice.outbox.flush(never);
  for (const { digest, outputs } of results) {
    const reader = await group.clone(`reader of ${digest}`);
    await reader.lookup(digest);
    assert.equal(await reader.fetch(Object.values(outputs)), true);
  }
  assert.deepEqual(group.warnings, []);
});

test('while a run is under way, one pack is sent with its results, and the rest waits', async (t) => {
  const { maker, bucket, send } = await parcels(t, 80, 900_000);
  await send({ onePack: true });
  assert.equal(bucket.puts.filter((key) => key.startsWith('packs/')).length, 1);
  assert.equal(maker.records.unsent().length, 80 - (bucket.puts.length - 1));
  await send();
  assert.equal(bucket.puts.filter((key) => key.startsWith('packs/')).length, 3);
  assert.deepEqual(maker.records.unsent(), []);
});

test('an interrupt ends a push with the pack that is on its way', async (t) => {
  const { bucket, send } = await parcels(t, 80, 900_000);
  const interrupt = new AbortController();
  const request = async (act: (on: typeof bucket) => Promise<unknown>) => {
    for (let turn = 0; turn < 100; turn += 1) await setImmediate(); // the next pack is full by then
    interrupt.abort();
    return await act(bucket);
  };
  await send({ signal: interrupt.signal, request });
  assert.equal(bucket.puts.filter((key) => key.startsWith('packs/')).length, 1);
});

test('a push that was killed sends at most one pack again', async (t) => {
  const { bucket, send } = await parcels(t, 80, 900_000);
  const sent: string[] = [];
  bucket.onPut = (key) => {
    if (key.startsWith('packs/')) sent.push(key);
    if (sent.length === 2 && key.startsWith('results/')) throw new Error('killed');
  };
  await assert.rejects(send(), /killed/);
  bucket.onPut = (key) => void (key.startsWith('packs/') && sent.push(key));
  await send();
  assert.equal(new Set(sent).size, sent.length, 'packs of a killed push are found by their names');
  assert.equal(sent.length, 3);
});

test('an object that a later result shares is asked for again before it counts as sent', async (t) => {
  const { group, maker, bucket, send } = await parcels(t, 1, 1000);
  await send();
  rmSync(group.files('packs')[0]!);
  await make(maker, 7, { file: '0'.padEnd(1000, '.') });
  bucket.puts.length = 0;
  await send();
  assert.equal(bucket.puts.filter((key) => key.startsWith('packs/')).length, 1);
});
