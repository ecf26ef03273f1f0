import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeModel } from '../src/backend/lowering/onnx-writer.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { node } from './support/onnx-node.ts';
import { endOf } from './support/rig.ts';

const described = { classes: '["real", "fake"]', preprocessing: 'timm' };

/** An ONNX file of two classes, of which one node has an operator without gradients. */
function unsupported(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const data = Float32Array.from({ length: 6 }, (_, at) => Math.sin(at));
  const graph = {
    nodes: [
      node('Relu', ['image'], 'seen'),
      node('Det', ['seen'], 'areas'),
      node('Gemm', ['areas', 'fc.weight'], 'logits'),
    ],
    initializers: [{ name: 'fc.weight', type: 'float32', shape: [3, 2], data }],
    inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, 8, 8] }],
    outputs: [{ name: 'logits', type: 'float32' }],
  } as const;
  return encodeModel(graph, { metadata });
}

const reason = (file: string) =>
  `Expected a network whose operators have gradients here, but the node "areas" of ${file} is Det, which has none: docs/onnx-operators.md lists those that do; export it with these, or cut the network before it.`;

/** The mistakes that a command shows, each with its line in the pipeline's file. */
const mistakesIn = (stderr: string): readonly string[] =>
  stderr
    .split('\n')
    .flatMap(
      (line) =>
        /^pipelines\/test\.yaml:(\d+):\d+: error: (.*)$/.exec(line)?.slice(1).join(' ') ?? [],
    );

const slow = `stages:
  drawn: { kind: make-faces, with: { size: 64, images: { train: 4, val: 4, test: 4 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
`;
const normalise = 'normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] }';

test('an operator without gradients is a mistake before anything runs, wherever a stage needs them', async () => {
  using project = new Project(
    `${slow}  fit: { kind: train, inputs: { dataset: faces.dataset, network: models/bad.onnx }, with: { ${normalise} } }
  seen: { kind: embed, inputs: { dataset: faces.dataset, network: models/bad.onnx }, with: { ${normalise} } }
  layers: { kind: network, inputs: { network: models/bad.onnx } }
  maps: { kind: saliency, inputs: { dataset: faces.dataset, onnx: models/described.onnx } }
  scores: { kind: evaluate, inputs: { dataset: faces.dataset, onnx: models/described.onnx } }
  values: { kind: embed, inputs: { dataset: faces.dataset, onnx: models/bad.onnx }, with: { ${normalise} } }
`,
    { 'models/bad.onnx': '', 'models/described.onnx': '' },
  );
  writeFileSync(project.path('models/bad.onnx'), unsupported());
  writeFileSync(project.path('models/described.onnx'), unsupported(described));
  const expected = [
    `4 ${reason('bad.onnx')} [unusable-file]`,
    `5 ${reason('bad.onnx')} [unusable-file]`,
    `6 ${reason('bad.onnx')} [unusable-file]`,
    `7 ${reason('described.onnx')} [unusable-file]`,
  ];
  for (const command of ['plan', 'run']) {
    const { code, stderr } = await project.command(command, 'test.yaml');
    assert.deepEqual([code, mistakesIn(stderr)], [1, expected], stderr);
  }
  assert.equal(existsSync(project.path('artifacts')), false);

  // Stages that run the file as it is do not mind.
  const chosen = await project.command('plan', 'test.yaml', 'scores', 'values');
  assert.deepEqual([chosen.code, chosen.stderr], [0, '']);
});

test('a network that is cut before such an operator can be planned', async () => {
  using project = new Project(
    `${slow}  fit: { kind: train, inputs: { dataset: faces.dataset, network: models/bad.onnx }, with: { cut: gone, ${normalise} } }
`,
    { 'models/bad.onnx': '' },
  );
  writeFileSync(project.path('models/bad.onnx'), unsupported());
  const wrong = await project.command('plan', 'test.yaml');
  assert.deepEqual(mistakesIn(wrong.stderr), [
    '4 Expected a tensor of bad.onnx in "cut", got "gone". There are seen, areas, logits. [unusable-file]',
  ]);
  project.edit('pipelines/test.yaml', 'cut: gone', 'cut: seen');
  const right = await project.command('plan', 'test.yaml');
  assert.deepEqual([right.code, right.stderr], [0, '']);
});

test('a file that another stage makes is checked as soon as that stage has ended, and by the next plan', async () => {
  using project = new Project(
    `stages:
  file: { kind: command, inputs: { net: models/bad.onnx }, outputs: { net: { path: out/net.onnx, type: files } }, with: { run: 'cp \${inputs.net} \${outputs.net}' } }
  data: { kind: command, outputs: { dataset: { path: out/data, type: dataset } }, with: { run: 'read _ < gate; mkdir \${outputs.dataset}' } }
  fit: { kind: train, inputs: { dataset: data.dataset, network: file.net }, with: { ${normalise} } }
`,
    { 'models/bad.onnx': '' },
  );
  writeFileSync(project.path('models/bad.onnx'), unsupported());
  const gate = project.gate('gate');
  const running = project.startRun();
  const { outcome, message } = await running.event('stage-finished', 'fit');
  assert.deepEqual([outcome, message], ['failed', reason('net.onnx')]);
  gate.pass();
  const { code, outcomes } = await endOf(running);
  assert.deepEqual([code, outcomes], [1, { file: 'ran', data: 'ran', fit: 'failed' }]);

  project.edit('pipelines/test.yaml', 'mkdir ', 'mkdir -p ');
  const plan = await project.command('plan', 'test.yaml', '--json');
  const rows: readonly {
    readonly stage: string;
    readonly state: string;
    readonly reasons: readonly string[];
  }[] = JSON.parse(plan.stdout);
  assert.equal(plan.code, 1);
  assert.deepEqual(
    rows.map(({ stage, state }) => [stage, state]),
    [
      ['file', 'up to date'],
      ['data', 'stale'],
      ['fit', 'failing'],
    ],
  );
  assert.deepEqual(rows.at(-1)!.reasons, [reason('net.onnx')]);
});

test('a kind of the project says by itself what it could not use, and is not asked twice', async () => {
  using project = new Project('stages: { read: { kind: reader, inputs: { text: ./in.txt } } }\n', {
    'in.txt': 'rhyme',
    'stages/reader/spec.ts': `
import { appendFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineKind, StageError } from 'restage';
import { z } from 'zod';
export const spec = defineKind({
  name: 'reader', version: 1, summary: 'Reads a text.', settings: z.strictObject({}),
  inputs: { text: { type: 'files', summary: 'A text.' } }, outputs: {}, example: 'read: { kind: reader }',
  contents: {
    ports: ['text'],
    settings: [],
    check: async ({ inputs }) => {
      const [{ path }] = inputs('text');
      appendFileSync(join(dirname(path), 'asked.txt'), '.');
      if (readFileSync(path, 'utf8') !== 'prose') throw new StageError('Expected prose.');
      return true;
    },
  },
});
`,
    'stages/reader/run.ts': 'export default async function run(): Promise<void> {}\n',
  });
  const refused = await project.command('plan', 'test.yaml');
  assert.deepEqual(mistakesIn(refused.stderr), ['1 Expected prose. [unusable-file]']);
  project.write('in.txt', 'prose');
  const plan = () => project.command('plan', 'test.yaml');
  for (const { code, stderr } of [await plan(), await plan()])
    assert.deepEqual([code, stderr], [0, '']);
  assert.equal(project.read('asked.txt'), '..');
});
