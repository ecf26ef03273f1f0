import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { encodeModel, type OnnxGraph } from '../src/backend/lowering/onnx-writer.ts';
import { rankingIn, readChoice } from '../src/choice-file.ts';
import { readMessage } from '../src/engine/execution/processes/stage-messages.ts';
import type { Json } from '../src/json.ts';
import { renderChart } from '../src/learning/charts/render-chart.ts';
import { parseMetrics } from '../src/learning/metrics/metrics-file.ts';
import { parseScores } from '../src/learning/metrics/scores/scores-file.ts';
import { readModelInfo } from '../src/learning/models/model-info.ts';
import { parseHistory } from '../src/learning/training/history.ts';
import { openDataset } from '../src/learning/vision/dataset/open-dataset.ts';
import { openFeatures } from '../src/learning/vision/features/features.ts';
import { parseMapInfo, parseMapPoints } from '../src/learning/vision/features/map-files.ts';
import { npyHeader } from '../src/learning/vision/features/npy.ts';
import { artifactTypes } from '../src/stage.ts';
import { parseTable } from '../stages/plot/table/parse-table.ts';
import { ownWarnings } from './support/own-warnings.ts';
import { blocks, read } from './support/pages.ts';
import { noPyTorch } from './support/pytorch.ts';
import { Project } from './support/rig.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { noPython } from './support/venv.ts';

