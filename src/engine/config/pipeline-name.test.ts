import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesOfPipeline, pipelineName } from './pipeline-name.ts';
import { publishedFolder } from './published-paths.ts';
import { TestProject } from './testing-kinds.ts';

test('a name is the address of its file, and its folder on disk lies below artifacts', () => {
  using project = new TestProject({
    'pipelines/x.yaml': '',
    'pipelines/deep/v1.2.yml': '',
    'pipelines/notes.txt': '',
    'x.yaml': '',
    'deep/x.yaml': '',
    '..x.yaml': '',
  });
  const { root } = project;
  for (const [file, name, folder] of [
    ['pipelines/x.yaml', 'x', 'artifacts/x'],
    ['pipelines/deep/v1.2.yml', 'deep/v1.2', 'artifacts/deep/v1.2'],
    ['pipelines/notes.txt', 'notes.txt', 'artifacts/notes.txt'],
    ['x.yaml', './x', 'artifacts/@/x'],
    ['deep/x.yaml', './deep/x', 'artifacts/@/deep/x'],
    ['..x.yaml', './..x', 'artifacts/@/..x'],
  ] as const) {
    assert.equal(pipelineName(join(root, file), root), name);
    assert.deepEqual(filesOfPipeline(name, root), [join(root, file)]);
    assert.equal(publishedFolder(name), folder);
  }
});

test('a file above the root, or in another project, has a name and a folder as well', () => {
  using project = new TestProject({ 'x.yaml': '', 'a/b/pipelines/.keep': '' });
  const root = join(project.root, 'a/b');
  const file = join(project.root, 'x.yaml');
  assert.equal(pipelineName(file, root), '../../x');
  assert.deepEqual(filesOfPipeline('../../x', root), [file]);
  assert.equal(publishedFolder('../../x'), 'artifacts/@@/@@/x');
});

test('a pipeline without a file is gone, also where a file has replaced its folder', () => {
  using project = new TestProject({ 'pipelines/deep': '', 'pipelines/folder.yaml/x.yaml': '' });
  for (const name of ['x', './x', 'deep/x', 'folder'])
    assert.deepEqual(filesOfPipeline(name, project.root), []);
});
