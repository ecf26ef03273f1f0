import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readMessage } from '../src/engine/execution/stage-messages.ts';
import { parseMetrics } from '../src/learning/metrics/metrics-file.ts';
import { parseScores } from '../src/learning/metrics/scores-file.ts';
import { parseHistory } from '../src/learning/training/history.ts';
import { openDataset } from '../src/learning/vision/dataset/open-dataset.ts';
import { openFeatures } from '../src/learning/vision/features/features.ts';
import { npyHeader } from '../src/learning/vision/features/npy.ts';
import { artifactTypes } from '../src/stage.ts';
import { parseTable } from '../stages/plot/table/parse-table.ts';
import { blocks, read } from './support/pages.ts';
import { noPyTorch } from './support/pytorch.ts';
import { Project } from './support/rig.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { noPython } from './support/venv.ts';

const skip = noPython ?? false;
const page = read('docs/formats.md');
const sections = new Map(page.split(/^### /m).map((text) => [text.slice(0, text.indexOf('\n')), text]));
const example = (type: string): string => /^```\w+\n(.*?)^```$/ms.exec(sections.get(type)!)![1]!;

/** A folder of these files. */
function folder(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const root = temporaryFolder(t);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test('the page on formats has every type of artifacts and only messages that are understood', () => {
  for (const type of artifactTypes) assert.ok(sections.has(type), type);
  const lines = blocks('docs/formats.md', 'json')[0]!.trim().split('\n');
  assert.ok(lines.length > 5);
  for (const line of lines) assert.ok(readMessage(JSON.parse(line)) !== undefined, line);
});

test('the examples of formats are read by the kinds', async (t) => {
  assert.ok(parseHistory(example('history')).ok);
  assert.ok(parseScores(example('scores')).ok);
  const metrics = parseMetrics(example('metrics'));
  assert.equal(metrics.ok && metrics.value.values.get('test.auc'), 0.75);
  assert.deepEqual(parseTable(example('table')), {
    ok: true,
    value: [{ model: 'mine', parameters: 1200, test: { auc: 0.9 } }],
  });
  const chart = folder(t, { 'chart.vl.json': example('chart') });
  assert.equal(JSON.parse(readFileSync(join(chart, 'chart.vl.json'), 'utf8')).title, 'Loss');
  const samples = JSON.stringify([{ key: 'a', label: 1, class: 'fake', source: 'fake', path: 'a.png' }]);
  const values = Buffer.concat([npyHeader(1, 2), Buffer.from(new Float32Array([0.5, 2]).buffer)]);
  const features = folder(t, {
    'features.json': example('features'),
    ...{ 'train/samples.json': samples, 'train/features.npy': values },
  });
  assert.deepEqual([...openFeatures(features).split('train').features], [0.5, 2]);
});

test('the dataset that the page on formats writes is one', { skip }, async (t) => {
  const root = folder(t, { 'a.png': 'a', 'b.png': 'bb', 'write.py': example('dataset') });
  const { status, stderr } = spawnSync('/usr/bin/python3', ['write.py'], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  using dataset = openDataset(join(root, 'faces'));
  const split = dataset.split('train');
  assert.deepEqual(
    split.samples.map(({ class: name }) => name),
    ['real', 'fake'],
  );
  assert.equal((await split.read(1)).toString(), 'bb');
});

/** The programs of a page by the path in their first line. */
const programs = (name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    blocks(name, 'python').flatMap((text) => {
      const path = /^# (\S+\.py)$/m.exec(text.split('\n')[0]!)?.[1];
      return path === undefined ? [] : [[path, text]];
    }),
  );

test('the project of the page on DVC runs, and an imported module counts that nobody listed', { skip }, async () => {
  using project = new Project(blocks('docs/dvc.md', 'yaml')[1]!, {
    ...programs('docs/dvc.md'),
    'data/raw.csv': 'A,real,-1\nB,real,0.5\nC,fake,2\nD,fake,1\n',
  });
  const ran = await project.run();
  assert.deepEqual(ran.outcomes, { prepare: 'ran', train: 'ran', evaluate: 'ran' }, JSON.stringify(ran.events));
  project.edit('src/clean.py', 'line.strip().lower()', 'line.strip()');
  assert.match(
    (await project.command('plan', 'test.yaml')).stdout,
    /run +prepare +its code changed \(src\/clean\.py\)/,
  );
});

test('the script of the page on PyTorch runs before and after', { skip: noPyTorch ?? false }, async () => {
  const net =
    'import torch\n\n\nclass Net(torch.nn.Linear):\n    def __init__(self):\n        super().__init__(4, 2)\n';
  const yaml = blocks('docs/python.md', 'yaml')[0]!;
  const data =
    'import torch\ntorch.manual_seed(1)\ntorch.save((torch.randn(8, 4), torch.arange(8) % 2), "data/images.pt")\n';
  using project = new Project(
    `${yaml}  after:
    kind: python
    inputs: { program: ./after/train.py, data: data/images.pt }
    outputs: { weights: artifacts/after.pt }
    with: { args: { lr: 0.1 } }
`,
    {
      ...programs('docs/python.md'),
      ...{ 'before/net.py': net, 'after/net.py': net, 'after/restage.py': read('stages/python/restage.py') },
      ...{ 'data/make.py': data },
    },
  );
  spawnSync('/usr/bin/python3', ['data/make.py'], { cwd: project.root });
  const ran = await project.run();
  assert.deepEqual(ran.outcomes, { fit: 'ran', after: 'ran' }, JSON.stringify(ran.events));
  const compare =
    'import torch\na, b = (torch.load(p) for p in ("artifacts/net.pt", "artifacts/after.pt"))\nprint(all(torch.equal(a[k], b[k]) for k in a))\n';
  project.write('compare.py', compare);
  assert.equal(spawnSync('/usr/bin/python3', ['compare.py'], { cwd: project.root, encoding: 'utf8' }).stdout, 'True\n');
});

/** What Lightning's fit loop calls for two epochs of two batches, after a sanity check. */
const lightningCalls = `
from types import SimpleNamespace
trainer = SimpleNamespace(global_step=0, estimated_stepping_batches=4, current_epoch=0, callback_metrics={'val_loss': 9.0})
call = lambda hook, *more: getattr(Report(), hook, lambda *_: None)(trainer, None, *more)
call('on_validation_epoch_end')
for trainer.current_epoch in range(2):
    for batch in range(2):
        trainer.global_step += 1
        call('on_train_batch_end', None, None, batch)
    trainer.callback_metrics = {'val_loss': 1 / (trainer.current_epoch + 1), 'train_loss': 2.0}
    call('on_validation_epoch_end')
    call('on_train_epoch_end')
`;

/** What the Trainer of Hugging Face calls for two steps, an evaluation and its end. */
const trainerCalls = `
from types import SimpleNamespace
state = SimpleNamespace(global_step=0, max_steps=2, epoch=0.0)
call = lambda hook, **more: getattr(Report(), hook)(SimpleNamespace(), state, SimpleNamespace(), model=None, **more)
for state.global_step in (1, 2):
    call('on_step_end')
    call('on_log', logs={'loss': 0.5, 'grad_norm': 1.0, 'learning_rate': 5e-5, 'epoch': state.global_step / 2})
call('on_log', logs={'eval_loss': 0.25, 'eval_runtime': 0.1, 'epoch': 1.0})
call('on_log', logs={'train_runtime': 3.0, 'total_flos': 1e9, 'train_loss': 0.5, 'epoch': 1.0})
`;

test('the callbacks of the page send what both trainers tell', { skip }, (t) => {
  const [lightning, trainer] = blocks('docs/python.md', 'python').slice(-2);
  const root = folder(t, {
    'restage.py': read('stages/python/restage.py'),
    'lightning/pytorch/callbacks.py': 'class Callback:\n    pass\n',
    'transformers.py': 'class TrainerCallback:\n    pass\n',
    'lightning.program.py': lightning! + lightningCalls,
    'trainer.program.py': trainer! + trainerCalls,
  });
  const sent = (program: string) => {
    const events = join(root, `${program}.jsonl`);
    const env = { ...process.env, RESTAGE_EVENTS: events };
    const { stderr } = spawnSync('/usr/bin/python3', [program], { cwd: root, env, encoding: 'utf8' });
    assert.equal(stderr, '');
    const messages = readFileSync(events, 'utf8').trim().split('\n');
    return messages.flatMap((line) => {
      const message = readMessage(JSON.parse(line));
      if (message?.type === 'point') return [`${message.unit} ${message.step} ${JSON.stringify(message.values)}`];
      return message?.type === 'progress' && message.done === message.total ? [`${message.done} steps`] : [];
    });
  };
  assert.deepEqual(sent('lightning.program.py'), [
    'epoch 1 {"val_loss":1,"train_loss":2}',
    '4 steps',
    'epoch 2 {"val_loss":0.5,"train_loss":2}',
  ]);
  assert.deepEqual(sent('trainer.program.py'), [
    'step 1 {"loss":0.5}',
    '2 steps',
    'step 2 {"loss":0.5}',
    'step 2 {"eval_loss":0.25}',
    'step 2 {"train_loss":0.5}',
  ]);
});
