import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { explainIssues } from '../schema/explain-issues.ts';
import { load, mistakes, shownMistakes, stageOf, TestProject, value } from '../testing-kinds.ts';
import { toJson } from '../yaml/node.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';

test('a small pipeline becomes stages with settings, ports, resources and published paths', async () => {
  const pipeline = await load(`
description: faces
salt: 3
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit:
    kind: train
    description: the net
    inputs: { dataset: faces.dataset }
    with: { epochs: 2, model: simple-net, optimizer: { kind: sgd, momentum: 0.9 } }
    outputs: { model: ./artifacts/net/ }
    after: [faces]
    resources: { cpu: 2, gpu: 1, memory: 1.5GiB }
    retries: 1
    timeout: 1h30m
    env: [SHELL, UNSET]
    cache: false
    frozen: true
    onDemand: true
`);
  assert.equal(pipeline.name, 'p');
  assert.equal(pipeline.file, 'pipelines/p.yaml');
  assert.equal(pipeline.description, 'faces');
  assert.equal(pipeline.salt, '3');
  assert.deepEqual(pipeline.sources.env, { SHELL: '/bin/sh', UNSET: null });
  const { at, inputs, outputs, defaultOf, ...fit } = stageOf(pipeline, 'fit');
  assert.equal(at.file.text.slice(at.start, at.end), 'fit');
  assert.equal(defaultOf?.(['epochs']), 5);
  assert.deepEqual(fit, {
    name: 'fit',
    axes: {},
    kind: 'train',
    kindVersion: 2,
    description: 'the net',
    settings: {
      model: 'simple-net',
      epochs: 2,
      seed: 0,
      optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9 },
    },
    keyedSettings: { epochs: 2, optimizer: { kind: 'sgd' } },
    after: ['faces'],
    resources: { cpu: 2, gpu: 1, memory: 1.5 * 2 ** 30 },
    retries: 1,
    timeout: 5_400_000,
    env: { SHELL: '/bin/sh', UNSET: null },
    cache: false,
    frozen: true,
    onDemand: true,
    computes: true,
  });
  assert.deepEqual(
    inputs.map(({ at: _, ...input }) => input),
    [
      {
        port: 'dataset',
        list: false,
        items: [{ from: 'stage', stage: 'faces', port: 'dataset', labels: {} }],
        parts: ['train', 'val-2'],
      },
    ],
  );
  assert.deepEqual(
    outputs.map(({ at: _, ...output }) => output),
    [
      { port: 'model', type: 'model', path: 'artifacts/net' },
      { port: 'history', type: 'history', path: 'artifacts/p/fit/history.csv' },
    ],
  );
});

test('settings that a stage leaves out have their defaults', async () => {
  const {
    resources,
    retries,
    timeout,
    cache,
    frozen,
    onDemand,
    env,
    after,
    settings,
    keyedSettings,
  } = stageOf(await load('stages: { faces: { kind: load, inputs: { images: data/ } } }'), 'faces');
  assert.deepEqual(
    { resources, retries, timeout, cache, frozen, onDemand, env, after, settings, keyedSettings },
    {
      resources: { cpu: 1, gpu: 0, memory: 0 },
      retries: 0,
      timeout: undefined,
      cache: true,
      frozen: false,
      onDemand: false,
      env: {},
      after: [],
      settings: {},
      keyedSettings: {},
    },
  );
});

test('a mistake in a union is explained by the nearest of its forms, or by the words for all of them', async () => {
  const forms = [
    z.enum(['relu', 'flatten']),
    z.strictObject({ conv: z.int().positive(), kernel: z.int().optional() }),
  ];
  const pool = z.strictObject({ pool: z.int().positive() });
  const layer = z.union([...forms, pool], {
    error: 'a layer (relu, flatten, or a map with conv or pool)',
  });
  const schema = z.strictObject({ layers: z.array(layer) });
  const messagesFor = (yaml: string) => {
    const parsed = parseYaml({ path: 'p.yaml', text: `layers: [${yaml}]` });
    assert.ok(parsed.ok);
    const node = parsed.value;
    const { error } = schema.safeParse(toJson(node));
    return explainIssues(error?.issues ?? [], { node, schema, prefix: '', at: node.at }).map(
      ({ message, hint }) => (hint === undefined ? message : `${message}. ${hint}`),
    );
  };
  const expected =
    'Expected a layer (relu, flatten, or a map with conv or pool) for "layers[0]", got';

  assert.deepEqual(messagesFor('{ conv: 0, kernel: x }'), [
    'Expected a number of more than 0 for "layers[0].conv", got 0',
    'Expected a number for "layers[0].kernel", got "x"',
  ]);
  assert.deepEqual(messagesFor('{ conv: 3, kernal: 3 }'), [
    'Unknown key "kernal" in "layers[0]". Did you mean "kernel"?',
  ]);
  assert.deepEqual(messagesFor('rellu'), [`${expected} "rellu". Did you mean "relu"?`]);
  assert.deepEqual(messagesFor('{ convv: 8 }'), [`${expected} a map. Did you mean "conv"?`]);
  assert.deepEqual(messagesFor('{ conv: 8, pool: 2 }'), [`${expected} a map`]);
  assert.deepEqual(messagesFor('{}'), [`${expected} an empty map`]);
});

