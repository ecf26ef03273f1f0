import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { pipeline } from './support/rig.ts';

const yaml = `description: Counts words
stages:
  words:
    kind: command
    inputs: { text: ./notes.txt }
    outputs: { out: { type: files } }
    with: { run: 'tr " " "\\n" < \${inputs.text} > \${outputs.out}' }
  counted:
    kind: command
    matrix: { by: [lines, bytes] }
    inputs: { words: words.out }
    outputs: { folder: { type: files } }
    with: { run: 'mkdir \${outputs.folder}; wc --\${matrix.by} \${inputs.words} > \${outputs.folder}/count.txt' }
  scratch:
    kind: command
    cache: false
    inputs: { words: words.out }
    outputs: { out: { type: files } }
    with: { run: 'date > \${outputs.out}' }
`;

interface Entity {
  readonly '@id': string;
  readonly '@type': string | readonly string[];
  readonly sha256?: string;
  readonly contentSize?: string;
}

test('a run becomes an RO-Crate whose files are those that its metadata names', async () => {
  using project = new Project(yaml, { 'notes.txt': 'one two three\n' });
  assert.equal((await project.run()).code, 0);
  const wrote = await project.type(
    `node ${pipeline} export crate test.yaml --rocrate --license CC-BY-4.0`,
  ).ended;
  assert.deepEqual(
    [wrote.code, wrote.stdout],
    [0, 'Wrote 4 stages of test as an RO-Crate into crate.\n'],
    wrote.stderr,
  );
  assert.match(wrote.stderr, /not in the crate, since they are not kept .*scratch/);

  const metadata = JSON.parse(project.read('crate/ro-crate-metadata.json'));
  const graph = metadata['@graph'] as readonly Entity[];
  const files = graph.filter((entity) => [entity['@type']].flat().includes('File'));
  for (const entity of files) {
    const path = project.path('crate', decodeURIComponent(entity['@id']));
    assert.equal(createHash('sha256').update(readFileSync(path)).digest('hex'), entity.sha256);
    assert.equal(String(statSync(path).size), entity.contentSize);
  }
  const folders = graph.filter((entity) => entity['@type'] === 'Dataset' && entity['@id'] !== './');
  assert.equal(folders.length, 2);
  for (const folder of folders)
    assert.ok(existsSync(project.path('crate', decodeURIComponent(folder['@id']), 'count.txt')));
  const written = project.files('crate');
  // The metadata is no part of itself, and `files` leaves the report out.
  assert.equal(written.length - 1, files.length - 1 + folders.length, written.join(' '));
  assert.equal(project.has('crate/report.html'), true);
  assert.equal(project.read('crate/pipelines/test.yaml'), project.read('pipelines/test.yaml'));
});

test('a crate of some stages names what they read, and a second one is never written over the first', async () => {
  using project = new Project(yaml, {
    'notes.txt': 'one two three\n',
    'package.json': '{ "license": "MIT" }',
  });
  assert.equal((await project.run()).code, 0);
  const some = await project.command('export', 'some', 'test.yaml', 'words', '--rocrate');
  assert.equal(some.code, 0, some.stderr);
  assert.equal(project.has('some/report.html'), false);
  const text = project.read('some/ro-crate-metadata.json');
  assert.match(text, /"https:\/\/spdx.org\/licenses\/MIT"/);
  assert.doesNotMatch(text, /counted/);
  const again = await project.command('export', 'some', 'test.yaml', '--rocrate');
  assert.deepEqual([again.code, again.stdout], [2, '']);
  assert.match(again.stderr, /some is there already: name another folder, or remove it/);
});

test('a crate without a licence, with lost outputs or without results is refused, and nothing is left', async () => {
  using project = new Project(yaml, { 'notes.txt': 'one two three\n' });
  const crate = (...words: readonly string[]) =>
    project.command('export', 'crate', 'test.yaml', '--rocrate', ...words);
  const early = await crate('--license', 'MIT');
  assert.match(early.stderr, /test has no results yet/);
  assert.equal((await project.run()).code, 0);
  assert.match((await crate()).stderr, /add `--license CC-BY-4.0`/);
  assert.match((await crate('--license', 'all mine')).stderr, /got "all mine"/);
  const lone = await project.command('export', 'a.restage', 'test.yaml', '--license', 'MIT');
  assert.match(lone.stderr, /--license needs --rocrate/);

  const [object] = project
    .files('cache/objects')
    .filter((path) => project.read(`cache/objects/${path}`).startsWith('one\ntwo'));
  project.replace(`cache/objects/${object}`, 'one\nsix\nthree\n');
  const damaged = await crate('--license', 'MIT');
  assert.match(damaged.stderr, /The outputs of words are not all here: `restage run test.yaml/);
  assert.equal(project.has('crate'), false);
  assert.deepEqual(
    project.files('.').filter((path) => path.includes('crate')),
    [],
  );
});

test('a crate takes no file through a link, and no output in place of a file of its own', async () => {
  const stage = (port: string) =>
    `{ kind: command, outputs: { out: ${port} }, with: { run: 'echo a > \${outputs.out}' } }`;
  using project = new Project(
    `stages:\n  lone: ${stage('{ type: files }')}\n  own: ${stage('{ type: files, path: report.html }')}\n`,
    { 'package.json': '{ "license": "MIT" }', secret: 'mine' },
  );
  assert.equal((await project.run()).code, 0);
  const whole = await project.command('export', 'crate', 'test.yaml', '--rocrate');
  assert.match(whole.stderr, /report\.html of own cannot be in a crate, .* publish it below/);
  assert.equal(project.has('crate'), false);
  const report = project.path('artifacts/test/report.html');
  project.write('pipelines/test.yaml', `stages:\n  lone: ${stage('{ type: files }')}\n`);
  assert.equal((await project.run()).code, 0);
  rmSync(report);
  symlinkSync(project.path('secret'), report);
  const linked = await project.command('export', 'crate', 'test.yaml', '--rocrate');
  assert.equal(linked.code, 0, linked.stderr);
  assert.equal(project.has('crate/report.html'), false);
  assert.equal(project.has('crate/artifacts/test/lone/out'), true);
});
