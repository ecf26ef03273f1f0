import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { read } from './support/pages.ts';
import { noPyTorch } from './support/pytorch.ts';
import { Project, type RanOnce } from './support/rig.ts';

/** A small network whose epochs follow from seed and number, with momentum in its checkpoint. */
const training = `import json
import torch
import restage

settings = restage.settings
torch.manual_seed(3)
net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
optimizer = torch.optim.SGD(net.parameters(), settings["rate"], momentum=0.9)
images = torch.randn(96, 4, generator=torch.Generator().manual_seed(1))
labels = (images[:, 0] * images[:, 1] > 0).long()
state = restage.checkpoint.load() or {"epoch": 0}
if "net" in state:
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
for epoch in range(state["epoch"] + 1, settings["epochs"] + 1):
    order = torch.randperm(64, generator=torch.Generator().manual_seed(epoch))
    for batch in order.split(16):
        loss = torch.nn.functional.cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    restage.point(epoch, loss=loss)
    restage.checkpoint.save(
        {"epoch": epoch, "net": net.state_dict(), "optimizer": optimizer.state_dict()}
    )
    print("trained epoch", epoch)
with torch.no_grad():
    held = torch.nn.functional.cross_entropy(net(images[64:]), labels[64:]).item()
torch.save([weights.numpy().tobytes() for weights in net.state_dict().values()], restage.outputs["weights"])
with open(restage.outputs["metrics"], "w") as file:
    json.dump({"splits": {"val": {"held": held}}}, file)
`;
const files = { 'train.py': training, 'restage.py': read('stages/python/restage.py') };

/** A stage that trains each candidate, or those in slots, for some epochs. */
const rung = (matrix: string, axis: string, epochs: number) => `
    kind: python
    matrix: ${matrix}
    inputs: { program: ./train.py }
    outputs: { weights: { type: files }, metrics: { type: metrics } }
    with: { args: { epochs: ${epochs}, rate: "\${matrix.${axis}.rate}" }, continues: [epochs] }
`;
const drawn = '{ n: { rate: { logUniform: [0.001, 1] }, count: 3, seed: 1 } }';
const chosen = (of: string, count: number) => `
    kind: select
    inputs: { artifacts: [${of}.weights], metrics: [${of}.metrics] }
    with: { by: held, better: lower, count: ${count} }
`;
const slots = (by: string, of: string, count: number) =>
  `{ slot: { of: ${of}, by: ${by}.choice, count: ${count} } }`;

const printedBy = ({ events }: RanOnce, stage: string): string =>
  events
    .flatMap((event) => (event.type === 'stage-output' && event.stage === stage ? event.text : []))
    .join('');
const epochsOf = (ran: RanOnce, stage: string): readonly number[] =>
  Array.from(printedBy(ran, stage).matchAll(/trained epoch (\d)/g), ([, epoch]) => Number(epoch));

/**
 * A training in two processes, each on half of every batch. Debian's PyTorch has no libuv, which
 * torchrun and its processes ask for unless `without_libuv.py` keeps them from it.
 */
const distributed = {
  'restage.py': files['restage.py'],
  'without_libuv.py': `import functools
import sys
import torch.distributed as dist

store = functools.partial(dist.TCPStore, use_libuv=False)
dist.TCPStore = sys.modules["torch.distributed.rendezvous"].TCPStore = store
`,
  'torchrun.py': `import without_libuv
from torch.distributed.run import main

main()
`,
  'parts.py': 'hidden = 8\n',
  'train.py': `import os
import torch
import without_libuv
import restage
import torch.distributed as dist
from parts import hidden

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(3)
net = torch.nn.Sequential(torch.nn.Linear(4, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 2))
net = torch.nn.parallel.DistributedDataParallel(net)
optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)
images = torch.randn(64, 4, generator=torch.Generator().manual_seed(1))
labels = (images[:, 0] * images[:, 1] > 0).long()
state = restage.checkpoint.load() or {"epoch": 0}
if "net" in state:
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
print("rank", rank, "of", dist.get_world_size(), "begins after", state["epoch"], flush=True)
for epoch in range(state["epoch"] + 1, 4):
    order = torch.randperm(64, generator=torch.Generator().manual_seed(epoch))[rank::2]
    for batch in order.split(8):
        loss = torch.nn.functional.cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    restage.checkpoint.save(
        {"epoch": epoch, "net": net.state_dict(), "optimizer": optimizer.state_dict()}
    )
    restage.point(epoch, loss=loss)
    dist.barrier()
    if epoch == 2 and rank == 1 and os.path.exists("fails"):
        os._exit(3)
if rank == 0:
    weights = [values.numpy().tobytes() for values in net.state_dict().values()]
    torch.save(weights, restage.outputs["weights"])
dist.destroy_process_group()
`,
};
const launched = `stages:
  fit:
    kind: python
    inputs: { program: ./train.py }
    outputs: { weights: { type: files } }
    with: { launcher: [/usr/bin/python3, torchrun.py, --standalone, --nproc-per-node=2] }
`;

