import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from './support/pages.ts';
import { noPyTorch } from './support/pytorch.ts';
import { Project, type RanOnce } from './support/rig.ts';

/**
 * Plans a pipeline and runs it: the plan lists the stages that then run. A glob, the rows of a file
 * and `when` have theirs in pipeline-file.test.ts.
 */
async function planAndRun(project: Project): Promise<RanOnce> {
  const plan = await project.command('plan', 'test.yaml');
  assert.equal(plan.code, 0, plan.stderr);
  const ran = await project.run();
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  for (const name of Object.keys(ran.outcomes)) assert.ok(plan.stdout.includes(name), plan.stdout);
  return ran;
}

/** Writes a text of its axes and parameters to `out`. */
const echo = (matrix: string, text: string) => `stages:
  say:
    kind: command
    matrix: ${matrix}
    outputs: { said: { type: files } }
    with: { run: 'echo "${text}" > \${outputs.said}' }
`;

test('an axis of a range', async () => {
  using project = new Project(echo('{ rate: { range: [0.1, 0.3], step: 0.1 } }', '${matrix.rate}'));
  const { outcomes } = await planAndRun(project);
  assert.deepEqual(Object.keys(outcomes).sort(), [
    'say[rate=0.1]',
    'say[rate=0.2]',
    'say[rate=0.3]',
  ]);
  assert.equal(project.read('artifacts/test/say@rate=0.3/said'), '0.3\n');
});

test('members that are excluded, and one besides', async () => {
  const matrix =
    '{ net: [small, large], size: [32, 64], exclude: [{ net: large, size: 32 }], include: [{ net: small, size: 128 }] }';
  using project = new Project(echo(matrix, '${matrix.net} ${matrix.size}'));
  const { outcomes } = await planAndRun(project);
  assert.deepEqual(Object.keys(outcomes).sort(), [
    'say[net=large,size=64]',
    'say[net=small,size=128]',
    'say[net=small,size=32]',
    'say[net=small,size=64]',
  ]);
});

test('a group of configuration, by a parameter', async () => {
  const files = {
    'pipelines/sizes/small.yaml': 'params: { width: 8 }\n',
    'pipelines/sizes/large.yaml': 'params: { width: 64 }\n',
  };
  const yaml = `extends: "sizes/\${params.size}.yaml"\nparams: { size: small }\n${echo('{ seed: [1] }', '${params.width} ${matrix.seed}')}`;
  using project = new Project(yaml, files);
  await planAndRun(project);
  assert.equal(project.read('artifacts/test/say@seed=1/said'), '8 1\n');
  const large = await project.run('--set', 'params.size=large');
  assert.equal(large.code, 0, large.stderr);
  assert.equal(project.read('artifacts/test/say@seed=1/said'), '64 1\n');
});

test('arithmetic', async () => {
  const yaml = `params: { epochs: 4 }\n${echo('{ times: [1, 2] }', '${params.epochs * matrix.times + 1}')}`;
  using project = new Project(yaml);
  await planAndRun(project);
  assert.equal(project.read('artifacts/test/say@times=2/said'), '9\n');
});

/** A stage of three candidates by three folds: the third candidate is the best on average. */
const candidatesByFolds = `stages:
  fit:
    kind: command
    matrix: { sample: [{ id: a, auc: 9, falls: 3 }, { id: b, auc: 5, falls: 0 }, { id: c, auc: 7, falls: 0 }], fold: [0, 1, 2] }
    outputs: { net: { type: files }, metrics: { type: metrics } }
    with:
      run: |
        echo "net of \${matrix.sample} and fold \${matrix.fold}" > \${outputs.net}
        echo '{ "splits": { "val": { "auc": 0.\${matrix.sample.auc - matrix.sample.falls * matrix.fold} } } }' > \${outputs.metrics}
  best: { kind: select, inputs: { metrics: [fit.metrics] }, with: { by: auc, over: [fold], count: 1 } }
  joined:
    kind: command
    matrix: { slot: { of: fit, by: best.choice, axes: [sample], count: 1 } }
    inputs: { nets: ["fit[slot].net"] }
    outputs: { all: { type: files } }
    with: { run: "cat \${inputs.nets} > \${outputs.all}; echo \${matrix.slot} >> \${outputs.all}" }
`;