test('a single value instead of a map or a list gets a hint how to write one', () => {
  const optimizer = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('adam'), rate: z.number().default(0.1) }),
    z.strictObject({ kind: z.literal('sgd') }),
  ]);
  const range = z.tuple([z.number(), z.number()]).default([60, 95]);
  const schema = z.strictObject({
    optimizer,
    blur: z.strictObject({ sigma: z.number() }),
    quality: range,
  });
  const parsed = parseYaml({
    path: 'p.yaml',
    text: 'optimizer: adam\nblur: true\nquality: 60\nqwertz: 1',
  });
  assert.ok(parsed.ok);
  const node = parsed.value;
  const { error } = schema.safeParse(toJson(node));
  const subject = { node, schema, prefix: 'with', at: node.at, keysAreIn: 'See there.' };

  assert.deepEqual(
    explainIssues(error?.issues ?? [], subject).map(({ message, hint }) => `${message}. ${hint}`),
    [
      'Expected a map for "with.optimizer", got "adam". Write { kind: adam }.',
      'Expected a map for "with.blur", got true. Its keys: sigma.',
      'Expected a list for "with.quality", got 60. By default it is [60, 95].',
      'Unknown key "qwertz" in "with". Known: optimizer, blur, quality.',
    ],
  );
});

test('all mistakes of a file are reported at once, from top to bottom', async () => {
  assert.equal(
    await mistakes(`stages:
  faces: { kind: lod, inputs: { images: data/ } }
  fit:
    kind: train
    inputs: { dataset: fces.dataset }
    with: { epochs: two, modl: xception }
  roc: { kind: roc }
`),
    `pipelines/p.yaml:2:18: error: Unknown kind "lod" [unknown-kind]

    2 |   faces: { kind: lod, inputs: { images: data/ } }
      |                  ^^^

  Did you mean "load"?

pipelines/p.yaml:5:24: error: Unknown stage "fces" [unknown-stage]

    5 |     inputs: { dataset: fces.dataset }
      |                        ^^^^^^^^^^^^

  Did you mean "faces"?

pipelines/p.yaml:6:21: error: Expected a number for "with.epochs", got "two" [wrong-type]

    6 |     with: { epochs: two, modl: xception }
      |                     ^^^

pipelines/p.yaml:6:26: error: Unknown key "modl" in "with" [unknown-key]

    6 |     with: { epochs: two, modl: xception }
      |                          ^^^^

  Did you mean "model"?

pipelines/p.yaml:7:3: error: The stage "roc" lacks its input "scores" (scores) [missing-port]

    7 |   roc: { kind: roc }
      |   ^^^`,
  );
});

test('a cycle shows each of its edges', async () => {
  assert.equal(
    await mistakes(`stages:
  a: { kind: command, inputs: { x: c.o }, outputs: { o: {} }, with: { run: a } }
  b: { kind: command, inputs: { x: a.o }, outputs: { o: {} }, with: { run: b } }
  c: { kind: command, after: b, outputs: { o: {} }, with: { run: c } }
`),
    `pipelines/p.yaml:2:36: error: Stages need each other in a cycle: a → c → b → a; "a" reads c.o [cycle]

    2 |   a: { kind: command, inputs: { x: c.o }, outputs: { o: {} }, with: { run: a } }
      |                                    ^^^

  pipelines/p.yaml:4:30: "c" runs after b

    4 |   c: { kind: command, after: b, outputs: { o: {} }, with: { run: c } }
      |                              ^

  pipelines/p.yaml:3:36: "b" reads a.o

    3 |   b: { kind: command, inputs: { x: a.o }, outputs: { o: {} }, with: { run: b } }
      |                                    ^^^`,
  );
});

test('a stage that reads itself is a cycle too', async () => {
  const text = await mistakes(
    'stages: { a: { kind: command, inputs: { x: a.o }, outputs: { o: {} }, with: { run: a } } }',
  );
  assert.match(text, /The stage "a" needs itself; "a" reads a\.o \[cycle\]/);
});