const skip = noPython ?? false;
const page = read('docs/formats.md');
const sections = new Map(
  page.split(/^### /m).map((text) => [text.slice(0, text.indexOf('\n')), text]),
);
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

test('the pages on formats and messages have every type of artifacts and only messages that are understood', () => {
  for (const type of artifactTypes) assert.ok(sections.has(type), type);
  const lines = blocks('docs/messages.md', 'json')[0]!.trim().split('\n');
  assert.ok(lines.length > 5);
  for (const line of lines) assert.ok(readMessage(JSON.parse(line)) !== undefined, line);
});

test('the examples of formats are read by the kinds', async (t) => {
  assert.ok(parseHistory(example('history')).ok);
  assert.ok(parseScores(example('scores')).ok);
  const metrics = parseMetrics(example('metrics'));
  assert.equal(metrics.ok && metrics.value.values.get('test.auc'), 0.75);
  const choice: Json = JSON.parse(example('choice'));
  assert.equal(readChoice(choice)?.by, 'auc');
  assert.deepEqual(rankingIn(choice), [{ sample: '2' }, { sample: '1' }]);
  assert.deepEqual(parseTable(example('table')), {
    ok: true,
    value: [{ model: 'mine', parameters: 1200, test: { auc: 0.9 } }],
  });
  const map = parseMapInfo(example('map'));
  assert.ok(map.ok);
  const points = parseMapPoints('key,split,tsne.y,tsne.x\na,train,2,0.5\n', map.value.layouts);
  assert.ok(points.ok);
  assert.deepEqual([...points.value.layouts.get('tsne')!], [0.5, 2]);
  const warned: string[] = [];
  const chart = temporaryFolder(t);
  await renderChart(JSON.parse(example('chart')), chart, (line) => warned.push(line));
  assert.deepEqual(
    [warned, /Loss/.test(readFileSync(join(chart, 'chart.svg'), 'utf8'))],
    [[], true],
  );
  const samples = JSON.stringify([
    { key: 'a', label: 1, class: 'fake', source: 'fake', path: 'a.png' },
  ]);
  const values = Buffer.concat([npyHeader(1, 2), Buffer.from(new Float32Array([0.5, 2]).buffer)]);
  const features = folder(t, {
    'features.json': example('features'),
    'train/samples.json': samples,
    'train/features.npy': values,
  });
  assert.deepEqual([...openFeatures(features).split('train').features], [0.5, 2]);
});

/** Two numbers of the mean colour of an image. */
const detector: OnnxGraph = {
  nodes: [
    {
      type: 'GlobalAveragePool',
      domain: '',
      inputs: ['pixels'],
      outputs: ['pooled'],
      attributes: {},
    },
    {
      type: 'Flatten',
      domain: '',
      inputs: ['pooled'],
      outputs: ['means'],
      attributes: { axis: 1 },
    },
    {
      type: 'MatMul',
      domain: '',
      inputs: ['means', 'weights'],
      outputs: ['values'],
      attributes: {},
    },
  ],
  initializers: [
    { name: 'weights', type: 'float32', shape: [3, 2], data: new Float32Array([1, 0, 0, 1, 0, 0]) },
  ],
  inputs: [{ name: 'pixels', type: 'float32', shape: ['batch', 3, 'height', 'width'] }],
  outputs: [{ name: 'values', type: 'float32', shape: ['batch', 2] }],
};

test('the pipelines of the page on formats run, and their artifacts are what they say', async () => {
  using project = new Project('stages: {}\n', {
    'data/words.txt': 'b\na\n',
    'data/photos/a.png': 'a',
  });
  mkdirSync(project.path('models'));
  writeFileSync(project.path('models/detector.onnx'), encodeModel(detector));
  const pipelines = ['docs/formats.md', 'docs/messages.md'].flatMap((page) => blocks(page, 'yaml'));
  assert.equal(pipelines.length, 4);
  for (const yaml of pipelines) {
    project.write('pipelines/test.yaml', yaml);
    const { outcomes, warnings, events } = await project.run();
    assert.deepEqual(
      [new Set(Object.values(outcomes)), ownWarnings(warnings)],
      [new Set(['ran']), []],
      JSON.stringify(events),
    );
  }
  assert.equal(project.read('artifacts/count.txt'), '1\n');
  assert.deepEqual(project.files('artifacts/shown'), ['a.png']);
  assert.equal(project.read('artifacts/sorted.txt'), 'a\nb\n');
  assert.deepEqual(readModelInfo(project.path('artifacts/test/net/model')).classes, [
    'real',
    'fake',
  ]);
});

test('the dataset that the page on formats writes is one', { skip }, async (t) => {
  const root = folder(t, { 'a.png': 'a', 'b.png': 'bb', 'write.py': example('dataset') });
  const { status, stderr } = spawnSync('/usr/bin/python3', ['write.py'], {
    cwd: root,
    encoding: 'utf8',
  });
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

test('the project of the page on DVC runs before and after, and an imported module counts that nobody listed', {
  skip,
}, async () => {
  const [dvc, rate, study] = blocks('docs/dvc.md', 'yaml');
  const [after, ...before] = [...blocks('docs/dvc.md', 'python')].reverse();
  using project = new Project(study!, {
    'params.yaml': rate!,
    'stand-ins/yaml.py':
      'safe_load = lambda file: {"rate": float(file.read().split("rate:")[1])}\n',
    'data/raw.csv': 'A,real,-1\nB,real,0.5\nC,fake,2\n\nD,fake,1\n',
  });
  for (const text of before) project.write(/^# (\S+)/.exec(text)![1]!, text);
  const commands = Array.from(dvc!.matchAll(/^ +cmd: (.*)$/gm), ([, line]) =>
    line!.replace('python', '/usr/bin/python3'),
  );
  const env = { ...process.env, PYTHONPATH: project.path('stand-ins') };
  execFileSync('sh', ['-ec', commands.join('\n')], { cwd: project.root, env });
  project.write('src/train.py', after!);
  const ran = await project.run();
  assert.deepEqual(
    ran.outcomes,
    { prepare: 'ran', train: 'ran', evaluate: 'ran' },
    JSON.stringify(ran.events),
  );
  assert.equal(project.read('artifacts/scores.csv'), project.read('scores.csv'));
  const { accuracy } = JSON.parse(project.read('metrics.json'));
  assert.equal(
    JSON.parse(project.read('artifacts/test/evaluate/metrics.json')).splits.test.accuracy,
    accuracy,
  );
  project.edit('src/clean.py', 'line.strip().lower()', 'line.strip()');
  assert.match(
    (await project.command('plan', 'test.yaml')).stdout,
    /run +prepare +its code changed \(src\/clean\.py\)/,
  );
});

test('the script of the page on PyTorch runs before and after, to the same weights', {
  skip: noPyTorch ?? false,
}, async () => {
  const [before, after] = blocks('docs/python.md', 'yaml');
  const files = programs('docs/python.md');
  using project = new Project(before!, {
    ...files,
    'after/net.py': files['before/net.py']!,
    'after/restage.py': read('stages/python/restage.py'),
    'data/make.py': `import torch
torch.manual_seed(1)
torch.save((torch.randn(8, 3, 32, 32), torch.arange(8) % 2), "data/images.pt")
`,
    'compare.py': `import torch
a, b = (torch.load(path) for path in ("before.pt", "artifacts/net.pt"))
print(len(a), all(torch.equal(a[name], b[name]) for name in a))
`,
  });
  const python = (program: string) =>
    spawnSync('/usr/bin/python3', [program], { cwd: project.root, encoding: 'utf8' }).stdout;
  python('data/make.py');
  const first = await project.run();
  assert.deepEqual(first.outcomes, { fit: 'ran' }, JSON.stringify(first.events));
  copyFileSync(project.path('artifacts/net.pt'), project.path('before.pt'));
  project.write('pipelines/test.yaml', after!);
  const second = await project.run();
  assert.deepEqual(second.outcomes, { fit: 'ran' }, JSON.stringify(second.events));
  assert.equal(python('compare.py'), '2 True\n');
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
    const { stderr } = spawnSync('/usr/bin/python3', [program], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    const messages = readFileSync(events, 'utf8').trim().split('\n');
    return messages.flatMap((line) => {
      const message = readMessage(JSON.parse(line));
      if (message?.type === 'point')
        return [`${message.unit} ${message.step} ${JSON.stringify(message.values)}`];
      return message?.type === 'progress' && message.done === message.total
        ? [`${message.done} steps`]
        : [];
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
