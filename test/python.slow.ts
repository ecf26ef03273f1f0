import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { read } from './support/pages.ts';
import { noPyTorch } from './support/pytorch.ts';
import { endOf, Project } from './support/rig.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { until } from './support/until.ts';
import { install, makeVenv, noPython } from './support/venv.ts';

/** The template, small: three epochs of few pictures. */
function template(): Project {
  const yaml = read('src/project/templates/pytorch.yaml')
    .replace('train: 600, val: 100, test: 200', 'train: 60, val: 20, test: 40')
    .replace('imageSize: 96', 'imageSize: 56')
    .replace('epochs: 8', 'epochs: 3');
  const program = read('src/project/templates/train.py');
  return new Project(yaml, { 'train.py': program, 'restage.py': read('stages/python/restage.py') });
}

suite('a network in PyTorch', { skip: noPyTorch ?? false }, () => {
  test('the template trains it beside SimpleNet, and both are in one ROC chart, one test and one ranking', async () => {
    using project = template();
    const ran = await project.run();
    assert.deepEqual(
      new Set(Object.values(ran.outcomes)),
      new Set(['ran']),
      JSON.stringify(ran.outcomes),
    );
    assert.ok(ran.events.some((event) => event.type === 'stage-point' && event.stage === 'torch'));
    assert.match(project.read('artifacts/test/roc/tests.csv'), /simple-scores.*torch-scores/);
    assert.equal(
      project.read('artifacts/test/leaderboard/leaderboard.csv').trim().split('\n').length,
      3,
    );
    project.edit('train.py', '# The order', '# The order of batches');
    assert.deepEqual(
      new Set(Object.values((await project.run()).outcomes)),
      new Set(['up to date']),
    );
  });

  test('killed in the middle, it resumes to the same bytes, with the whole curve', async () => {
    using whole = template();
    await whole.run('torch');
    using broken = template();
    const loop = 'for epoch in range(len(history) + 1, epochs + 1):\n';
    const say = "    print('trains epoch', epoch, flush=True)\n";
    const stop =
      "    epoch == 2 and __import__('os').path.exists('gate') and open('gate').readline()\n";
    broken.edit('train.py', loop, loop + say + stop);
    broken.gate('gate');
    const running = broken.startRun('torch');
    await running.event('stage-point', 'torch');
    running.child.kill('SIGKILL');
    await running.ended;
    broken.remove('gate');
    const resumed = await broken.run('torch');
    const printed = resumed.events.flatMap((event) =>
      event.type === 'stage-output' ? [event.text] : [],
    );
    const trained = printed.join('').matchAll(/trains epoch (\d)/g);
    assert.deepEqual(
      Array.from(trained, ([, epoch]) => epoch),
      ['2', '3'],
    );
    const points = resumed.events.flatMap((event) =>
      event.type === 'stage-point' ? [event.point.step] : [],
    );
    assert.deepEqual(points, [1, 2, 3]);
    for (const file of ['net.onnx', 'history.json']) {
      const path = `artifacts/pytorch/torch/${file}`;
      assert.equal(broken.read(path), whole.read(path), file);
    }
  });
});

/** A small training with Adam, in which the order of the images follows from the epoch. */
const training = (epochs: number): readonly [string, Readonly<Record<string, string>>] => [
  `stages:
  fit:
    kind: python
    resources: { cpu: 2 }
    inputs: { program: ./train.py }
    outputs: { net: out/net.pt }
    with: { args: { epochs: ${epochs} }, continues: [epochs] }
`,
  {
    'restage.py': read('stages/python/restage.py'),
    'train.py': `import torch
import restage

restage.seed(7)
images, labels = torch.rand(64, 12), torch.randint(2, (64,))
net = torch.nn.Sequential(torch.nn.Linear(12, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
optimizer = torch.optim.Adam(net.parameters(), 0.01)
state = restage.checkpoint.load() or {"epoch": 0, "net": net.state_dict(), "optimizer": optimizer.state_dict()}
net.load_state_dict(state["net"])
optimizer.load_state_dict(state["optimizer"])
print("begins after epoch", state["epoch"], "on", torch.get_num_threads(), "threads", flush=True)
for epoch in range(state["epoch"] + 1, restage.settings["epochs"] + 1):
    order = torch.randperm(64, generator=torch.Generator().manual_seed(epoch))
    for batch in order.split(16):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(images[batch]), labels[batch]).backward()
        optimizer.step()
    restage.checkpoint.save({"epoch": epoch, "net": net.state_dict(), "optimizer": optimizer.state_dict()})
    restage.point(epoch, loss=torch.nn.functional.cross_entropy(net(images), labels))
torch.save(net.state_dict(), restage.outputs["net"])
`,
  },
];

