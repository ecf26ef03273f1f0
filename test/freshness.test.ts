import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { test } from 'node:test';
import { Project } from './support/rig.ts';
import { files, shout } from './support/two-stages.ts';

const fresh = { shout: 'up to date', count: 'up to date' };

async function shouted(): Promise<Project> {
  const project = new Project(shout, files);
  const { outcomes } = await project.run();
  assert.deepEqual(outcomes, { shout: 'ran', count: 'ran' });
  return project;
}

test('touching an input changes nothing', async () => {
  using project = await shouted();
  utimesSync(project.path('in.txt'), new Date(), new Date());
  assert.deepEqual((await project.run()).outcomes, fresh);
});

test('new content of the same size and time runs its stage, and readers whose input stays the same are up to date', async () => {
  using project = await shouted();
  const { atime, mtime } = statSync(project.path('in.txt'));
  project.write('in.txt', 'xyz\n');
  utimesSync(project.path('in.txt'), atime, mtime);
  assert.deepEqual((await project.run()).outcomes, { shout: 'ran', count: 'ran' });
  assert.equal(project.read('out/shout.txt'), 'XYZ\n');

  project.edit('pipelines/test.yaml', 'tr a-z A-Z', 'tr  a-z  A-Z');
  assert.deepEqual((await project.run()).outcomes, { shout: 'ran', count: 'up to date' });
});

test('a deleted or edited output, intermediate or final, is restored, and nothing runs', async () => {
  using project = await shouted();
  rmSync(project.path('out/shout.txt'));
  assert.deepEqual((await project.run()).outcomes, { shout: 'restored', count: 'up to date' });
  project.write('out/count.txt', '9\n');
  const { outcomes, warnings } = await project.run();
  assert.deepEqual(outcomes, { shout: 'up to date', count: 'restored' });
  assert.equal(project.read('out/count.txt').trim(), '4');
  const [, kept] =
    /^out\/count.txt held something that Restage did not put there: it was moved to (.*)$/.exec(
      warnings[0]!,
    )!;
  assert.equal(project.read(kept!), '9\n');

  rmSync(project.path('out'), { recursive: true });
  assert.deepEqual((await project.run()).outcomes, { shout: 'restored', count: 'restored' });
});

test('a changed command runs its stage and its readers; changed back, all is restored and nothing runs', async () => {
  using project = await shouted();
  project.edit('pipelines/test.yaml', 'tr a-z A-Z', 'cat - ./in.txt');
  assert.deepEqual((await project.run()).outcomes, { shout: 'ran', count: 'ran' });
  assert.equal(project.read('out/count.txt').trim(), '8');
  project.edit('pipelines/test.yaml', 'cat - ./in.txt', 'tr a-z A-Z');
  assert.deepEqual((await project.run()).outcomes, { shout: 'restored', count: 'restored' });
  assert.equal(project.read('out/shout.txt'), 'ABC\n');
});

test('an input that was changed back restores its outputs', async () => {
  using project = await shouted();
  project.write('in.txt', 'longer\n');
  assert.deepEqual((await project.run()).outcomes, { shout: 'ran', count: 'ran' });
  project.write('in.txt', 'abc\n');
  assert.deepEqual((await project.run()).outcomes, { shout: 'restored', count: 'restored' });
  assert.equal(project.read('out/count.txt').trim(), '4');
});

test('salt makes every stage stale, and without it the earlier results apply again', async () => {
  using project = await shouted();
  project.write('pipelines/test.yaml', `salt: 2\n${shout}`);
  assert.deepEqual((await project.run()).outcomes, { shout: 'ran', count: 'ran' });
  project.write('pipelines/test.yaml', shout);
  assert.deepEqual((await project.run()).outcomes, fresh);
});