test('candidates by folds: the best one on average is chosen, and its outputs of all folds are read', async () => {
  using project = new Project(candidatesByFolds);
  const { events } = await planAndRun(project);
  const infos = events.flatMap((event) => (event.type === 'info' ? [event.message] : []));
  assert.ok(infos.includes('slot 1 holds sample c'), infos.join('\n'));
  const expected = [0, 1, 2].map((fold) => `net of c and fold ${fold}\n`);
  assert.equal(project.read('artifacts/test/joined@slot=1/all'), `${expected.join('')}c\n`);
  assert.deepEqual((await project.run()).outcomes['joined[slot=1]'], 'up to date');
  project.edit('pipelines/test.yaml', 'id: b, auc: 5', 'id: b, auc: 9');
  const second = await project.run();
  assert.equal(second.outcomes['joined[slot=1]'], 'ran');
  assert.match(project.read('artifacts/test/joined@slot=1/all'), /^net of b and fold 0\n/);
  const page = project.read('artifacts/test/report.html');
  assert.match(page, /fit\[slot\]\.net/);
});

const training = `import restage, torch
torch.manual_seed(0)
x = torch.linspace(-1, 1, 64).unsqueeze(1)
y = (x > 0.2).float()
width, rate = restage.settings['width'], restage.settings['rate']
net = torch.nn.Sequential(torch.nn.Linear(1, width), torch.nn.Tanh(), torch.nn.Linear(width, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=rate)
for _ in range(40):
    optimizer.zero_grad()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x), y)
    loss.backward()
    optimizer.step()
accuracy = ((net(x) > 0) == (y > 0.5)).float().mean().item()
torch.save(net.state_dict(), restage.outputs['net'])
import json
json.dump(
    {'parameters': sum(p.numel() for p in net.parameters()), 'splits': {'val': {'accuracy': accuracy, 'loss': loss.item()}}},
    open(restage.outputs['metrics'], 'w'),
)
`;
const torchCandidates = `stages:
  fit:
    kind: python
    matrix: { width: [2, 4, 64], rate: [0.001, 1] }
    inputs: { program: ./train.py }
    outputs: { net: { type: files }, metrics: { type: metrics } }
    with: { args: { width: "\${matrix.width}", rate: "\${matrix.rate}" } }
  best:
    kind: select
    inputs: { artifacts: [fit.net], metrics: [fit.metrics] }
    with: { where: [parameters < 100], ties: [parameters, loss], front: [accuracy, parameters], count: 1 }
  shown:
    kind: python
    matrix: { slot: { of: fit, by: best.choice, axes: [width, rate], count: 1 } }
    inputs: { program: ./show.py, net: best.artifact, same: "fit[slot].net" }
    outputs: { text: { type: files } }
    with: { args: { width: "\${matrix.slot.width}", rate: "\${matrix.slot.rate}" } }
`;
const showing = `import restage, torch
net, same = (torch.load(restage.inputs[name], weights_only=True) for name in ('net', 'same'))
assert all(torch.equal(net[key], same[key]) for key in net)
width = net['0.weight'].shape[0]
assert width == restage.settings['width'], width
open(restage.outputs['text'], 'w').write(f'{width} {restage.settings["rate"]}')
`;

test('PyTorch candidates chosen by their metrics, within a bound, with what was trained passed on', {
  skip: noPyTorch ?? false,
}, async () => {
  using project = new Project(torchCandidates, {
    'train.py': training,
    'show.py': showing,
    'restage.py': read('stages/python/restage.py'),
  });
  await planAndRun(project);
  const choice = JSON.parse(project.read('artifacts/test/best/choice.json'));
  assert.equal(choice.chosen.labels.rate, '1');
  assert.equal(project.read('artifacts/test/shown@slot=1/text'), `${choice.chosen.labels.width} 1`);
  const tooLarge = choice.candidates.filter(({ not }: { not?: string }) => not !== undefined);
  assert.deepEqual(
    tooLarge.map(({ labels, not }: { labels: object; not: string }) => [labels, not]),
    ['0.001', '1'].map((rate) => [{ width: '64', rate }, 'parameters < 100']),
  );
  assert.match(
    project.read('artifacts/test/best/front.csv'),
    /^width,rate,accuracy,parameters,on_front\n/,
  );
});
