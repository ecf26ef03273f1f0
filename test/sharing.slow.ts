import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { MemoryS3 } from './support/memory-s3.ts';
import { endOf, pipeline } from './support/rig.ts';
import { chain, group } from './support/store-group.ts';
import { print } from './support/two-stages.ts';

test('results from before there was a store stay here, as init and a run say; a push sends them with their run, so that somebody without the data can pull it', async () => {
  using maker = new Project(chain, { 'in.txt': 'abc\n' }, 'maker');
  using reader = new Project(chain, {});
  for (const project of [maker, reader])
    project.env['XDG_CONFIG_HOME'] = project.path('..', `config-${project === maker}`);
  assert.equal((await maker.run()).code, 0);
  const shared = maker.path('../shared');
  const made = await print(maker, 'store', 'init', shared);
  const hint = 'To send 3 earlier results that the store lacks: restage store push';
  assert.equal(made.trimEnd().split('\n').at(-1), hint);
  maker.write('in.txt', 'abc\n');
  assert.deepEqual((await maker.run()).warnings, [
    `Only here, and not in ${shared}: 3 results of this run. \`restage store push\` sends what the store lacks`,
  ]);
  assert.match(await print(maker, 'store', 'push'), /^Sent 3 results/);
  assert.deepEqual((await maker.run('--rehash')).warnings, []);
  reader.write('store.yaml', maker.read('store.yaml'));
  assert.match(
    await print(reader, 'store', 'pull', 'test.yaml'),
    /^Brought 3 stages and artifacts\/test\/report\.html of test here, from the run /,
  );
  assert.deepEqual(reader.files('out'), ['count.txt', 'shout.txt']);
  assert.equal(reader.read('out/count.txt'), maker.read('out/count.txt'));
});

test('another clone computes nothing, and fetches only the bytes that it needs', async () => {
  using lab = await group();
  const { clone, maker } = lab;
  clone.write('in.txt', 'abc\n');
  const plan = await print(clone, 'plan', 'test.yaml');
  assert.match(
    plan,
    /restore +shout +not published here; in the shared store\n +up to date +grow +in the shared store\n +restore +count +not published here; in the shared store\n/,
  );
  assert.deepEqual((await clone.run()).outcomes, {
    shout: 'restored',
    grow: 'up to date',
    count: 'restored',
  });
  assert.deepEqual(clone.files('out'), ['count.txt', 'shout.txt']);
  assert.equal(clone.read('out/count.txt'), maker.read('out/count.txt'));
  const again = await clone.run();
  assert.deepEqual(again.outcomes, {
    shout: 'up to date',
    grow: 'up to date',
    count: 'up to date',
  });
  assert.equal((await clone.run('--fetch', 'all')).outcomes['grow'], 'restored');
  assert.equal(clone.read('out/grow.txt'), maker.read('out/grow.txt'));
});

test('the private key is readable by its owner alone, and one that others may read is not used', async () => {
  using project = new Project(chain, { 'in.txt': 'abc\n' });
  project.env['XDG_CONFIG_HOME'] = project.path('config');
  const created = await project.type(`umask 000; exec node '${pipeline}' store init ./shared`)
    .ended;
  assert.equal(created.code, 0, created.stderr);
  const key = project.path('config/restage/key.pem');
  const modes = [key, dirname(key)].map((path) => statSync(path).mode & 0o777);
  assert.deepEqual(modes, [0o600, 0o700]);
  assert.doesNotMatch(project.read('store.yaml'), /PRIVATE/);
  chmodSync(key, 0o644);
  const { code, stderr } = await project.command('store', 'push');
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `error: Others may read the private key ${key}, so it is not used: chmod 600 ${key}\n`,
  );
});