suite('programs in PyTorch', { skip: noPyTorch ?? false }, () => {
  test('a sweep goes from rung to rung by metrics, each candidate from its checkpoint, to the bytes of an unbroken training', async () => {
    using project = new Project(
      `stages:
  fit: ${rung(drawn, 'n', 1)}
  better: ${chosen('fit', 2)}
  further: ${rung(slots('better', 'fit', 2), 'slot', 3)}
  best: ${chosen('further', 1)}
  last: ${rung(slots('best', 'further', 1), 'slot', 6)}
`,
      files,
    );
    const ran = await project.run();
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    const { ranking } = JSON.parse(project.read('artifacts/test/better/choice.json'));
    const candidates: string[] = ranking.map(({ n }: { n: string }) => n);
    for (const n of [1, 2, 3]) assert.deepEqual(epochsOf(ran, `fit[n=${n}]`), [1]);
    for (const slot of [1, 2]) {
      assert.deepEqual(epochsOf(ran, `further[slot=${slot}]`), [2, 3]);
    }
    assert.deepEqual(epochsOf(ran, 'last[slot=1]'), [4, 5, 6]);
    const { slot } = JSON.parse(project.read('artifacts/test/best/choice.json')).ranking[0];
    const n = candidates[Number(slot) - 1]!;

    // The candidate that went through all rungs, without a break.
    using whole = new Project(`stages:\n  fit: ${rung(drawn, 'n', 6)}`, files);
    const trained = await whole.run(`fit[n=${n}]`);
    assert.equal(epochsOf(trained, `fit[n=${n}]`).length, 6, trained.stderr);
    assert.equal(
      project.read('artifacts/test/last@slot=1/weights'),
      whole.read(`artifacts/test/fit@n=${n}/weights`),
    );
  });

  test('torchrun starts two processes, whose training continues after one of them has failed, to the same bytes', async () => {
    using whole = new Project(launched, distributed);
    const first = await whole.run();
    assert.deepEqual(first.outcomes, { fit: 'ran' }, first.stderr);
    // Only the file that stands for torchrun here is of the project, and not in the program's text.
    assert.equal(first.warnings.length, 1, first.warnings.join('\n'));
    assert.match(
      first.warnings[0]!,
      /its code does not show: torchrun\.py\. They count from now on/,
    );
    using project = new Project(launched, { ...distributed, fails: '' });
    const failed = await project.run();
    assert.deepEqual(failed.outcomes, { fit: 'failed' });
    project.remove('fails');
    const resumed = await project.run();
    assert.deepEqual(resumed.outcomes, { fit: 'ran' }, resumed.stderr);
    const began = printedBy(resumed, 'fit')
      .match(/rank \d of \d begins after \d/g)
      ?.toSorted();
    assert.deepEqual(began, ['rank 0 of 2 begins after 2', 'rank 1 of 2 begins after 2']);
    // Of the two, the first one reports.
    const points = resumed.events.flatMap((event) =>
      event.type === 'stage-point' ? [event.point.step] : [],
    );
    assert.deepEqual(points, [1, 2, 3]);
    const weights = 'artifacts/test/fit/weights';
    assert.equal(project.read(weights), whole.read(weights));
    project.edit('parts.py', '8', '9');
    const { stdout } = await project.command('plan', 'test.yaml');
    assert.match(stdout, /^ *run +fit +its code changed \(parts\.py\)$/m);
  });
});
