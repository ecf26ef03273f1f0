import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { install, linkPackages } from './support/installation.ts';
import { Project } from './support/rig.ts';

const study = 'extends: npm:restage/study.yaml\n';

test('a global installation has its packages inside of it, and its study loads in a project without any', async () => {
  using project = new Project(study, {}, 'project');
  const restage = install(project, '../prefix/lib/node_modules/restage');
  linkPackages(join(restage, 'node_modules'));
  project.program = join(restage, 'bin/restage.js');
  const { code, stderr } = await project.command('plan', 'test.yaml');
  assert.deepEqual([code, stderr], [0, '']);
});

test('an installer that links each package beside those that it needs, as pnpm does, leaves the study loadable', async () => {
  using project = new Project(study, {}, 'project');
  const store = 'node_modules/.pnpm/restage@0.2.0/node_modules';
  linkPackages(project.path(store));
  install(project, join(store, 'restage'));
  symlinkSync('.pnpm/restage@0.2.0/node_modules/restage', project.path('node_modules/restage'));
  project.program = project.path('node_modules/restage/bin/restage.js');
  const { code, stderr } = await project.command('plan', 'test.yaml');
  assert.deepEqual([code, stderr], [0, '']);
});