test('a run brings no bytes with --fetch none, and leaves the store out with --no-store', async () => {
  using lab = await group();
  const { clone, shared } = lab;
  clone.write('in.txt', 'abc\n');
  const known = await clone.run('--fetch', 'none');
  assert.deepEqual(known.outcomes, {
    shout: 'up to date',
    grow: 'up to date',
    count: 'up to date',
  });
  assert.deepEqual(clone.files('out'), []);
  clone.remove('cache');
  const before = readdirSync(shared, { recursive: true });
  const apart = await clone.run('--no-store');
  assert.deepEqual(apart.outcomes, { shout: 'ran', grow: 'ran', count: 'ran' });
  assert.deepEqual(readdirSync(shared, { recursive: true }), before);
});

test('the report of another clone has large pictures, too, but outputs that it does not show are not fetched', async () => {
  using lab = await group(`stages:
  draw:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { sheet: { path: out/sheet, type: chart }, raw: out/raw.bin }
    with:
      run: |
        mkdir \${outputs.sheet}
        (echo '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><!--'; head -c 2000000 /dev/zero | tr '\\0' x; echo '--></svg>') > \${outputs.sheet}/chart.svg
        head -c 2000000 /dev/zero > \${outputs.raw}
  count:
    kind: command
    inputs: { raw: draw.raw }
    outputs: { text: out/count.txt }
    with: { run: "wc -c < \${inputs.raw} > \${outputs.text}" }
`);
  const { clone, maker } = lab;
  clone.write('in.txt', 'abc\n');
  assert.deepEqual((await clone.run()).outcomes, { draw: 'restored', count: 'restored' });
  assert.deepEqual(clone.files('out'), ['count.txt', 'sheet/chart.svg']);
  for (const project of [maker, clone]) {
    const sizes = [
      ...project.read('artifacts/test/report.html').matchAll(/data:image\/svg[^"]*/g),
    ].map(([uri]) => uri.length);
    assert.ok(Math.max(...sizes) > 2_000_000, `pictures of ${sizes} bytes`);
  }
});

test('a stage that runs fetches its inputs; if they are lost, their stage runs again, and its readers follow', async () => {
  using lab = await group();
  const { clone } = lab;
  clone.write('in.txt', 'abc\n');
  await clone.run();
  clone.edit('pipelines/test.yaml', 'wc -c', 'wc -l');
  const fetching = await clone.run();
  assert.deepEqual(fetching.outcomes, { shout: 'up to date', grow: 'up to date', count: 'ran' });
  assert.equal(clone.read('out/count.txt').trim(), '1');

  clone.remove('cache/objects');
  for (const object of lab.filesOf('objects')) rmSync(object);
  clone.edit('pipelines/test.yaml', 'wc -l', 'wc -w');
  const losing = await clone.run();
  assert.equal(losing.code, 0);
  assert.deepEqual(losing.outcomes, { shout: 'up to date', grow: 'ran', count: 'ran' });
  assert.match(
    losing.warnings.join('\n'),
    /its outputs are no longer in the shared store: it runs again/,
  );
});

test('a FIFO or a device in a shared folder keeps no run waiting: what is no plain file counts as missing', async () => {
  using lab = await group();
  const { clone } = lab;
  clone.write('in.txt', 'abc\n');
  const parts = ['results', 'packs', 'objects'].flatMap((folder) => lab.filesOf(folder));
  for (const [index, path] of parts.entries()) {
    rmSync(path);
    if (index % 2 === 0) execFileSync('mkfifo', [path]);
    else symlinkSync('/dev/zero', path);
  }
  const ran = await clone.run();
  assert.equal(ran.code, 0);
  assert.deepEqual(
    ran.warnings.map((warning) => warning.replace(/ to \S+,.*/, '')),
    ['Nothing is sent'],
    'the clone has no key, and that is all there is to say',
  );
  assert.deepEqual(ran.outcomes, { shout: 'ran', grow: 'ran', count: 'ran' });
});

test('a server that refuses connections costs one warning', async () => {
  using project = new Project(chain, {
    'in.txt': 'abc\n',
    'store.yaml': 'url: s3://bucket/x\nendpoint: http://127.0.0.1:9\n',
  });
  const { code, outcomes, warnings } = await project.run();
  assert.deepEqual(
    { code, outcomes },
    { code: 0, outcomes: { shout: 'ran', grow: 'ran', count: 'ran' } },
  );
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /^The store s3:\/\/bucket\/x cannot be reached/);
});

/** Three stages, of which the first waits at a gate. */
const gated = `stages:
  fit: { kind: command, outputs: { a: out/a }, with: { run: "echo waits; read _ < GATE; echo 1 > \${outputs.a}" } }
  two: { kind: command, inputs: { a: fit.a }, outputs: { b: out/b }, with: { run: "cp \${inputs.a} \${outputs.b}" } }
  three: { kind: command, inputs: { b: two.b }, outputs: { c: out/c }, with: { run: "cp \${inputs.b} \${outputs.c}" } }
`;

test('a run whose credentials expire goes on without the store, and a push with new ones sends what it made', async () => {
  await using server = await MemoryS3.start();
  using project = new Project(gated);
  Object.assign(project.env, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' });
  project.env['XDG_CONFIG_HOME'] = project.path('config');
  const gate = project.gate('gate');
  project.edit('pipelines/test.yaml', 'GATE', project.path('gate'));
  await print(project, 'store', 'init', 's3://bucket/lab', '--endpoint', server.endpoint);
  const running = project.startRun();
  await running.output('fit', 'waits');
  server.fault = ({ id }) => (id === 'id' ? { status: 400, code: 'ExpiredToken' } : undefined);
  gate.pass();
  const { code, outcomes, warnings } = await endOf(running);
  assert.deepEqual(
    { code, outcomes },
    { code: 0, outcomes: { fit: 'ran', two: 'ran', three: 'ran' } },
  );
  const expired =
    'ExpiredToken: the credentials have expired: get new ones, such as by `aws sso login`';
  assert.deepEqual(warnings, [
    `The store s3://bucket/lab refuses the request (${expired}): this run continues without it`,
    '3 results did not reach s3://bucket/lab: `restage store push` sends what is left',
  ]);
  const refused = await project.command('store', 'push');
  assert.deepEqual(refused, {
    code: 1,
    stdout: '',
    stderr: `error: The store s3://bucket/lab refuses the request (${expired})\n`,
  });
  project.env['AWS_ACCESS_KEY_ID'] = 'new';
  assert.match(await print(project, 'store', 'push'), /^Sent 3 results/);
  assert.match(await print(project, 'store', 'verify'), /^3 results, \d objects: ✓ all sound/);
});

test('rubbish in store.json stops nobody: a run warns and goes on, and commands that need the store say what mends it', async () => {
  using lab = await group();
  const { clone, shared } = lab;
  clone.write('in.txt', 'abc\n');
  const url = shared.replace(/\/$/, '');
  const damaged = `The store.json of ${url} is damaged: \`restage store verify --repair\` writes it again`;
  writeFileSync(join(shared, 'store.json'), 'rubbish');
  const ran = await clone.run();
  assert.deepEqual([ran.code, ran.warnings], [0, [`${damaged}: this run continues without it`]]);
  assert.deepEqual(await clone.command('store', 'status'), {
    code: 1,
    stdout: '',
    stderr: `error: ${damaged}\n`,
  });
  rmSync(join(shared, 'store.json'));
  execFileSync('mkfifo', [join(shared, 'store.json')]);
  clone.remove('cache');
  assert.equal((await clone.run()).code, 0);
  rmSync(join(shared, 'store.json'));
  writeFileSync(join(shared, 'store.json'), JSON.stringify({ restage: 'store', format: 3 }));
  clone.remove('cache');
  const newer = await clone.run();
  assert.equal(newer.code, 1, 'a store of a newer version is an error: everyone must know of it');
  assert.match(
    newer.messages['shout']!,
    /is a store of another version of Restage: make one beside it/,
  );
});

test('an error of a store names its address', async () => {
  using project = new Project(chain, {}, 'project');
  project.env['XDG_CONFIG_HOME'] = project.path('config');
  const url = ['store', 'init', 's3://bucket/lab', '--endpoint', 'http://127.0.0.1:9'];
  const { code, stderr } = await project.command(...url);
  const expected =
    'error: The store s3://bucket/lab cannot be reached (connect ECONNREFUSED 127.0.0.1:9)\n';
  assert.deepEqual([code, stderr], [1, expected]);
  assert.equal(project.has('store.yaml'), false);
  project.write('../other/store.json', '{"name":"a shop"}');
  assert.equal(
    (await project.command('store', 'init', '../other')).stderr,
    'error: The store.json in ../other is not that of a store: name another location [wrong-value]\n',
  );
});

/** Turns a bit of the last byte of a text, as a failing disk does. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1]! ^= 1;
  return copy;
}

test('a flipped byte in a store is sent anew by whoever computes it again, and nobody else has to', async () => {
  using lab = await group();
  const { clone, maker } = lab;
  clone.env['XDG_CONFIG_HOME'] = maker.env['XDG_CONFIG_HOME']!;
  clone.write('in.txt', 'abc\n');
  for (const path of [...lab.filesOf('objects'), ...lab.filesOf('packs')]) {
    writeFileSync(path, flipped(readFileSync(path)));
  }
  const first = await clone.run('--fetch', 'all');
  assert.equal(first.code, 0);
  assert.ok(Object.values(first.outcomes).includes('ran'), JSON.stringify(first.outcomes));
  using third = new Project(chain, { 'in.txt': 'abc\n', 'store.yaml': clone.read('store.yaml') });
  third.env['XDG_CONFIG_HOME'] = third.path('config');
  const second = await third.run('--fetch', 'all');
  assert.deepEqual(second.warnings, []);
  assert.deepEqual(second.outcomes, { shout: 'restored', grow: 'restored', count: 'restored' });
});

test('store verify --repair sends again what is damaged in a bucket, its store.json included', async () => {
  await using server = await MemoryS3.start();
  using project = new Project(chain, { 'in.txt': 'abc\n' });
  project.env['XDG_CONFIG_HOME'] = project.path('config');
  await print(project, 'store', 'init', 's3://bucket/lab', '--endpoint', server.endpoint);
  assert.equal((await project.run()).code, 0);
  const keysIn = (folder: string) =>
    [...server.files.keys()].filter((key) => key.startsWith(`lab/${folder}/`));
  const [object] = keysIn('objects');
  const packs = keysIn('packs');
  const [entry] = keysIn('results');
  for (const key of [object!, ...packs, entry!])
    server.files.set(key, flipped(server.files.get(key)!));
  server.files.set('lab/store.json', Buffer.from('rubbish'));

  const damaged = await project.command('store', 'verify');
  assert.equal(
    damaged.stderr,
    'error: The store.json of s3://bucket/lab is damaged: `restage store verify --repair` writes it again\n',
  );
  const { code, stdout, stderr } = await project.command('store', 'verify', '--repair');
  const key = entry!.slice('lab/'.length);
  assert.equal(
    stderr,
    `warning: ${key} in s3://bucket/lab lacks the signature of its key, and is ignored\n`,
  );
  assert.match(stdout, /^Wrote the store\.json of s3:\/\/bucket\/lab again\.\n/);
  assert.match(
    stdout,
    /\n3 results, \d objects: \d damaged, (\d) incomplete\nMended \1 of \1\.\n$/,
  );
  assert.equal(code, 0);
  assert.match(await print(project, 'store', 'verify'), /^3 results, \d objects: ✓ all sound\n$/);
});

test('store push sends again what is gone or cut short in a store, and what the last verify found damaged', async () => {
  using lab = await group();
  const { maker } = lab;
  const [object] = lab.filesOf('objects');
  const [entry] = lab.filesOf('results');
  rmSync(object!);
  rmSync(entry!);
  const gone = await print(maker, 'store', 'push');
  assert.match(gone, /^Sent 1 result \(/);
  for (const path of lab.filesOf('packs')) writeFileSync(path, flipped(readFileSync(path)));
  assert.equal((await maker.command('store', 'verify')).code, 1);
  assert.match(
    await print(maker, 'store', 'push'),
    /\nMended (\d) of \1 results? that had lost bytes there, or that the last `store verify` found damaged\.\n$/,
  );
  assert.match(await print(maker, 'store', 'push'), /^Sent 0 results \(0 B\) to \S+\.\n$/);
});

test('store pull brings the outputs and the report of a run to someone without its data', async () => {
  using lab = await group();
  const { clone, maker } = lab;
  assert.match(
    await print(clone, 'store', 'pull', 'test.yaml'),
    /^Brought 3 stages and artifacts\/test\/report.html of test here, from the run /,
  );
  assert.deepEqual(clone.files('out'), ['count.txt', 'shout.txt']);
  assert.equal(clone.read('artifacts/test/report.html'), maker.read('artifacts/test/report.html'));
  await print(clone, 'store', 'pull', 'test.yaml', 'grow');
  assert.equal(clone.read('out/grow.txt'), maker.read('out/grow.txt'));
  const { code, stderr } = await clone.command('store', 'pull', 'test.yaml', '--run', '1999');
  assert.equal(code, 1);
  assert.match(stderr, /has no run of test with the name 1999 that is trusted/);
});

test('a pull says what failed at the store, and what is not here for that reason', async () => {
  await using server = await MemoryS3.start();
  using maker = new Project(chain, { 'in.txt': 'abc\n' });
  using reader = new Project(chain, {});
  for (const project of [maker, reader]) project.env['XDG_CONFIG_HOME'] = project.path('config');
  await print(maker, 'store', 'init', 's3://bucket/lab', '--endpoint', server.endpoint);
  assert.equal((await maker.run()).code, 0);
  reader.write('store.yaml', maker.read('store.yaml'));
  const fault = { status: 403, code: 'ExpiredToken' };
  server.fault = ({ key }) => (/lab\/(packs|objects)/.test(key) ? fault : undefined);
  // Without this, `grow` leaves its large output there, and is lost only if the store fails first.
  const pull = ['store', 'pull', 'test.yaml', '--fetch', 'all'];
  const { code, stdout, stderr } = await reader.command(...pull);
  assert.equal(code, 1);
  assert.match(stdout, /^Brought 0 stages of test here, from the run /);
  const why =
    'no credentials are set: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';
  const failure = `The store s3://bucket/lab refuses the request (${why})`;
  const names = 'shout, grow, count, the report';
  assert.equal(stderr, `error: ${failure}, so these are not here: ${names} [no-store]\n`);
  server.fault = () => undefined;
  const key = [...server.files.keys()].find((name) => name.startsWith('lab/packs/'));
  server.files.delete(key!);
  const lost = await reader.command('store', 'pull', 'test.yaml');
  assert.match(lost.stderr, /\nerror: The store no longer has all of .* \[no-store\]\n$/);
});

test('an export carries the outputs and the report of a pipeline to those who trust its key', async () => {
  using lab = await group();
  const { clone, maker } = lab;
  const archive = maker.path('..', 'my results.tar');
  const [, key] = /signed by (\S+)\.$/m.exec(await print(maker, 'export', archive, 'test.yaml'))!;
  clone.remove('store.yaml');
  const { code, stderr } = await clone.command('import', archive);
  assert.equal(code, 1);
  assert.match(stderr, /is signed by the key [A-Za-z0-9+/]{43}=, which store.yaml does not trust/);
  assert.ok(stderr.includes(`restage import '${archive}' --trust '${key}'`));
  assert.match(
    await print(clone, 'import', archive, '--trust', key!),
    /^Brought 3 stages and artifacts\/test\/report.html of test here, from the run /,
  );
  assert.deepEqual(clone.files('out'), ['count.txt', 'grow.txt', 'shout.txt']);
  assert.match(
    (await clone.command('import', clone.path('pipelines/test.yaml'))).stderr,
    /is no complete archive/,
  );
});

test('an archive that another key signed takes the name of an imported pipeline only when told so', async () => {
  using lab = await group();
  const { clone, maker } = lab;
  const exported = async (name: string) => {
    const archive = maker.path('..', name);
    const stdout = await print(maker, 'export', archive, 'test.yaml');
    return { archive, key: /signed by (\S+)\.$/m.exec(stdout)![1]! };
  };
  const first = await exported('first.restage');
  maker.env['XDG_CONFIG_HOME'] = maker.path('other-home');
  const second = await exported('second.restage');
  const take = ({ archive, key }: typeof first, ...words: readonly string[]) =>
    clone.command('import', archive, '--trust', key, ...words);
  assert.equal((await take(first)).code, 0);
  assert.equal((await take(first)).code, 0, 'a newer hand-in of the same person');
  clone.remove('out');
  const { code, stderr } = await take(second);
  assert.equal(code, 1);
  assert.ok(stderr.includes(`came from an archive that the key ${first.key} signed`), stderr);
  assert.ok(stderr.includes(`--trust '${second.key}' --replace`), stderr);
  assert.ok(!clone.has('out'), 'nothing was published');
  assert.equal((await take(second, '--replace')).code, 0);
  assert.equal((await take(first)).code, 1, 'the name is the second’s now');
});

test('an export of named stages has their outputs alone, and not the report, which shows all of them', async () => {
  using lab = await group();
  const { clone, maker } = lab;
  const archive = maker.path('..', 'counts.restage');
  const [, key] = /signed by (\S+)\.$/m.exec(
    await print(maker, 'export', archive, 'test.yaml', 'count', 'grow'),
  )!;
  assert.match(
    await print(clone, 'import', archive, '--trust', key!),
    /^Brought 2 stages of test here, from the run /,
  );
  assert.deepEqual(clone.files('out'), ['count.txt', 'grow.txt']);
  const unknown = await maker.command('export', maker.path('..', 'x.restage'), 'test.yaml', 'crow');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^error: The run \S+ has no stage crow\n/);
});

test('an export has the stages that the pipeline has now, at their present paths, and names what it leaves out', async () => {
  const gone = `  gone: { kind: command, outputs: { text: artifacts/gone.txt }, with: { run: "echo > \${outputs.text}" } }
`;
  const bare = `  bare:
    kind: command
    outputs: { all: { path: out/bare, type: files } }
    with: { run: "mkdir -p \${outputs.all}/objects \${outputs.all}/refs; cd \${outputs.all}; for f in HEAD objects/a refs/a; do echo > $f; done" }
`;
  using maker = new Project(chain + gone + bare, { 'in.txt': 'abc\n' });
  maker.env['XDG_CONFIG_HOME'] = maker.path('config');
  assert.equal((await maker.run()).code, 0);
  maker.edit('pipelines/test.yaml', gone, '');
  maker.edit('pipelines/test.yaml', 'out/count.txt', 'artifacts/count.txt');
  assert.equal((await maker.run('count')).code, 0);
  const { code, stdout, stderr } = await maker.command('export', 'x.tar', 'test.yaml');
  assert.equal(code, 0);
  assert.equal(
    stderr,
    'warning: not exported, since they hold a Git repository, or are not kept (cache: false): the outputs of bare\n',
  );
  assert.match(stdout, /^Wrote 3 stages of test into x\.tar, signed by /);
  maker.remove('out');
  maker.remove('artifacts');
  await print(maker, 'import', 'x.tar');
  assert.deepEqual(maker.files('artifacts'), ['count.txt']);
  assert.deepEqual(maker.files('out'), ['grow.txt', 'shout.txt']);
});

test('an export names outputs that are not here and how to fetch them; outputs of cache: false are left out', async () => {
  const noted = `  note:
    kind: command
    cache: false
    inputs: { text: ./in.txt }
    outputs: { text: out/note.txt }
    with: { run: "cp \${inputs.text} \${outputs.text}" }
`;
  using lab = await group(chain + noted);
  const { clone, maker } = lab;
  assert.match(
    await print(clone, 'store', 'pull', 'test.yaml'),
    /^Brought 3 stages and artifacts\/test\/report.html of test here, from the run /,
  );
  const archive = maker.path('..', 'my results.tar');
  assert.deepEqual(await clone.command('export', archive, 'test.yaml'), {
    code: 1,
    stdout: '',
    stderr:
      'error: The outputs of grow are not all here, or come from a key that is not trusted: `restage run test.yaml --fetch all` brings them; without the data, `restage store pull test.yaml --fetch all`\n',
  });
  await print(clone, 'store', 'pull', 'test.yaml', '--fetch', 'all');
  assert.match(await print(clone, 'export', archive), /^Wrote 3 stages of test/);
  clone.remove('out');
  assert.match(
    await print(clone, 'import', archive),
    /^Brought 3 stages and artifacts\/test\/report.html of test here, from the run /,
  );
  assert.deepEqual(clone.files('out'), ['count.txt', 'grow.txt', 'shout.txt']);
});

test('store init takes a new folder, an empty one or a store, and leaves every other one alone', async () => {
  using project = new Project(chain, {}, 'project');
  for (const theirs of ['../lab/results/measurements.csv', '../lab/cad/part.stl'])
    project.write(theirs, 'theirs');
  project.env['XDG_CONFIG_HOME'] = project.path('config');
  const { code, stdout, stderr } = await project.command('store', 'init', '../lab');
  assert.deepEqual([code, stdout], [1, '']);
  assert.equal(
    stderr,
    `error: ../lab is not empty, and no store: it holds cad, results [wrong-value]

  Name a location for the store alone, such as ../lab/restage
`,
  );
  assert.deepEqual(project.files('../lab'), ['cad/part.stl', 'results/measurements.csv']);
  assert.equal(project.has('store.yaml'), false);
  assert.match(
    await print(project, 'store', 'init', '../lab/restage'),
    /^Made the store \.\.\/lab\/restage, /,
  );
  project.remove('store.yaml');
  assert.match(
    await print(project, 'store', 'init', '../lab/restage'),
    /^Found the store \.\.\/lab\/restage, /,
  );
  project.remove('store.yaml');
  project.write('../share/.DS_Store', 'of a file manager');
  assert.match(await print(project, 'store', 'init', '../share'), /^Made the store /);
});

test('mistakes in store.yaml are reported, and an address with a password is refused', async () => {
  using project = new Project(chain, { 'in.txt': 'abc\n', 'store.yaml': 'url: ftp://x/y\n' });
  assert.match(
    (await project.command('run', 'test.yaml')).stderr,
    /"url" is not the address of a store: ftp:\/\/x\/y/,
  );
  const { code, stderr } = await project.command('store', 'init', 'ssh://-oProxyCommand=x/y');
  assert.notEqual(code, 0);
  assert.doesNotMatch(stderr, /at .*\.ts/);
  project.remove('store.yaml');
  const { stderr: refused } = await project.command('store', 'init', 'ssh://me:secret@host/y');
  assert.match(refused, /is not the address of a store. Write a folder/);
});

test('the summary says of an output that stays in the shared store that it is not here', async () => {
  using lab = await group(chain.replace(/ {2}count:[\s\S]*/, ''));
  const { clone } = lab;
  clone.write('in.txt', 'abc\n');
  const options = ['--fetch', 'none', '--reporter', 'plain', '--force', 'shout'];
  const { stdout } = await clone.command('run', 'test.yaml', ...options);
  assert.equal(clone.has('out/grow.txt'), false);
  assert.match(
    stdout,
    /Outputs\n {2}grow\.text +out\/grow\.txt \(in the shared store: --fetch all brings it\)\n/,
  );
});

