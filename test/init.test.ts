import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inRepository, read } from './support/pages.ts';
import { Project, pipeline } from './support/rig.ts';
import { print, shout } from './support/two-stages.ts';

const proc = existsSync('/proc/self') ? {} : { skip: 'there is no /proc here' };

test('init writes a project that can be planned, and overwrites nothing', async () => {
  using project = new Project(shout);
  assert.equal(
    await print(project, 'init', 'new'),
    `wrote  new/pipelines/first.yaml\nwrote  new/.gitignore\n\nNow:   cd new && node ${pipeline} run first.yaml\n`,
  );
  project.write('new/.gitignore', 'mine');
  assert.match(
    await print(project, 'init', 'new'),
    /^kept {3}new\/pipelines\/first.yaml, which is there already\nkept /,
  );
  assert.equal(project.read('new/.gitignore'), 'mine');
  assert.match(
    await print(project, 'plan', 'new/pipelines/first.yaml'),
    /^\.\/new\/pipelines\/first: 6 stages\n/,
  );
});

test('init says which videos a project of videos waits for', async () => {
  using project = new Project(shout);
  assert.equal(
    await print(project, 'init', 'new', '--template', 'videos'),
    `wrote  new/pipelines/videos.yaml\nwrote  new/.gitignore\n\nFirst: put your videos into data/videos/real and data/videos/fake there, and install ffmpeg\nNow:   cd new && node ${pipeline} run videos.yaml\n`,
  );
});

test('init lets git ignore what npm and Restage write, and editors find the schema where Restage is installed', async () => {
  using project = new Project(shout);
  await print(project, 'init', 'apart');
  assert.equal(project.read('apart/.gitignore'), '/cache/\n/artifacts/\nnode_modules/\n');
  assert.match(project.read('apart/pipelines/first.yaml'), /^# A first study/);
  mkdirSync(project.path('node_modules'));
  symlinkSync(inRepository('.'), project.path('node_modules/restage'));
  await print(project, 'init', 'within');
  const [line, next] = project.read('within/pipelines/first.yaml').split('\n');
  assert.equal(
    line,
    '# yaml-language-server: $schema=../../node_modules/restage/pipeline.schema.json',
  );
  assert.match(next!, /^# A first study/);
  const schema = project.read(join('within/pipelines', line!.split('=')[1]!));
  assert.equal(schema, read('pipeline.schema.json'));
});

test('init below a file says what is in the way', async () => {
  using project = new Project(shout, { notes: 'mine' });
  const { code, stderr } = await project.command('init', 'notes/new');
  assert.equal(code, 1);
  assert.equal(
    stderr,
    'error: Cannot write notes/new/pipelines/first.yaml: a file is in the way of a folder. Move it away and run again.\n',
  );
});

test('init prints a `cd` that works for a folder of any name', async () => {
  using project = new Project(shout);
  assert.match(
    await print(project, 'init', 'my faces/Übung'),
    /\nNow: {3}cd 'my faces\/Übung' && node .* run first.yaml\n$/,
  );
  assert.ok(project.has('my faces/Übung/pipelines/first.yaml'));
});

test('init prints the command that starts Restage from a folder, which depends on where it is installed', async () => {
  using project = new Project(shout);
  mkdirSync(project.path('bin'));
  mkdirSync(project.path('node_modules/.bin'), { recursive: true });
  symlinkSync(pipeline, project.path('node_modules/.bin/pipeline'));
  assert.match(
    await print(project, 'init', 'npx'),
    /\nNow: {3}cd npx && npx pipeline run first.yaml\n$/,
  );
  symlinkSync(pipeline, project.path('bin/pipeline'));
  project.env['PATH'] = `${project.path('bin')}:${process.env['PATH']}`;
  assert.match(
    await print(project, 'init', 'path'),
    /\nNow: {3}cd path && pipeline run first.yaml\n$/,
  );
  delete project.env['PATH'];
  const text = await print(project, 'init', project.path('../restage-test-nowhere-near'));
  project.remove('../restage-test-nowhere-near');
  const line = /Now: {3}(.*) run first.yaml/.exec(text)![1]!.replace(/^cd .* && /, '');
  assert.match(
    execFileSync('sh', ['-c', `${line} --version`], { encoding: 'utf8' }),
    /^\d+\.\d+\.\d+\n$/,
  );
});

test('help and init show the name under which the command was started', async () => {
  using project = new Project(shout, { 'package.json': '{}' });
  mkdirSync(project.path('node_modules/.bin'), { recursive: true });
  for (const name of ['restage', 'pipeline']) {
    const start = project.path(`node_modules/.bin/${name}`);
    symlinkSync(inRepository(`bin/${name}.js`), start);
    const print = (...words: readonly string[]) =>
      execFileSync(start, words, { cwd: project.root, encoding: 'utf8' });
    assert.ok(print('init', '.').endsWith(`\nNow:   npx ${name} run first.yaml\n`));
    const help = print('plan', '--help');
    assert.ok(
      help.startsWith(`Usage: ${name} plan `) && help.includes(`\n  $ ${name} plan `),
      help,
    );
  }
});

test('init where the file system takes no folder says so at once', {
  ...proc,
  timeout: 20_000,
}, async () => {
  using project = new Project(shout);
  const { code, stderr } = await project.command('init', '/proc/new/faces');
  assert.equal(code, 1);
  assert.equal(
    stderr,
    'error: Cannot write /proc/new/faces/pipelines/first.yaml: no folder can be created there. Choose another place.\n',
  );
});
