import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Project } from './support/rig.ts';
import { areOver, onShell, scheduler } from './support/shell-scheduler.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { ranTrials, searching } from './support/small-search.ts';
import { until } from './support/until.ts';

/** Lists the clips of a folder, measures each of them, and puts the sizes together. */
const clips = (videos = '', measure = '') => `stages:
  videos:
    kind: command
    ${videos}
    inputs: { clips: data/ }
    outputs: { list: artifacts/list.csv }
    with: { run: "(echo name,file; cd \${inputs.clips}; for f in *.txt; do echo \${f%.txt},data/$f; done) > \${outputs.list}" }
  measure:
    kind: command
    ${measure}
    matrix: { clip: { from: videos.list } }
    inputs: { clip: "\${matrix.clip.file}" }
    outputs: { size: { type: files } }
    with: { run: "echo \${matrix.clip} >> $COUNT; wc -c < \${inputs.clip} > \${outputs.size}" }
    env: [COUNT]
  all:
    kind: command
    inputs: { sizes: [measure.size] }
    outputs: { text: artifacts/all.txt }
    with: { run: "cat \${inputs.sizes} > \${outputs.text}" }
`;
const files = { 'data/a.txt': 'abc\n', 'data/b.txt': 'abcdef\n' };

/** The clips that were measured, each as often as it was. */
const measured = (project: Project): readonly string[] =>
  project.has('count') ? project.read('count').trim().split('\n').toSorted() : [];

function onShellWith(yaml: string): Project {
  const project = new Project(yaml, { ...scheduler, ...files });
  onShell(project, 50);
  project.env['COUNT'] = project.path('count');
  return project;
}

test('stages of a list run as jobs, in the same run as the job that makes the list', async () => {
  using project = onShellWith(clips());
  const { outcomes, code } = await project.run('--on', 'shell');
  assert.equal(code, 0);
  assert.deepEqual(outcomes, {
    videos: 'ran',
    'measure[clip=a]': 'ran',
    'measure[clip=b]': 'ran',
    all: 'ran',
  });
  assert.equal(project.read('artifacts/all.txt'), '4\n7\n');
});

test('a detached run continues with the stages of a list, and a changed list runs what is new', async () => {
  using project = onShellWith(clips());
  const begun = await project.run('--on', 'shell', '--detach');
  assert.equal(begun.code, 0);
  assert.match(begun.messages['videos']!, /^its job \d+ continues$/);
  assert.equal(begun.messages['measure[clip=?]'], 'it comes after videos');
  await until(() => project.has('artifacts/all.txt'), 240_000);
  await areOver(project);
  assert.equal(project.read('artifacts/all.txt'), '4\n7\n');
  assert.deepEqual(measured(project), ['a', 'b']);
  project.write('data/c.txt', 'c\n');
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await until(() => project.read('artifacts/all.txt') === '4\n7\n2\n', 240_000);
  await areOver(project);
  assert.deepEqual(measured(project), ['a', 'b', 'c']);
});

test('in a detached run, a list made on this machine leads to stages on a place, and back', async () => {
  const yaml = clips('place: local', 'place: shell').replace(
    'sizes: [measure.size] }',
    'sizes: [measure.size] }\n    place: local',
  );
  using project = onShellWith(yaml);
  assert.equal((await project.run('--detach')).code, 0);
  await until(() => project.has('artifacts/all.txt'), 240_000);
  await areOver(project);
  assert.equal(project.read('artifacts/all.txt'), '4\n7\n');
  assert.deepEqual(measured(project), ['a', 'b']);
});

test('a place that only a value of the list names is known in time', async () => {
  const yaml = clips('place: local', 'place: "${matrix.clip.place}"')
    .replace('echo name,file', 'echo name,file,place')
    .replace('data/$f;', 'data/$f,shell;');
  using project = onShellWith(yaml);
  const { outcomes, code, events } = await project.run();
  assert.equal(code, 0);
  assert.equal(outcomes['measure[clip=a]'], 'ran');
  const queued = events.filter((event) => event.type === 'stage-queued');
  assert.deepEqual(
    new Set(queued.map(({ stage }) => stage)),
    new Set(['measure[clip=a]', 'measure[clip=b]']),
  );
});

suite('a list, or a search, on Slurm', { skip: noSlurm ?? false }, () => {
  let slurm: Slurm;
  before(async () => {
    slurm = await Slurm.start();
  });
  after(async () => await slurm[Symbol.asyncDispose]());

  test('a detached run with a list completes, even if the step is killed that would continue it', async () => {
    using project = new Project(
      clips().replace('with: { run: "(echo', 'with: { run: "sleep 1; (echo'),
      {
        'places.yaml':
          'cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }, maxJobs: 4, env: [RESTAGE_PATIENCE, COUNT] }\n',
        ...files,
      },
    );
    Object.assign(project.env, slurm.env, {
      RESTAGE_PATIENCE: 'silence=6000,cancel=8000,ask=1000',
      COUNT: project.path('count'),
    });
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    await until(() => slurm.steps(project.root).length > 0, 240_000);
    process.kill(slurm.steps(project.root)[0]!, 'SIGKILL');
    await until(() => project.has('artifacts/all.txt'), 240_000);
    assert.equal(project.read('artifacts/all.txt'), '4\n7\n');
    assert.deepEqual(measured(project), ['a', 'b']);
    await until(() => slurm.command('squeue', '-h').trim() === '', 240_000);
  });

  test('a detached search proposes its trials on Slurm from job to job', async () => {
    using project = searching(
      { count: 2, more: 'place: local' },
      {
        'places.yaml':
          'cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }, maxJobs: 4, env: [RESTAGE_PATIENCE, COUNT] }\n',
      },
    );
    Object.assign(project.env, slurm.env, {
      RESTAGE_PATIENCE: 'silence=6000,cancel=8000,ask=1000',
    });
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    await until(() => project.has('out/all.txt'), 240_000);
    assert.deepEqual(ranTrials(project), ['1', '2']);
    await until(() => slurm.command('squeue', '-h').trim() === '', 240_000);
    const { outcomes } = await project.run();
    assert.deepEqual(new Set(Object.values(outcomes)), new Set(['up to date']));
  });
});