test('a clone with a store of its own before the group’s gets results there as it uses them, and commands name the store that they mean', async () => {
  using lab = await group();
  const { clone, maker } = lab;
  const shared = maker.path('../shared');
  const near = maker.path('../near');
  clone.write('in.txt', 'abc\n');
  await print(clone, 'store', 'keys', 'add', 'bob');
  // Each trusts the other.
  maker.write('store.yaml', clone.read('store.yaml'));
  assert.equal(
    await print(clone, 'store', 'add', near, '--first'),
    `Made the store ${near}, and added it to store.yaml: asked first.\nResults are sent to ${near}. Commit store.yaml.\n`,
  );
  assert.deepEqual((await clone.run('--fetch', 'all')).outcomes, {
    shout: 'restored',
    grow: 'restored',
    count: 'restored',
  });
  const status = await print(clone, 'store', 'status');
  assert.match(status, /^\S+near: 3 results\n {2}3 results of them known here\n/);
  assert.ok(status.includes(`\n${shared}: 3 results\n`), status);
  assert.match(await print(clone, 'store', 'gc'), /^\S+near:\nWould remove 0 results/);
  assert.match(await print(clone, 'store', 'push', '--store', shared), /^Sent 0 results .* to /);
  assert.match(await print(clone, 'store', 'pull', 'test.yaml'), /^Brought 3 stages and /);

  clone.write('in.txt', 'abcd\n');
  assert.equal((await clone.run()).outcomes['shout'], 'ran');
  assert.match(await print(clone, 'store', 'status'), /^\S+near: 6 results[\s\S]*\n\S+shared: 3 /);
  assert.match(await print(clone, 'store', 'push', '--store', shared), /^Sent 3 results /);
  const unknown = await clone.command('store', 'status', '--store', 'elsewhere');
  assert.match(unknown.stderr, /store\.yaml has no store "elsewhere", only \S+near, \S+shared/);

  rmSync(near, { recursive: true });
  assert.equal(await print(clone, 'store', 'init'), `Made the store ${near}.\n`);
  assert.equal(await print(clone, 'store', 'init'), `Found the store ${near}.\n`);
  assert.match(await print(clone, 'store', 'push'), /^Sent 6 results /);
  rmSync(shared, { recursive: true });
  const broken = await clone.command('store', 'status');
  assert.equal(broken.code, 1);
  assert.match(
    broken.stdout,
    /^\S+near: 6 results\n[\s\S]*\nThe store \S+shared cannot be reached/,
  );
});