suite('a training in PyTorch', { skip: noPyTorch ?? false }, () => {
  test('continues with more epochs to the bytes of an unbroken one, with the whole curve, and names PyTorch', async () => {
    using whole = new Project(...training(4));
    await whole.run();
    using project = new Project(...training(2));
    await project.run();
    project.edit('pipelines/test.yaml', 'epochs: 2', 'epochs: 4');
    const longer = await project.run();
    assert.deepEqual(longer.outcomes, { fit: 'ran' }, longer.stderr);
    const printed = longer.events.flatMap((event) =>
      event.type === 'stage-output' ? [event.text] : [],
    );
    assert.match(printed.join(''), /^begins after epoch 2 on 2 threads$/m);
    assert.deepEqual(
      readFileSync(project.path('out/net.pt')),
      readFileSync(whole.path('out/net.pt')),
    );
    const [row] = JSON.parse((await project.command('results', 'test.yaml', '--json')).stdout);
    assert.deepEqual(
      row.curves[0].points.map(([step]: readonly number[]) => step),
      [1, 2, 3, 4],
    );
    const software = /<dt>software<\/dt><dd>([^<]*)/.exec(
      project.read('artifacts/test/report.html'),
    );
    assert.match(software?.[1] ?? '', /^Python 3\.\d+\.\d+, .*\btorch \d+\.\d+/);
  });
});

/**
 * Four steps with a checkpoint each. `odd` is what an attempt that began from the start does in the
 * second one.
 */
const steps = (
  odd: string,
  more = '',
): readonly [yaml: string, files: Readonly<Record<string, string>>] => [
  `stages:
  fit: { kind: python, inputs: { program: ./fit.py }, outputs: { out: out.txt }${more} }
`,
  {
    'restage.py': read('stages/python/restage.py'),
    'fit.py': `import restage

done = restage.checkpoint.load() or []
began = len(done)
open('count', 'a').write(f'{began}\\n')
while len(done) < 4:
    done.append(len(done))
    restage.checkpoint.save(done)
    restage.point(len(done), loss=1 / len(done))
    if began == 0 and len(done) == 2:
        ${odd}
open(restage.outputs['out'], 'w').write(str(done))
`,
  },
];
const hang = "open('gate').readline()";
/** Where each attempt began, and the output. */
const course = (project: Project) => [project.read('count'), project.read('out.txt')];
const resumed = ['0\n2\n', '[0, 1, 2, 3]'];

suite('a program in Python that is interrupted', { skip: noPython ?? false }, () => {
  test('another attempt resumes from its checkpoint', async () => {
    using project = new Project(...steps("restage.fail('out of luck')", ', retries: 1'));
    const ran = await project.run();
    assert.deepEqual([ran.outcomes, ran.retries], [{ fit: 'ran' }, ['out of luck']], ran.stderr);
    assert.deepEqual(course(project), resumed);
  });

  test('so does one after the time limit', async () => {
    using project = new Project(...steps(hang, ', retries: 1, timeout: 15s'));
    project.gate('gate');
    const ran = await project.run();
    assert.deepEqual(
      [ran.outcomes, ran.retries],
      [{ fit: 'ran' }, ['took longer than its timeout of 15 s']],
    );
    assert.deepEqual(course(project), resumed);
  });
});

