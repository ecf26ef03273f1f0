import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatDiagnostic } from '../../diagnostics/format-diagnostic.ts';
import { TestProject } from '../testing-kinds.ts';
import { findPipelineFile, findRoot, pipelineNames } from './find-pipeline.ts';

const files = {
  'pipelines/experiments/xception.yaml': '',
  'pipelines/a.yml': '',
  'pipelines/notes.txt': '',
  'sub/deep/x': '',
  'sub/a.yml': '',
};

test('the root is the nearest folder upward that holds pipelines', () => {
  using project = new TestProject(files);
  assert.equal(findRoot(join(project.root, 'sub', 'deep')), project.root);
  assert.equal(findRoot(project.root), project.root);
  assert.equal(findRoot('/'), undefined);
});

test('a file is looked up from the working directory, then below pipelines, with or without its extension', () => {
  using project = new TestProject(files);
  const { root } = project;
  const target = { ok: true, value: join(root, 'pipelines/experiments/xception.yaml') };
  for (const argument of [
    'experiments/xception.yaml',
    'experiments/xception',
    'pipelines/experiments/xception',
    target.value,
  ]) {
    assert.deepEqual(findPipelineFile(argument, root, root), target, argument);
  }
  assert.deepEqual(
    findPipelineFile('xception', join(root, 'pipelines', 'experiments'), root),
    target,
  );
  const expected = { ok: true, value: join(root, 'sub/a.yml') };
  assert.deepEqual(
    findPipelineFile('a', join(root, 'sub'), root),
    expected,
    'the file here comes first',
  );
  assert.deepEqual(pipelineNames(root), ['a.yml', 'experiments/xception.yaml']);
});

test('a pipe, a device and a name that is not UTF-8 each get their own message', () => {
  using project = new TestProject(files);
  execFileSync('mkfifo', [join(project.root, 'pipelines', 'pipe.yaml')]);
  const mistakeFor = (argument: string) => {
    const file = findPipelineFile(argument, project.root, project.root);
    return file.ok ? undefined : formatDiagnostic(file.error);
  };
  assert.equal(
    mistakeFor('pipe.yaml'),
    'error: The pipeline "pipe.yaml" is a pipe or a device, not a file [not-a-file]',
  );
  assert.equal(
    mistakeFor('/dev/zero'),
    'error: The pipeline "/dev/zero" is a pipe or a device, not a file [not-a-file]',
  );
  const latin =
    'error: The name "caf\ufffd.yaml" is not UTF-8 text [not-text]\n\n  Rename the file, as `convmv` does.';
  assert.equal(mistakeFor('caf\ufffd.yaml'), latin);
  assert.match(mistakeFor('a.yml/b')!, /^error: There is no pipeline "a\.yml\/b"/);
  assert.match(mistakeFor('x'.repeat(300))!, /^error: There is no pipeline/);
});

test('a pipeline that ships with Restage is named as one to extend', () => {
  using project = new TestProject(files);
  const file = findPipelineFile('experiments/samples', project.root, project.root);
  assert.ok(!file.ok);
  const hint =
    'Restage ships it: write "extends: npm:restage/experiments/samples.yaml" into a file in pipelines/.';
  assert.equal(file.error.hint, hint);
});

test('a missing file gets a hint to the nearest name', () => {
  using project = new TestProject(files);
  const file = findPipelineFile('experiments/xeption', project.root, project.root);
  assert.ok(!file.ok);
  assert.equal(
    formatDiagnostic(file.error),
    `error: There is no pipeline "experiments/xeption", neither here nor below pipelines/ [missing-file]

  Did you mean "experiments/xception.yaml"?`,
  );
});

test('names are compared without their extensions', () => {
  using project = new TestProject({ 'pipelines/fakes.yaml': '', 'pipelines/b.yaml': '' });
  const hint = (argument: string) => {
    const file = findPipelineFile(argument, project.root, project.root);
    return file.ok ? undefined : file.error.hint;
  };
  assert.equal(hint('faks'), 'Did you mean "fakes.yaml"?');
  assert.equal(hint('faks.yml'), 'Did you mean "fakes.yaml"?');
  assert.equal(hint('fakes.yml'), 'Did you mean "fakes.yaml"?');
  assert.equal(hint('other.yaml'), 'Known: b.yaml, fakes.yaml.');
});

test('a file of the same name in another folder is suggested before one of a similar name', () => {
  using project = new TestProject({ 'pipelines/wides.yaml': '', 'pipelines/mine/wide.yaml': '' });
  const file = findPipelineFile('wide.yaml', project.root, project.root);
  assert.equal(!file.ok && file.error.hint, 'Did you mean "mine/wide.yaml"?');
});

test('a project whose folder of pipelines was removed has none', () => {
  using project = new TestProject({ 'README.md': '' });
  assert.deepEqual(pipelineNames(join(project.root, 'gone')), []);
});