/** A kind that reads the part `a` of a folder, and says what it sees of it. */
const half = {
  'stages/half/spec.ts': `
import { defineKind } from 'restage';
import { z } from 'zod';
export const spec = defineKind({
  name: 'half',
  version: 1,
  summary: 'Lists what it sees.',
  settings: z.strictObject({ round: z.number() }),
  inputs: { data: { type: 'files', summary: 'A folder.', parts: () => ['a'] } },
  outputs: { text: { type: 'files', summary: 'A text.', extension: '.txt' } },
  example: 'text: { kind: half, with: { round: 1 }, inputs: { data: ./data } }',
});
`,
  'stages/half/run.ts': `
import { readdirSync, writeFileSync } from 'node:fs';
import type { StageContext } from 'restage';
export default async function run(context: StageContext<{ round: number }>): Promise<void> {
  const names = readdirSync(context.input('data').path, { recursive: true }).map(String).sort();
  writeFileSync(context.output('text'), names.join(' '));
}
`,
};

test('of a folder, a stage sees the parts that it declares, and only these are fetched for it', async () => {
  const yaml = `stages:
  make:
    kind: command
    outputs: { data: { path: out/data, type: files } }
    with: { run: "mkdir -p \${outputs.data}/a \${outputs.data}/b; echo top > \${outputs.data}/top; head -c 2000000 /dev/zero > \${outputs.data}/a/x; head -c 3000000 /dev/zero > \${outputs.data}/b/y" }
  look: { kind: half, inputs: { data: make.data }, with: { round: 1 }, outputs: { text: out/look.txt } }
`;
  using lab = await group(yaml, half);
  const { clone, maker } = lab;
  assert.equal(maker.read('out/look.txt'), 'a a/x top');
  clone.edit('pipelines/test.yaml', 'round: 1', 'round: 2');
  assert.deepEqual((await clone.run('--fetch', 'none')).outcomes, {
    make: 'up to date',
    look: 'ran',
  });
  const sizes = clone
    .files('cache/objects')
    .map((name) => statSync(clone.path('cache/objects', name)).size);
  assert.ok(sizes.includes(2_000_000), `${sizes}`);
  assert.ok(!sizes.includes(3_000_000), 'the part b stays in the store');
  assert.equal(clone.read('out/look.txt'), 'a a/x top');
});