suite('Python on a cluster', { skip: noSlurm ?? noPython ?? false }, () => {
  let slurm: Slurm;
  before(async () => {
    slurm = await Slurm.start();
  });
  after(async () => await slurm[Symbol.asyncDispose]());

  const cluster = (more: string, ...work: ReturnType<typeof steps>): Project => {
    const project = new Project(...work);
    project.write(
      'places.yaml',
      `cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }${more} }\n`,
    );
    Object.assign(project.env, slurm.env, {
      RESTAGE_PATIENCE: 'silence=12000,cancel=15000,ask=1000',
    });
    return project;
  };

  test('a worker that is killed is taken over, and the program resumes from its checkpoint', async () => {
    using project = cluster('', ...steps(hang));
    project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await until(() => slurm.processes(project.path('cache/jobs')).length > 0);
    const [worker] = slurm.processes(project.path('cache/jobs'));
    await until(() =>
      running.events.some((event) => event.type === 'stage-point' && event.point.step === 2),
    );
    process.kill(worker!, 'SIGKILL');
    const ran = await endOf(running);
    assert.deepEqual(ran.outcomes, { fit: 'ran' });
    assert.match(ran.retries.join(), /^its job died/);
    assert.deepEqual(course(project), resumed);
  });

  test('a program whose job reaches its time limit resumes in another one', async () => {
    using project = cluster(', time: 1m', ...steps(hang));
    project.gate('gate');
    const ran = await project.run('--on', 'cluster');
    assert.deepEqual(ran.outcomes, { fit: 'ran' });
    assert.deepEqual(ran.retries, [
      "its job's time of 1 min 0 s is over: it resumes from its checkpoint",
    ]);
    assert.deepEqual(course(project), resumed);
  });

  test('files that a program loads on a node, although its text does not show them, count here too', async () => {
    using project = cluster(
      '',
      'stages: { fit: { kind: python, inputs: { program: ./fit.py }, outputs: { out: out.txt }, with: { args: "plug ${outputs.out}" } } }\n',
      {
        'fit.py': 'import sys\nopen(sys.argv[2], "w").write(__import__(sys.argv[1]).word)\n',
        'plug.py': 'word = "a"\n',
      },
    );
    const first = await project.run('--on', 'cluster');
    assert.deepEqual(first.outcomes, { fit: 'ran' });
    assert.ok(
      first.warnings.some((text) => /^loaded files .*: plug\.py\./.test(text)),
      first.warnings.join('\n'),
    );
    assert.deepEqual((await project.run('--on', 'cluster')).outcomes, { fit: 'up to date' });
    project.write('plug.py', 'word = "b"\n');
    const second = await project.run('--on', 'cluster');
    assert.deepEqual([second.outcomes, project.read('out.txt')], [{ fit: 'ran' }, 'b']);
    assert.deepEqual((await project.run()).outcomes, { fit: 'up to date' });
  });

  test('a job refuses when its node has another version of a package, or another interpreter', async () => {
    using project = new Project(
      'stages: { fit: { kind: python, inputs: { program: ./fit.py }, outputs: { out: out.txt }, with: { args: "${outputs.out}" } } }\n',
      { 'fit.py': 'import sys\nimport tiny\nopen(sys.argv[1], "w").write(tiny.version)\n' },
    );
    const here = makeVenv(project, 'here');
    const there = makeVenv(project, 'there');
    install(project, here, ['tiny', '1.0']);
    install(project, there, ['tiny', '2.0']);
    const setup = (name: string) =>
      project.write(
        'places.yaml',
        `cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }, setup: ['export VIRTUAL_ENV=${project.path(name)}'] }\n`,
      );
    setup('there');
    Object.assign(project.env, slurm.env, { VIRTUAL_ENV: project.path('here') });
    const refused = await project.run('--on', 'cluster');
    assert.match(
      refused.messages['fit']!,
      /^\S+ differs from the machine that decided about the stage: it has tiny==2\.0; it lacks tiny==1\.0; a second job found the same\. Make both alike, and run again$/,
    );
    project.write(
      `${there}/build.pth`,
      'import sys; sys.version = sys.version.split()[0] + " (of tests)"\n',
    );
    install(project, there, ['tiny', '1.0']);
    const onCluster = await project.run('--on', 'cluster');
    assert.match(
      onCluster.messages['fit']!,
      /: it has Python 3\.\d+\.\d+ \(of tests\); it lacks Python 3\.\d+\.\d+ \(.*\) .*; a second job found the same\. Make both alike, and run again$/,
    );
    setup('here');
    assert.deepEqual((await project.run('--on', 'cluster')).outcomes, { fit: 'ran' });
    assert.equal(project.read('out.txt'), '1.0');
  });
});