test('a file that is missing, too large, no text, a folder or without stages is a mistake', async () => {
  using project = new TestProject({
    'pipelines/big.yaml': 'x'.repeat(10 << 20),
    'pipelines/empty.yaml': '# no\n',
  });
  project.write({ 'pipelines/list.yaml': '- a\n', 'pipelines/folder/x.yaml': '' });
  project.writeBytes('pipelines/bytes.yaml', Uint8Array.from([0xff, 0xfe, 0x00, 0x80]));
  const mistakesIn = async (file: string) => shownMistakes(await project.load([], file));
  assert.equal(
    await mistakesIn('none.yaml'),
    'error: There is no file "pipelines/none.yaml" [missing-file]',
  );
  const large =
    'error: "pipelines/big.yaml" has 10.0 MiB; a pipeline\'s file has at most 1 MiB [too-large]';
  assert.equal(await mistakesIn('big.yaml'), large);
  assert.equal(
    await mistakesIn('bytes.yaml'),
    'error: "pipelines/bytes.yaml" is not UTF-8 text [not-text]',
  );
  assert.equal(await mistakesIn('folder'), 'error: "pipelines/folder" is not a file [not-a-file]');
  assert.match(
    await mistakesIn('list.yaml'),
    /list\.yaml:1:1: error: A pipeline's file must be a map, got a list/,
  );
  assert.match(
    await mistakesIn('empty.yaml'),
    /empty\.yaml:1:1: error: The pipeline "empty" has no stages \[no-stages\]/,
  );
});

test('wrong types, ranges and names in a stage are reported in plain words', async () => {
  const text = await mistakes(`stages:
  a:
    kind: command
    inputs: [x]
    outputs: { o: { type: modle } }
    resources: { cpu: 0, memory: lots }
    retries: -1
    timeout: soon
    cache: 'yes'
    with: { run: 5 }
  b.c: { kind: command, with: { run: b } }
  d: text
  e: { with: { run: x } }
`);
  for (const line of [
    '4:13: error: Expected a map for "inputs", got a list',
    '5:27: error: Expected one of "dataset", "features", "map", "model", "history", "scores", "metrics", "chart", "images", "table", "choice", "files" for "outputs.o.type", got "modle"',
    '6:23: error: Expected a number of more than 0 for "resources.cpu", got 0',
    '6:34: error: Invalid "resources.memory": expected a size such as "512MiB" or "8GiB", got "lots"',
    '7:14: error: Expected a number of at least 0 for "retries", got -1',
    '8:14: error: Invalid "timeout": expected a duration such as "30s", "4h" or "1h30m", got "soon"',
    '9:12: error: Expected true or false for "cache", got "yes"',
    '10:18: error: Expected a text for "with.run", got 5',
    '11:3: error: "b.c" is not a valid name for a stage',
    '12:3: error: Expected a map for the stage "d", got "text"',
    '13:3: error: Missing "kind", expected a text',
  ]) {
    assert.ok(text.includes(`pipelines/p.yaml:${line}`), `${line}\nis not in\n${text}`);
  }
});

test('a stage with the misspelt name of an extended one gets a hint to that one', async () => {
  using project = new TestProject({
    'pipelines/base.yaml':
      'stages:\n  faces: { kind: load, inputs: { images: data/ } }\n  fit: { kind: train, inputs: { dataset: faces.dataset } }\n',
    'pipelines/p.yaml':
      'extends: base.yaml\nstages:\n  fitt: { with: { epochs: 2 } }\n  other: { with: { epochs: 2 } }\n',
  });
  const text = shownMistakes(await project.load());
  assert.match(
    text,
    /p\.yaml:3:3: error: Missing "kind", expected a text \[missing-key\].*?\n {2}Did you mean "fit"\?\n/s,
  );
  assert.equal(text.match(/Did you mean/g)?.length, 1);
});

test('settings inside a union are checked against the branch that was meant', async () => {
  const text = await mistakes(`stages:
  faces: { kind: load, inputs: { images: data/ } }
  a: { kind: train, inputs: { dataset: faces.dataset }, with: { optimizer: { kind: adam, learningRat: 1 } } }
  b: { kind: train, inputs: { dataset: faces.dataset }, with: { optimizer: { kind: adm } } }
  c: { kind: train, inputs: { dataset: faces.dataset }, with: { optimizer: { kind: sgd, learningRate: fast } } }
`);
  assert.match(
    text,
    /3:90: error: Unknown key "learningRat" in "with\.optimizer".*?Did you mean "learningRate"\?/s,
  );
  assert.match(text, /4:84: error: .*"with\.optimizer\.kind".*"adm"/);
  assert.match(
    text,
    /5:103: error: Expected a number for "with\.optimizer\.learningRate", got "fast"/,
  );
});

