import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../src/digest.ts';
import { resultKey } from '../src/engine/store/remote/envelope.ts';
import { keyIdOf } from '../src/engine/store/remote/keys.ts';
import { Project } from './support/rig.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { noSshd, SshServer } from './support/sshd.ts';
import { group } from './support/store-group.ts';
import { smallest, studyProject } from './support/study-project.ts';
import { print } from './support/two-stages.ts';
import { until } from './support/until.ts';

/** Eight results of ten files, three of them in a pack. */
const packs = `stages:
  make:
    kind: command
    matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8] }
    outputs: { all: { path: 'out/\${matrix.n}', type: files } }
    with: { run: 'echo \${matrix.n}; mkdir \${outputs.all}; for i in 0 1 2 3 4 5 6 7 8 9; do head -c 900000 /dev/urandom > \${outputs.all}/$i; done' }
`;

/** Gives a project a key and a store at an address; clones can use its `store.yaml`. */
async function withStore(project: Project, url: string): Promise<Project> {
  project.env['XDG_CONFIG_HOME'] = project.path('config');
  await print(project, 'store', 'init', url);
  return project;
}

const all = 8 * 9_000_000;
const pack = 3 * 9_000_000;

/** The sizes of the whole packs in a store. */
function packsIn(store: string): readonly number[] {
  const folder = join(store, 'packs');
  const names = existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [];
  return names
    .filter((name) => /\/[0-9a-f]{64}$/.test(name))
    .map((name) => statSync(join(folder, name)).size);
}

/** Pushes the rest after a kill, and asserts that at most one pack was sent twice. */
async function finishes(project: Project, store: string): Promise<void> {
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
  const before = packsIn(store);
  assert.ok(
    sum(before) > 0 && sum(before) < all,
    `killed between the first pack and the last: ${before}`,
  );
  await print(project, 'store', 'push');
  const after = sum(packsIn(store));
  assert.ok(after >= all && after <= all + pack + 10_000, `${after} bytes in packs`);
  assert.match(await print(project, 'store', 'verify'), /^8 results, 8\d objects: ✓ all sound/);
}

test('a run that is killed while it sends its results sends at most one pack again', async () => {
  using project = new Project(packs);
  const store = project.path('shared');
  await withStore(project, store);
  const running = project.startRun();
  await until(() => packsIn(store).length > 0);
  running.child.kill('SIGKILL');
  await running.ended;
  await finishes(project, store);
});

