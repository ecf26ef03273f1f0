import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { install, linkPackages } from './support/installation.ts';
import { inRepository } from './support/pages.ts';
import { Project } from './support/rig.ts';

const pipeline = `
stages:
  scores:
    kind: command
    outputs: { out: file }
    with: { run: 'echo 1 > {{outputs.out}}' }
`;
const here = `${process.platform}-${process.arch}`;
const runtime = 'node_modules/onnxruntime-node';
const binaries = `${runtime}/bin/napi-v6`;

/** A project with Restage and its packages, but for onnxruntime-node. */
function projectWithoutRuntime(): Project {
  const project = new Project(pipeline, {}, 'project');
  const restage = install(project, 'node_modules/restage');
  linkPackages(project.path('node_modules'));
  rmSync(project.path(runtime));
  project.program = join(restage, 'bin/restage.js');
  return project;
}

/** The platforms that the package in a project has binaries for, such as `linux-x64`. */
const platforms = (project: Project): string[] =>
  readdirSync(project.path(binaries)).flatMap((system) =>
    readdirSync(project.path(join(binaries, system))).map((processor) => `${system}-${processor}`),
  );

test('doctor --slim removes the binaries of other platforms once it may, and the backend still starts', async () => {
  using project = projectWithoutRuntime();
  cpSync(inRepository(runtime), project.path(runtime), { recursive: true });
  const all = platforms(project);
  assert.ok(all.length > 1 && all.includes(here), `the checkout has binaries for ${all}`);
  const others = all.filter((platform) => platform !== here).join(', ');
  const what = `the binaries of onnxruntime-node for ${others.replace(/, ([^,]*)$/, ' and $1')}`;
  const printed = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await project.command('doctor', '--slim', ...words);
    assert.deepEqual([code, stderr], [0, '']);
    return stdout.replace(/\d+ Mi?B/, 'N MB');
  };

  assert.equal(
    await printed(),
    `Would remove ${what} (N MB). To remove them: restage doctor --slim --yes\n`,
  );
  assert.deepEqual(platforms(project), all);

  assert.equal(
    await printed('--yes'),
    `Removed ${what} (N MB). A new installation brings them back.\n`,
  );
  assert.deepEqual(platforms(project), [here]);
  assert.deepEqual(readdirSync(project.path(binaries)), [process.platform]);

  assert.equal(
    await printed('--yes'),
    `Nothing to remove: onnxruntime-node has binaries for ${here} alone.\n`,
  );
  assert.match((await project.command('doctor')).stdout, /^✓ Backend +onnxruntime \(/m);
});

test('doctor --slim removes nothing from a package that no installer put there, and nothing where this platform has no binaries', async () => {
  using project = projectWithoutRuntime();
  const binary = 'bin/napi-v6/plan9/mips/onnxruntime_binding.node';
  const folder = project.path('work/onnxruntime-node');
  project.write(`work/onnxruntime-node/${binary}`, '');
  project.write('work/onnxruntime-node/package.json', '{ "name": "onnxruntime-node" }');
  symlinkSync(folder, project.path(runtime));

  const linked = await project.command('doctor', '--slim', '--yes');
  assert.equal(
    linked.stderr,
    `error: ${folder} is not a package in a folder node_modules: nothing is removed there.\n`,
  );
  assert.equal(linked.code, 1);
  assert.ok(existsSync(join(folder, binary)));

  rmSync(project.path(runtime));
  cpSync(folder, project.path(runtime), { recursive: true });
  const { code, stderr } = await project.command('doctor', '--slim', '--yes');
  assert.equal(
    stderr,
    `error: ${project.path(runtime)} has no binaries for ${here}, so the others stay. Install the packages again.\n`,
  );
  assert.equal(code, 1);
  assert.ok(existsSync(project.path(`${runtime}/${binary}`)));
});

test('doctor refuses --yes without --slim, since it removes nothing else', async () => {
  using project = new Project(pipeline, {}, 'project');
  const { code, stderr } = await project.command('doctor', '--yes');
  assert.deepEqual([code, stderr], [2, 'error: `--yes` goes with `--slim`\n']);
});