test('git ignores the store, whatever the project tells it', async () => {
  using project = await shouted();
  const git = (...words: readonly string[]) =>
    execFileSync('git', words, { cwd: project.root, encoding: 'utf8' });
  git('init', '--quiet');
  const untracked = git('status', '--porcelain', '--untracked-files=all');
  assert.match(untracked, /out\/shout\.txt/);
  assert.doesNotMatch(untracked, /cache\//);
});

test('a parameter runs the stages whose commands hold it, from --set as from the file', async () => {
  using project = new Project(
    `
params: { letter: a }
stages:
  pick: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/pick.txt }, with: { run: "grep \${params.letter} \${inputs.text} > \${outputs.text}" } }
  keep: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/keep.txt }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
`,
    { 'in.txt': 'a\nb\n' },
  );
  await project.run();
  assert.deepEqual((await project.run('--set', 'params.letter=b')).outcomes, {
    pick: 'ran',
    keep: 'up to date',
  });
  assert.equal(project.read('out/pick.txt'), 'b\n');
  assert.deepEqual((await project.run()).outcomes, { pick: 'restored', keep: 'up to date' });
});

const joined = `
stages:
  join:
    kind: command
    inputs: { parts: [parts/a.txt, parts/b.txt] }
    outputs: { text: out/all.txt }
    with: { run: "cat \${inputs.parts} > \${outputs.text}" }
`;
const parts = { 'parts/a.txt': 'a\n', 'parts/b.txt': 'b\n' };

test('removing or moving an input in a list runs the stage', async () => {
  using project = new Project(joined, parts);
  await project.run();
  project.edit('pipelines/test.yaml', ', parts/b.txt', '');
  assert.deepEqual((await project.run()).outcomes, { join: 'ran' });
  assert.equal(project.read('out/all.txt'), 'a\n');
  project.edit('pipelines/test.yaml', '[parts/a.txt]', '[parts/b.txt, parts/a.txt]');
  assert.deepEqual((await project.run()).outcomes, { join: 'ran' });
  assert.equal(project.read('out/all.txt'), 'b\na\n');
});

test('names, descriptions, the order of keys, and keys that only say how to run make nothing run', async () => {
  using project = await shouted();
  project.write(
    'pipelines/test.yaml',
    `# the same work
stages:
  number:
    outputs: { text: elsewhere/count.txt }
    with: { run: "wc -c < \${inputs.text} > \${outputs.text}" }
    inputs: { text: shout.text }
    kind: command
    cache: false
  shout:
    description: other words
    kind: command
    after: before
    resources: { cpu: 2, memory: 1MiB }
    retries: 2
    timeout: 1h
    onDemand: true
    inputs: { text: ./in.txt }
    outputs: { text: out/shout.txt }
    with: { run: "echo shouting; tr a-z A-Z < \${inputs.text} > \${outputs.text}" }
  before: { kind: command, outputs: { text: out/before.txt }, with: { run: "echo > \${outputs.text}" } }
description: other words
`,
  );
  assert.deepEqual((await project.run()).outcomes, {
    shout: 'up to date',
    number: 'restored',
    before: 'ran',
  });
});

test('a folder counts by the names and contents of all files, hidden ones too, not by its own name, empty folders, times or modes', async () => {
  using project = new Project(
    `
stages:
  names: { kind: command, inputs: { files: FOLDER }, outputs: { text: out/names.txt }, with: { run: "find \${inputs.files} -type f | wc -l > \${outputs.text}" } }
`.replace('FOLDER', 'data.v1/'),
    { 'data.v1/a.txt': 'a', 'linked/b.txt': 'b' },
  );
  await project.run();
  renameSync(project.path('data.v1'), project.path('data.v2'));
  project.edit('pipelines/test.yaml', 'data.v1', 'data.v2');
  mkdirSync(project.path('data.v2/empty/deep'), { recursive: true });
  chmodSync(project.path('data.v2/a.txt'), 0o755);
  utimesSync(project.path('data.v2/a.txt'), 0, 0);
  assert.deepEqual((await project.run()).outcomes, { names: 'up to date' });
  project.write('data.v2/.hidden', '');
  assert.deepEqual((await project.run()).outcomes, { names: 'ran' });
  symlinkSync('../linked', project.path('data.v2/link'));
  assert.deepEqual((await project.run()).outcomes, { names: 'ran' });
  project.write('linked/b.txt', 'other');
  assert.deepEqual((await project.run()).outcomes, { names: 'ran' });
});

test('objects and results copied into another clone are restored there, also beside its own', async () => {
  using project = await shouted();
  using clone = new Project(shout, { 'in.txt': 'other\n' });
  await clone.run();
  for (const folder of ['objects', 'results']) {
    cpSync(project.path('cache', folder), clone.path('cache', folder), {
      recursive: true,
      force: false,
    });
  }
  clone.write('in.txt', 'abc\n');
  assert.deepEqual((await clone.run()).outcomes, { shout: 'restored', count: 'restored' });
  assert.equal(clone.read('out/shout.txt'), 'ABC\n');
  assert.equal((await clone.command('verify')).code, 0);
  assert.deepEqual(
    [...project.files('cache/results').map((file) => project.read(`cache/results/${file}`))].filter(
      (text) => text.includes(project.root),
    ),
    [],
  );
});

test('without its cache, a project computes everything again, and moves aside published files whose content differs', async () => {
  using project = await shouted();
  project.remove('cache');
  project.write('in.txt', 'xyz\n');
  const { outcomes, warnings } = await project.run();
  assert.deepEqual(outcomes, { shout: 'ran', count: 'ran' });
  const kept = new Map(
    warnings.map(
      (text) =>
        /^(\S+) held something .*: it was moved to (.*)$/.exec(text)!.slice(1) as [string, string],
    ),
  );
  assert.deepEqual(new Set(kept.keys()), new Set(['out/shout.txt', 'artifacts/test/report.html']));
  assert.equal(project.read(kept.get('out/shout.txt')!), 'ABC\n');
});

test('a project whose cache is a link to another folder restores, cleans and verifies like any other', async () => {
  using disk = new Project('');
  using project = new Project(shout, files);
  symlinkSync(disk.path('store'), project.path('cache'));
  mkdirSync(disk.path('store'));
  await project.run();
  rmSync(project.path('out'), { recursive: true });
  assert.deepEqual((await project.run()).outcomes, { shout: 'restored', count: 'restored' });
  project.edit('pipelines/test.yaml', 'out/count.txt', 'out/size.txt');
  assert.deepEqual((await project.run()).outcomes, { shout: 'up to date', count: 'restored' });
  assert.match((await project.command('clean', '--yes')).stdout, /Removed 1 output/);
  assert.match((await project.command('verify')).stdout, /✓ all sound/);
  assert.deepEqual(disk.files('store/work'), []);
});

test('a copy of the pipeline under another name computes nothing again', async () => {
  using project = new Project(
    shout.replaceAll(/\n +outputs: .*/g, (line) => line.replace(/out\/\S+/, '{ }')),
    {
      'in.txt': 'abc\n',
    },
  );
  await project.run();
  copyFileSync(project.path('pipelines/test.yaml'), project.path('pipelines/other.yaml'));
  assert.match((await project.command('run', 'other.yaml')).stdout, /2 restored/);
  assert.equal(project.read('artifacts/other/count/text').trim(), '4');
  assert.deepEqual((await project.run()).outcomes, fresh);
});

test('a run with --reporter json reports every stage, even if nothing has changed', async () => {
  using project = await shouted();
  project.letHoursPass(1);
  await project.run();
  assert.deepEqual((await project.run()).outcomes, fresh);
});

test('a variable that a stage declares counts; others do not', async () => {
  using project = new Project(`
stages:
  greet: { kind: command, env: [WHOM], outputs: { text: out/greeting.txt }, with: { run: 'echo "hello $WHOM" > \${outputs.text}' } }
`);
  project.env['WHOM'] = 'world';
  await project.run();
  project.env['UNSAID'] = '1';
  assert.deepEqual((await project.run()).outcomes, { greet: 'up to date' });
  project.env['WHOM'] = 'moon';
  assert.deepEqual((await project.run()).outcomes, { greet: 'ran' });
  assert.equal(project.read('out/greeting.txt'), 'hello moon\n');
  const results = project
    .files('cache/results')
    .map((file) => project.read(`cache/results/${file}`));
  assert.ok(
    results.every((text) => !text.includes('moon')),
    'a value of the environment is readable in the cache',
  );
});
