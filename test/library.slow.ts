// The programs of docs/library.md, from the packed package: their types are checked, and they run.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { blocks, inRepository, read } from './support/pages.ts';
import { Project } from './support/rig.ts';

/** An empty project with Restage from its tarball. Its packages are those of this checkout. */
function installed(): Project {
  const project = new Project('', {});
  project.remove('pipelines/test.yaml');
  const packages = Object.keys(JSON.parse(read('package.json')).dependencies);
  const links = [...packages, 'typescript', '@types/node'].map((name) => [
    name,
    `file:${inRepository(`node_modules/${name}`)}`,
  ]);
  project.write('package.json', JSON.stringify({ dependencies: Object.fromEntries(links) }));
  const options = {
    cwd: project.root,
    stdio: 'ignore',
    env: { ...process.env, npm_config_cache: project.path('npm-cache') },
  } as const;
  const pack = ['pack', '--ignore-scripts', '--pack-destination', project.root];
  execFileSync('npm', pack, { ...options, cwd: inRepository('.') });
  const { version } = JSON.parse(read('package.json'));
  const install = ['install', '--offline', '--ignore-scripts', '--legacy-peer-deps'];
  execFileSync('npm', [...install, project.path(`restage-${version}.tgz`)], options);
  return project;
}

const typed = `
import { openProject, type PipelineEvent } from 'restage';
await using project = await openProject('.');
const pipeline = await project.load('scores.yaml', { set: {} });
const plan = await pipeline.plan();
const states: readonly string[] = plan.map(({ state }) => state);
const types: PipelineEvent['type'][] = [];
for await (const event of pipeline.run({ jobs: 2 })) types.push(event.type);
const auc: number = (await pipeline.outputs('scores[model=one]')).metrics.test.auc;
console.log(states.length, types.at(-1), auc > 0.5);
`;

const settings = {
  compilerOptions: {
    strict: true,
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    outDir: 'built',
  },
  include: ['*.mts'],
};

test('the programs of docs/library.md have the right types and run, from the packed package', () => {
  using project = installed();
  const programs = blocks('docs/library.md', 'js').flatMap((text) => {
    const [, name] = /^\/\/ (\w+)\.mjs\n/.exec(text) ?? [];
    return name === undefined ? [] : [{ name, text }];
  });
  assert.deepEqual(
    programs.map(({ name }) => name),
    ['areas', 'check', 'follow'],
  );
  for (const { name, text } of [...programs, { name: 'typed', text: typed }])
    project.write(`${name}.mts`, text);
  project.write('tsconfig.json', JSON.stringify(settings));
  const node = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: project.root,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const init = node('node_modules/restage/bin/restage.js', 'init', '.', '--template', 'scores');
  assert.equal(init.status, 0, init.stderr);
  assert.deepEqual(node('node_modules/typescript/bin/tsc', '-p', '.'), {
    status: 0,
    stdout: '',
    stderr: '',
  });

  const before = node('built/check.mjs');
  assert.deepEqual([before.status, before.stderr], [1, '']);
  assert.match(before.stdout, /^scores\[model=one\]: stale \(never ran\)\n/);
  const areas = node('built/areas.mjs');
  assert.equal(areas.stderr, '');
  assert.match(
    areas.stdout,
    /^scores\[model=one\]: 0\.\d{3}, 0\.\d{3} to \d\.\d{3}\nscores\[model=other\]: .*\n$/,
  );
  const follow = node('built/follow.mjs');
  assert.equal(follow.stderr, '');
  assert.match(follow.stdout, /^(ran .*\n){4}\{ ok: true, interrupted: false \}\n$/);
  assert.deepEqual(node('built/check.mjs'), {
    status: 0,
    stdout: 'All results are those of the present files.\n',
    stderr: '',
  });
  assert.deepEqual(node('built/typed.mjs'), {
    status: 0,
    stdout: '4 run-finished true\n',
    stderr: '',
  });

  project.edit('pipelines/scores.yaml', 'kind: evaluate', 'kind: evaluat');
  const mistaken = node('built/check.mjs');
  assert.equal(mistaken.status, 1);
  assert.match(
    mistaken.stdout,
    /^pipelines\/scores\.yaml:\d+: Unknown kind "evaluat" \[unknown-kind\]\. Did you mean "evaluate"\?\n/,
  );
});