test('a misspelt key is the only mistake: its value is read as that of the key that was meant', async () => {
  const text = `parms: { epochs: 3 }
stage:
  faces: { kind: load, input: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, wth: { epochs: "\${params.epochs}" } }
`;
  const lines = (await mistakes(text)).split('\n').filter((line) => / error: |Did you/.test(line));
  assert.deepEqual(lines, [
    'pipelines/p.yaml:1:1: error: Unknown key "parms" [unknown-key]',
    '  Did you mean "params"?',
    'pipelines/p.yaml:2:1: error: Unknown key "stage" [unknown-key]',
    '  Did you mean "stages"?',
    'pipelines/p.yaml:3:24: error: Unknown key "input" [unknown-key]',
    '  Did you mean "inputs"?',
    'pipelines/p.yaml:4:59: error: Unknown key "wth" [unknown-key]',
    '  Did you mean "with"?',
  ]);
});

test('whatever is in a file, loading gives a pipeline or mistakes, and never throws', async () => {
  const word = fc.constantFrom(
    'a',
    'b',
    'train',
    'load',
    'command',
    'roc',
    'a.o',
    'b.model',
    'data/',
    './x',
    '../y',
    'npm:x',
  );
  const odd = fc.constantFrom(
    '${params.a}',
    '${matrix.b}',
    '${',
    '$${x}',
    '*.png',
    'data/*',
    'a[b=1].o',
    '[',
    '',
    '__proto__',
    'constructor',
  );
  const key = fc.oneof(
    fc.constantFrom(
      'stages',
      'params',
      'kind',
      'inputs',
      'outputs',
      'with',
      'matrix',
      'after',
      'run',
      'images',
      'scores',
      'dataset',
      'id',
    ),
    word,
    odd,
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      word,
      odd,
      fc.integer(),
      fc.constantFrom(null, true),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('tree'), { maxLength: 3 }),
    map: fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  }));
  const kind = fc.constantFrom('train', 'load', 'command', 'roc', 'evaluate');
  const stage = fc.record(
    { kind, inputs: tree, outputs: tree, with: tree, matrix: tree, after: tree },
    { requiredKeys: ['kind'] },
  );
  const file = fc.record(
    {
      params: tree,
      stages: fc.dictionary(fc.constantFrom('a', 'b', 'c'), stage),
      include: tree,
      extends: tree,
    },
    { requiredKeys: ['stages'] },
  );
  using project = new TestProject();
  await fc.assert(
    fc.asyncProperty(fc.oneof(file, tree), async (content) => {
      project.write({ 'pipelines/p.yaml': JSON.stringify(content) });
      const loaded = await project.load();
      assert.ok(loaded.ok ? loaded.value.stages : loaded.error.length > 0);
      assert.doesNotThrow(() => shownMistakes(loaded));
    }),
    { numRuns: 150 },
  );
});

test('a thousand stages in a chain, and ten thousand instances, load without a slow step', async () => {
  using project = new TestProject();
  const stages = Array.from({ length: 1000 }, (_, i) => {
    return `  s${i}: { kind: command, inputs: { x: ${i ? `s${i - 1}.o` : 'data/'} }, outputs: { o: {} }, with: { run: x } }`;
  });
  project.write({ 'pipelines/p.yaml': `stages:\n${stages.join('\n')}\n` });
  assert.equal(value(await project.load()).stages.length, 1000);
  const numbers = JSON.stringify(Array.from({ length: 100 }, (_, index) => index));
  project.write({
    'pipelines/p.yaml': `stages:\n  a: { kind: command, matrix: { x: ${numbers}, y: ${numbers} }, with: { run: "x \${matrix.x} \${matrix.y}" } }\n`,
  });
  assert.equal(value(await project.load()).stages.length, 10_000);
});

test('keys that stand beside the empty key that should hold them are one mistake, with the thought to indent them', async () => {
  const text = await mistakes(`stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit:
    kind: train
    inputs:
    dataset: faces.dataset
    with:
    epochs: 5
    rate: 0.1
    wth: 1
`);
  assert.equal(
    text,
    `pipelines/p.yaml:5:5: error: Expected a map for "inputs", got nothing [wrong-type]

    5 |     inputs:
      |     ^^^^^^

  Indent what belongs to it: dataset.

pipelines/p.yaml:7:5: error: Expected a map for "with", got nothing [wrong-type]

    7 |     with:
      |     ^^^^

  Indent what belongs to it: epochs, rate, wth.`,
  );
});
