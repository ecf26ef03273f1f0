import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { inRepository } from './support/pages.ts';
import { Project } from './support/rig.ts';

/**
 * Copies Restage, as an installer would, to a folder of a project; its packages stay where this
 * checkout has them.
 */
function install(project: Project, folder: string): string {
  const target = project.path(folder);
  mkdirSync(target, { recursive: true });
  for (const part of ['bin', 'dist', 'pipelines', 'package.json']) {
    cpSync(inRepository(part), join(target, part), { recursive: true });
  }
  return target;
}

/** Links every package of this checkout, those of a scope one by one, into a folder of packages. */
function linkPackages(into: string): void {
  const from = inRepository('node_modules');
  const names = readdirSync(from).filter((name) => !name.startsWith('.'));
  for (const name of names.flatMap((one) =>
    one.startsWith('@') ? readdirSync(join(from, one)).map((own) => join(one, own)) : [one],
  )) {
    mkdirSync(dirname(join(into, name)), { recursive: true });
    symlinkSync(join(from, name), join(into, name));
  }
}

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
