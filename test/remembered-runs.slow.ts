// A run that has nothing to do is answered from the memory of an earlier one, unless anything that
// it depends on has changed.
import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { type Ended, Project } from './support/rig.ts';

const joined = `
stages:
  join:
    kind: command
    inputs: { parts: parts/*.txt }
    outputs: { text: out/all.txt }
    with: { run: "cat \${inputs.parts} > \${outputs.text}" }
`;
const parts = { 'parts/a.txt': 'a\n', 'parts/b.txt': 'b\n' };

/**
 * Runs as a user does, and asserts that the memory of an earlier run answered, which leaves no
 * record of a run.
 */
async function assertRecalled(project: Project, ...argv: readonly string[]): Promise<Ended> {
  const runs = project.files('cache/runs').length;
  const ended = await project.command('run', 'test.yaml', ...argv);
  assert.equal(project.files('cache/runs').length, runs, 'the run went the long way');
  assert.equal(ended.code, 0);
  assert.match(ended.stdout, /^✓ test: \d+ stages? up to date \([\d.]+ s\)\n$/);
  return ended;
}

test('the same command again is answered from memory until anything that it depends on changes', async () => {
  const yaml = joined.replace('outputs:', 'env: [MOOD]\n    outputs:');
  using project = new Project(yaml, parts);
  project.letHoursPass(1);
  project.env['MOOD'] = 'good';
  const changes = async (change: () => void, verdict: RegExp) => {
    await project.command('run', 'test.yaml');
    await assertRecalled(project);
    change();
    assert.match((await project.command('run', 'test.yaml')).stdout, verdict);
  };
  await changes(() => project.write('parts/b.txt', 'B\n'), /1 ran/);
  await changes(() => project.write('parts/c.txt', 'c\n'), /1 ran/);
  assert.equal(project.read('out/all.txt'), 'a\nB\nc\n');
  await changes(() => rmSync(project.path('parts/a.txt')), /1 ran/);
  await changes(() => project.write('out/all.txt', 'tampered\n'), /1 restored/);
  await changes(() => rmSync(project.path('out/all.txt')), /1 restored/);
  await changes(() => {
    project.env['MOOD'] = 'bad';
  }, /1 ran/);
  await changes(() => project.edit('pipelines/test.yaml', 'cat', 'tac'), /1 ran/);
});

test('a remembered run is examined again once the project has its own kind instead of a built-in one', async () => {
  using project = new Project(joined, parts);
  project.letHoursPass(1);
  for (const path of ['stages/other/notes.txt', 'stages/command/notes.txt']) {
    await project.command('run', 'test.yaml');
    await assertRecalled(project);
    project.write(path, '');
  }
  await project.command('run', 'test.yaml');
  await assertRecalled(project);
  project.write('stages/command/spec.ts', 'export const spec = 1;');
  const ended = await project.command('run', 'test.yaml');
  assert.equal(ended.code, 1);
  assert.match(
    ended.stderr,
    /The kind command in stages\/command cannot be loaded: it has a spec but no run\.ts/,
  );
});

test('a remembered run is examined again once another pipeline has taken over an output', async () => {
  const yaml = joined.replace('out/all.txt', '"${params.to}"');
  using project = new Project(`params: { to: out/all.txt }${yaml}`, parts);
  project.letHoursPass(1);
  const elsewhere = ['--set', 'params.to=out/other.txt'];
  await project.command('run', 'test.yaml', ...elsewhere);
  await assertRecalled(project, ...elsewhere);
  project.write('pipelines/second.yaml', yaml.replace('${params.to}', 'out/other.txt'));
  assert.match((await project.command('run', 'second.yaml')).stdout, /1 stage up to date/);
  const { code, stderr } = await project.command('run', 'test.yaml', ...elsewhere);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /"out\/other\.txt" is claimed by two pipelines: by "join" of second, which published there/,
  );
});

test('a command whose word names another file now is not answered from memory', async () => {
  using project = new Project(joined, parts);
  project.letHoursPass(1);
  await project.command('run', '--jobs', '2', 'test.yaml');
  assert.match(
    (await project.command('run', '--jobs', '2', 'test.yaml')).stdout,
    /^✓ test: 1 stage up to date/,
  );
  copyFileSync(project.path('pipelines/test.yaml'), project.path('test.yaml'));
  project.edit('test.yaml', 'cat', 'tac');
  project.edit('test.yaml', 'out/', 'other/');
  assert.match((await project.command('run', '--jobs', '2', 'test.yaml')).stdout, /1 ran/);

  await project.command('run');
  project.write('pipelines/second.yaml', joined);
  assert.match((await project.command('run')).stderr, /Which pipeline\?/);
});

test('a file that was just edited is examined again, and an incomplete run is not remembered', async () => {
  using project = new Project(joined, parts);
  await project.command('run', 'test.yaml');
  assert.deepEqual(project.files('cache/memory'), []);
  project.letHoursPass(1);
  await project.command('run', 'test.yaml');
  await assertRecalled(project);
  project.edit('pipelines/test.yaml', 'cat', 'false; cat');
  assert.equal((await project.command('run', 'test.yaml')).code, 1);
  assert.deepEqual(project.files('cache/memory'), []);
});
