import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { read } from './support/pages.ts';
import { noPyTorch } from './support/pytorch.ts';
import { Project } from './support/rig.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { install, makeVenv, noPython } from './support/venv.ts';

/** The template, small: two epochs of few pictures. */
function template(): Project {
  const yaml = read('src/cli/commands/pytorch.yaml')
    .replace('train: 600, val: 100, test: 200', 'train: 60, val: 20, test: 40')
    .replace('imageSize: 96', 'imageSize: 56')
    .replace('epochs: 8', 'epochs: 3');
  const program = read('src/cli/commands/train.py');
  return new Project(yaml, { 'train.py': program, 'restage.py': read('stages/python/restage.py') });
}

suite('a network in PyTorch', { skip: noPyTorch ?? false }, () => {
  test('the template trains it beside SimpleNet, and both are in one ROC, one test and one ranking', async () => {
    using project = template();
    const ran = await project.run();
    assert.deepEqual(new Set(Object.values(ran.outcomes)), new Set(['ran']), JSON.stringify(ran.outcomes));
    assert.ok(ran.events.some((event) => event.type === 'stage-point' && event.stage === 'torch'));
    assert.match(project.read('artifacts/test/roc/tests.csv'), /simple-scores.*torch-scores/);
    assert.equal(project.read('artifacts/test/leaderboard/leaderboard.csv').trim().split('\n').length, 3);
    project.edit('train.py', '# The order', '# The order of batches');
    assert.deepEqual(new Set(Object.values((await project.run()).outcomes)), new Set(['up to date']));
  });

  test('killed in the middle, it resumes to the same bytes', async () => {
    using whole = template();
    await whole.run('torch');
    using broken = template();
    const running = broken.startRun('torch');
    await running.event('stage-point', 'torch');
    running.child.kill('SIGKILL');
    await running.ended;
    const resumed = await broken.run('torch');
    const points = resumed.events.flatMap((event) => (event.type === 'stage-point' ? [event.point.step] : []));
    assert.ok(points.length < 3, `points ${points}`);
    for (const file of ['net.onnx', 'history.json']) {
      const path = `artifacts/pytorch/torch/${file}`;
      assert.equal(broken.read(path), whole.read(path), file);
    }
  });
});

suite('Python on a cluster', { skip: noSlurm ?? noPython ?? false }, () => {
  let slurm: Slurm;
  before(async () => {
    slurm = await Slurm.start();
  });
  after(async () => await slurm[Symbol.asyncDispose]());

  test('a job refuses when its node has another version of a package', async () => {
    using project = new Project(
      'stages: { fit: { kind: python, inputs: { program: ./fit.py }, outputs: { out: out.txt }, with: { args: "${outputs.out}" } } }\n',
      { 'fit.py': 'import sys\nimport tiny\nopen(sys.argv[1], "w").write(tiny.version)\n' },
    );
    const [here, there] = ['here', 'there'].map((name) => makeVenv(project, name));
    install(project, here!, ['tiny', '1.0']);
    install(project, there!, ['tiny', '2.0']);
    const setup = (name: string) =>
      project.write(
        'places.yaml',
        `cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }, setup: ['export VIRTUAL_ENV=${project.path(name)}'] }\n`,
      );
    setup('there');
    Object.assign(project.env, slurm.env, { VIRTUAL_ENV: project.path('here') });
    const refused = await project.run('--on', 'cluster');
    const end = refused.events.find((event) => event.type === 'stage-finished');
    assert.match(
      String(end?.type === 'stage-finished' && 'message' in end && end.message),
      /^\S+ differs from where the stage was decided about: it has tiny==2\.0; it lacks tiny==1\.0; run again$/,
    );
    setup('here');
    assert.deepEqual((await project.run('--on', 'cluster')).outcomes, { fit: 'ran' });
    assert.equal(project.read('out.txt'), '1.0');
  });
});