test('a server that is killed during a push gets at most one pack again', {
  skip: noSshd ?? false,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'restage-store-'));
  using project = new Project(packs);
  try {
    const store = join(folder, 'shared');
    {
      await using server = await SshServer.start();
      project.env['PATH'] = server.path;
      await withStore(project, `ssh://testhost${store}`);
      await project.run('--no-store');
      const pushing = project.start('store', 'push');
      await until(() => packsIn(store).length > 0);
      for (const pid of [server.child.pid!, ...descendants(server.child.pid!)])
        process.kill(pid, 'SIGKILL');
      const { code, stderr } = await pushing.ended;
      assert.equal(code, 1);
      assert.match(stderr, /^error: The store ssh:\/\/testhost\/\S+ cannot be reached \(ssh: /);
    }
    await using again = await SshServer.start();
    project.env['PATH'] = again.path;
    await finishes(project, store);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('with a store that may only be read, store init fails with the reason, and a run warns and completes', {
  skip: noSshd ?? false,
}, async () => {
  using project = new Project(`stages: { a: { kind: command, with: { run: 'true' } } }\n`);
  await withStore(project, project.path('shared'));
  const spec = project.read('store.yaml');
  project.remove('store.yaml');
  await using server = await SshServer.start('internal-sftp -R');
  project.env['PATH'] = server.path;
  const url = `ssh://testhost${project.path('shared')}`;
  const { code, stderr } = await project.command('store', 'init', url);
  const refused = 'Permission denied: your user there lacks a right to its files';
  assert.deepEqual(
    [code, stderr],
    [1, `error: The store ${url} refuses the request (${refused})\n`],
  );
  assert.ok(!project.has('store.yaml'));
  project.write('store.yaml', spec.replace(/^url: .*/m, `url: ${url}`));
  const ran = await project.run();
  const warning = `1 result did not reach ${url}, which takes nothing (${refused}): \`restage store push\` sends what is left`;
  assert.deepEqual([ran.code, ran.warnings], [0, [warning]]);
});

test('over SSH, a repair sends again what was flipped, and gc refuses a link', {
  skip: noSshd ?? false,
}, async () => {
  const yaml = `stages: { a: { kind: command, outputs: { o: out/o }, with: { run: 'head -c 2000000 /dev/zero > \${outputs.o}; echo said' } } }\n`;
  await using server = await SshServer.start();
  using project = new Project(yaml);
  project.env['PATH'] = server.path;
  const store = project.path('shared');
  await withStore(project, `ssh://testhost${store}`);
  assert.equal((await project.run()).code, 0);
  for (const folder of ['objects', 'packs']) {
    for (const name of project.files(`shared/${folder}`)) {
      const bytes = readFileSync(join(store, folder, name));
      bytes[0]! ^= 1;
      writeFileSync(join(store, folder, name), bytes);
    }
  }
  const { code, stdout } = await project.command('store', 'verify', '--repair');
  assert.match(stdout, /^Mended (\d) of \1\.$/m);
  assert.equal(code, 0);
  assert.match(await print(project, 'store', 'verify'), /: ✓ all sound$/m);
  rmSync(join(store, 'results'), { recursive: true });
  symlinkSync(project.path('out'), join(store, 'results'));
  const refused = await project.command('store', 'gc', '--yes');
  const link = `${join(store, 'results')} is a link, and a store holds none: whoever made it must remove it`;
  assert.equal(
    refused.stderr,
    `error: The store ssh://testhost${store} cannot be reached (${link})\n`,
  );
});

/** The descendants of a process. */
function descendants(pid: number): readonly number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const below = (of: number): readonly number[] =>
    pairs.flatMap(([child, parent]) => (parent === of ? [child!, ...below(child!)] : []));
  return below(pid);
}

test('on a cluster, the controller fetches what jobs read, and sends what they make', {
  skip: noSlurm ?? false,
}, async () => {
  const yaml = `stages:
  grow:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { text: out/grow.txt }
    with: { run: "cat \${inputs.text} > \${outputs.text}; head -c 3000000 /dev/zero >> \${outputs.text}" }
  count:
    kind: command
    inputs: { text: grow.text }
    outputs: { text: out/count.txt }
    with: { run: "wc -c < \${inputs.text} > \${outputs.text}" }
`;
  const files = {
    'in.txt': 'abc\n',
    'places.yaml': 'cluster: { engine: slurm, memory: { default: 200MiB } }\n',
  };
  await using slurm = await Slurm.start(2);
  using maker = new Project(yaml, files);
  Object.assign(maker.env, slurm.env);
  const store = maker.path('shared');
  await withStore(maker, store);
  assert.deepEqual((await maker.run('--on', 'cluster')).outcomes, { grow: 'ran', count: 'ran' });
  using clone = new Project(yaml.replace('wc -c', 'wc -l'), {
    ...files,
    'store.yaml': maker.read('store.yaml'),
  });
  Object.assign(clone.env, slurm.env, { XDG_CONFIG_HOME: maker.env['XDG_CONFIG_HOME'] });
  assert.deepEqual((await clone.run('--on', 'cluster')).outcomes, {
    grow: 'up to date',
    count: 'ran',
  });
  assert.equal(clone.read('out/count.txt').trim(), '1');
  assert.match(await print(maker, 'store', 'status'), /: 3 results\n/);
});

test('a clone gets the complete study that another one has run, without computing anything', async () => {
  using maker = studyProject();
  await withStore(maker, maker.path('shared'));
  const { code, stderr } = await maker.run();
  assert.equal(code, 0, stderr);
  using clone = studyProject(smallest, { 'store.yaml': maker.read('store.yaml') });
  const startedAt = performance.now();
  const { outcomes } = await clone.run();
  const seconds = (performance.now() - startedAt) / 1000;
  const ran = Object.keys(outcomes).filter(
    (stage) => !['restored', 'up to date'].includes(outcomes[stage]!),
  );
  assert.deepEqual(ran, ['machine'], 'it describes the machine of each run (cache: false)');
  for (const file of maker.files('artifacts/test/text')) {
    const path = join('artifacts/test/text', file);
    assert.ok(readFileSync(maker.path(path)).equals(readFileSync(clone.path(path))), path);
  }
  const contentIn = (project: Project) => contentOf(project.read('artifacts/test/report.html'));
  assert.deepEqual(contentIn(clone), contentIn(maker));
  console.log(`${Object.keys(outcomes).length} stages in ${seconds.toFixed(1)} s`);
});

/** How much of each kind a report holds. */
const contentOf = (page: string) =>
  ['<img ', '<svg', '<figure', '<table', '<section', '<details', 'data-spec'].map((part) => [
    part,
    page.split(part).length - 1,
  ]);

test('large signed files are read one after the other: many at once took the memory of the machine', async () => {
  using project = new Project(packs);
  project.env['XDG_CONFIG_HOME'] = project.path('config');
  await print(project, 'store', 'init', '../shared');
  const key = /^ {2}\S+: (\S+)$/m.exec(project.read('store.yaml'))![1]!;
  for (let index = 0; index < 16; index += 1) {
    const digest = sha256(String(index));
    const path = project.path('..', 'shared', resultKey(digest, keyIdOf(key)));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    truncateSync(path, 100 * 1024 ** 2);
  }
  const peak = project.path('peak');
  const writing = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)))`;
  project.write('peak.cjs', writing);
  project.env['NODE_OPTIONS'] = `--require ${project.path('peak.cjs')}`;
  const { code, stdout } = await project.command('store', 'gc', '--yes');
  assert.equal(code, 0);
  assert.match(stdout, /^Removed 0 results/);
  assert.ok(Number(readFileSync(peak, 'utf8')) < 800_000, `${readFileSync(peak, 'utf8')} KiB`);
});

test('a log is fetched when it is read; what `store gc` removed is sent again', async () => {
  using lab = await group();
  const { clone, maker } = lab;
  clone.write('in.txt', 'abc\n');
  assert.match(
    await print(clone, 'logs', 'test.yaml', 'shout'),
    /^shout: succeeded on .*\nshouting\n$/,
  );
  maker.write('in.txt', 'other\n');
  await maker.run();
  for (const name of ['results', 'runs'])
    for (const path of lab.filesOf(name)) utimesSync(path, 0, 0);
  assert.match(await print(maker, 'store', 'gc', '--yes'), /^Removed 3 results and 1 run/);
  assert.match(await print(maker, 'store', 'push'), /^Sent 3 results/);
  assert.match(await print(maker, 'store', 'push'), /^Sent 0 results/);
});

test('an unreachable store costs one warning; a user whose key is not trusted can only read', async () => {
  using lab = await group();
  const { clone, maker, shared } = lab;
  clone.write('in.txt', 'xyz\n');
  renameSync(shared, `${shared}-away`);
  const away = await clone.run();
  assert.equal(away.code, 0);
  assert.equal(away.warnings.length, 1);
  assert.match(
    away.warnings[0]!,
    /cannot be reached \(the folder \S+ is not there\): this run continues without it$/,
  );
  renameSync(`${shared}-away`, shared);
  assert.match(
    await print(clone, 'store', 'status'),
    /you can only read, since store\.yaml names no key of yours/,
  );
  clone.write('in.txt', 'uvw\n');
  assert.deepEqual((await clone.run()).warnings, [
    `Nothing is sent to ${shared}, since store.yaml names no key of yours: \`restage store push\` says who can add it`,
  ]);
  assert.deepEqual((await clone.run('--rehash')).warnings, [], 'nothing was made');
  const { code, stderr } = await clone.command('store', 'push');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^error: Cannot send results: you can only read, since store\.yaml names no key of yours \[no-store\]\n\n {2}Give your public key to whoever keeps store\.yaml, who adds it: restage store keys add \S+@\S+ [\w+/]{43}=\n$/,
  );
  // Both are the same user of the same host.
  const taken = await clone.command('store', 'keys', 'add');
  assert.match(
    taken.stderr,
    /^error: store\.yaml has another key of \S+, whose results would no longer count/,
  );
  await print(clone, 'store', 'keys', 'add', 'bob');
  assert.match(await print(clone, 'store', 'keys'), /bob +[0-9a-f]{16} +yours/);
  assert.match(await print(clone, 'store', 'push'), /^Sent 6 results/);
  assert.match(
    await print(maker, 'store', 'status'),
    /6 further results without a signature that store.yaml trusts/,
  );
});

test('results of a revoked key no longer count, even if a run remembers that all is published', async () => {
  using lab = await group();
  const { clone } = lab;
  clone.write('in.txt', 'abc\n');
  clone.letHoursPass(1);
  assert.match(await print(clone, 'run', 'test.yaml'), /2 restored/);
  const runs = clone.files('cache/runs');
  assert.match(await print(clone, 'run', 'test.yaml'), /^✓ test: 3 stages up to date/);
  assert.deepEqual(clone.files('cache/runs'), runs, 'a run that is remembered leaves no trace');
  const [, name] = /^ {2}(\S+): /m.exec(clone.read('store.yaml'))!;
  await print(clone, 'store', 'pull', 'test.yaml', '--fetch', 'all');
  await print(clone, 'store', 'keys', 'revoke', name!);
  const archive = lab.maker.path('..', 'results.tar');
  const refused = await clone.command('export', archive, 'test.yaml');
  assert.match(
    refused.stderr,
    /^error: The outputs of count, grow, shout are not all here, or come from a key that is not trusted: `restage run/,
  );
  assert.match(await print(clone, 'run', 'test.yaml'), /3 ran/);
  assert.match(await print(clone, 'export', archive), /^Wrote 3 stages of test/);
});
