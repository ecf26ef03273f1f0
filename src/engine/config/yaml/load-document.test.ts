import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { shownMistakes, stageOf, TestProject, value } from '../testing-kinds.ts';

const base = `params: { epochs: 5 }
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, with: { epochs: "\${params.epochs}", seed: 3 } }
`;

test('the keys of an extending file replace those of the extended one; paths are relative to each file', async () => {
  using project = new TestProject({
    'pipelines/base/faces.yaml': base,
    'pipelines/base/long.yaml': 'extends: faces.yaml\nparams: { epochs: 50 }\n',
    'pipelines/experiments/p.yaml': `extends: [../base/long.yaml]
stages:
  fit: { with: { seed: null } }
  more: { kind: train, inputs: { dataset: faces.dataset } }
`,
  });
  const pipeline = value(await project.load([], 'experiments/p.yaml'));
  assert.equal(pipeline.name, 'experiments/p');
  assert.deepEqual(
    pipeline.stages.map(({ name }) => name),
    ['faces', 'fit', 'more'],
  );
  assert.deepEqual(stageOf(pipeline, 'fit').keyedSettings, { epochs: 50 });
  assert.equal(stageOf(pipeline, 'fit').outputs[0]!.path, 'artifacts/experiments/p/fit/model');
  const files = ['experiments/p.yaml', 'base/long.yaml', 'base/faces.yaml'].map((name) =>
    join(project.root, 'pipelines', name),
  );
  assert.deepEqual(pipeline.sources.files, files);
});

test('of several extended files the last one wins', async () => {
  using project = new TestProject({
    'pipelines/a.yaml': base,
    'pipelines/b.yaml': 'params: { epochs: 7 }\n',
    'pipelines/p.yaml': 'extends: [a.yaml, b.yaml]\n',
  });
  assert.equal(stageOf(value(await project.load()), 'fit').settings['epochs'], 7);
});

test('a mistake in an extended file is shown there', async () => {
  using project = new TestProject({
    'pipelines/base.yaml': base.replace('seed: 3', 'sed: 3'),
    'pipelines/p.yaml': 'extends: base.yaml\n',
  });
  assert.match(
    shownMistakes(await project.load()),
    /^pipelines\/base\.yaml:4:95: error: Unknown key "sed" in "with"/,
  );
});

test('files that extend or include each other in a cycle, and missing ones, are reported where they are named', async () => {
  using project = new TestProject({
    'pipelines/p.yaml': 'extends: [a.yaml, none.yaml, 5]\n',
    'pipelines/a.yaml': 'extends: p.yaml\nstages: {}\n',
    'pipelines/i.yaml': 'include: { me: i.yaml }\nstages: {}\n',
  });
  const text = shownMistakes(await project.load());
  assert.match(
    text,
    /a\.yaml:1:10: error: Files extend each other in a cycle: pipelines\/p\.yaml → pipelines\/a\.yaml → pipelines\/p\.yaml/,
  );
  assert.match(
    text,
    /p\.yaml:1:19: error: There is no file "pipelines\/none\.yaml" \[missing-file\]/,
  );
  assert.match(
    text,
    /p\.yaml:1:30: error: Expected a path or a list of paths for "extends", got 5/,
  );
  const includes = shownMistakes(await project.load([], 'i.yaml'));
  assert.match(
    includes,
    /i\.yaml:1:16: error: Files include each other in a cycle: pipelines\/i\.yaml → pipelines\/i\.yaml/,
  );
});

test('an included pipeline brings its stages under a prefix, with its own parameters', async () => {
  using project = new TestProject({
    'pipelines/base/net.yaml': base,
    'pipelines/mid.yaml': 'include: { net: base/net.yaml }\nstages: {}\n',
    'pipelines/p.yaml': `include: { sn: base/net.yaml, deep: mid.yaml }
params: { epochs: 1 }
stages:
  fit: { kind: train, inputs: { dataset: sn/faces.dataset, start: deep/net/fit.model }, after: sn/fit, with: { epochs: "\${params.epochs}" } }
`,
  });
  const pipeline = value(await project.load(['sn/params.epochs=8']));
  assert.deepEqual(
    pipeline.stages.map(({ name }) => name),
    ['sn/faces', 'sn/fit', 'deep/net/faces', 'deep/net/fit', 'fit'],
  );
  assert.deepEqual(
    pipeline.stages.map(({ settings }) => settings['epochs']),
    [undefined, 8, undefined, 5, 1],
  );
  assert.deepEqual(
    stageOf(pipeline, 'fit').inputs.flatMap(({ items }) =>
      items.map((item) => item.from === 'stage' && item.stage),
    ),
    ['sn/faces', 'deep/net/fit'],
  );
  assert.deepEqual(stageOf(pipeline, 'fit').after, ['sn/fit']);
  assert.equal(stageOf(pipeline, 'sn/fit').inputs[0]!.items[0]!.from, 'stage');
  assert.equal(stageOf(pipeline, 'sn/fit').outputs[0]!.path, 'artifacts/p/sn/fit/model');
});

const twice = `include:
  small: { file: base/net.yaml, params: { epochs: 1, faces: faces.dataset } }
  large: { file: base/net.yaml, params: { epochs: "\${params.epochs}", faces: "\${params.faces}" }, onDemand: true }
params: { epochs: 3, faces: faces.dataset }
stages:
  faces: { kind: load, inputs: { images: data/ } }
`;
const net = `params: { epochs: 5, faces: faces.dataset }
stages:
  faces: { kind: load, inputs: { images: data/ }, onDemand: true }
  fit: { kind: train, inputs: { dataset: "\${params.faces}" }, with: { epochs: "\${params.epochs}" } }
`;

test('an included pipeline takes its parameters from the file that includes it, and stages named there are of that file', async () => {
  using project = new TestProject({ 'pipelines/base/net.yaml': net, 'pipelines/p.yaml': twice });
  const pipeline = value(await project.load(['params.epochs=4']));
  const of = (name: string) => {
    const { settings, inputs, onDemand } = stageOf(pipeline, name);
    const [item] = inputs[0]!.items;
    return [settings['epochs'], item!.from === 'stage' && item!.stage, onDemand];
  };
  assert.deepEqual(of('small/fit'), [1, 'faces', false]);
  assert.deepEqual(of('large/fit'), [4, 'faces', true]);
  assert.deepEqual(pipeline.warnings, []);
  const set = value(
    await project.load(['small/params.epochs=2', 'small/params.faces=faces.dataset']),
  );
  assert.equal(stageOf(set, 'small/fit').settings['epochs'], 2);
  const [ownItem] = stageOf(set, 'small/fit').inputs[0]!.items;
  assert.equal(ownItem!.from === 'stage' && ownItem!.stage, 'small/faces');
});

test('stages of an included pipeline also wait for those that the including file names', async () => {
  const files = (after: string) => ({
    'pipelines/mid.yaml': `include: { net: { file: net.yaml, after: faces } }
stages:
  faces: { kind: load, inputs: { images: data/ } }
`,
    'pipelines/net.yaml': `stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, after: faces }
`,
    'pipelines/p.yaml': `include: { mid: { file: mid.yaml, after: ${after} } }
params: { first: [faces] }
stages:
  faces: { kind: load, inputs: { images: data/ } }
`,
  });
  using project = new TestProject(files('"${params.first}"'));
  const pipeline = value(await project.load());
  const after = (name: string) => stageOf(pipeline, name).after;
  assert.deepEqual(after('mid/net/fit'), ['faces', 'mid/faces', 'mid/net/faces']);
  assert.deepEqual(
    [after('mid/net/faces'), after('mid/faces'), after('faces')],
    [['faces', 'mid/faces'], ['faces'], []],
  );
  using wrong = new TestProject(files('[fases, 3]'));
  const text = shownMistakes(await wrong.load());
  assert.match(text, /p\.yaml:1:43: error: Unknown stage "fases".*?Did you mean "faces"\?/s);
  assert.match(text, /p\.yaml:1:50: error: Expected the name of a stage in "after", got 3/);
});

test('a stage that is passed on through two files still belongs to the first one, with its axes', async () => {
  using project = new TestProject({
    'pipelines/base/net.yaml': net,
    'pipelines/mid.yaml':
      'include: { net: { file: base/net.yaml, params: { faces: "${params.data}" } } }\nparams: { data: none.dataset }\nstages: {}\n',
    'pipelines/p.yaml': `include: { mid: { file: mid.yaml, params: { data: sets.dataset } } }
stages:
  sets: { kind: load, matrix: { set: [a, b] }, inputs: { images: data/ }, with: { set: "\${matrix.set}" } }
`,
  });
  const pipeline = value(await project.load());
  const [first] = stageOf(pipeline, 'mid/net/fit[set=b]').inputs[0]!.items;
  assert.equal(first!.from === 'stage' && first!.stage, 'sets[set=b]');
});

test('mistakes in the parameters of an included pipeline are reported where they are written', async () => {
  using project = new TestProject({
    'pipelines/base/net.yaml': net,
    'pipelines/p.yaml': `include:
  sn: { file: base/net.yaml, params: { epoch: 1, faces: sn/fases.dataset } }
  no: { params: { epochs: 1 }, onDemnd: true }
`,
  });
  const text = shownMistakes(await project.load());
  assert.match(
    text,
    /p\.yaml:2:40: error: Unknown parameter "epoch" \[unknown-param\].*?Did you mean "epochs"\?/s,
  );
  assert.match(
    text,
    /error: Unknown stage "sn\/fases" \[unknown-stage\].*?Did you mean "sn\/faces"\?/s,
  );
  assert.match(text, /p\.yaml:3:\d+: error: Missing "include\.no\.file"/);
  assert.match(
    text,
    /p\.yaml:3:\d+: error: Unknown key "onDemnd" in "include\.no".*?Did you mean "onDemand"\?/s,
  );
});

test('an included pipeline that cannot be read is the only mistake, whatever reads its stages', async () => {
  using project = new TestProject({
    'pipelines/p.yaml': `include: { sn: none.yaml }
stages:
  a: { kind: train, inputs: { dataset: sn/faces.dataset }, with: { seed: "\${matrix.seed}" }, after: sn/net/fit }
  b:
    kind: train
    matrix: { set: [x, y], slot: { of: sn/fit, by: a.model, count: 1 } }
    inputs: { dataset: "sn/faces[set=\${matrix.set}].dataset" }
    with: { rate: "\${matrix.slot.rate}" }
`,
  });
  const text = shownMistakes(await project.load(['sn/params.epochs=1']));
  assert.match(
    text,
    /^pipelines\/p\.yaml:1:16: error: There is no file "pipelines\/none\.yaml" \[missing-file\]/,
  );
  assert.equal(text.match(/error:/g)?.length, 1, text);
});

test('an extended file that cannot be read is the only mistake, whatever changes its stages', async () => {
  using project = new TestProject({
    'pipelines/p.yaml':
      'extends: none.yaml\nstages: { fit: { with: { epochs: 2 }, inputs: { dataset: faces.dataset } } }\n',
  });
  const text = shownMistakes(await project.load());
  assert.match(
    text,
    /^pipelines\/p\.yaml:1:10: error: There is no file "pipelines\/none\.yaml" \[missing-file\]/,
  );
  assert.equal(text.match(/error:/g)?.length, 1, text);
});

test('a pipeline of an installed package is found below its pipelines, and what that file names beside it', async () => {
  using project = new TestProject({
    'node_modules/@x/faces/pipelines/base/faces.yaml': base,
    'node_modules/@x/faces/pipelines/experiments/long.yaml':
      'extends: ../base/faces.yaml\nparams: { epochs: 50 }\n',
    'pipelines/p.yaml':
      'extends: npm:@x/faces/experiments/long.yaml\ninclude: { short: npm:@x/faces/base/faces.yaml }\nparams: { epochs: 60 }\n',
  });
  const pipeline = value(await project.load());
  const epochs = ['fit', 'short/fit'].map((name) => stageOf(pipeline, name).settings['epochs']);
  assert.deepEqual(epochs, [60, 5]);
});

test('a pipeline of a package that is not installed, or has no such file, is reported where it is named', async () => {
  using project = new TestProject({
    'node_modules/faces/package.json': '{}',
    'pipelines/p.yaml': 'extends: [npm:nothing/a.yaml, npm:faces/a.yaml]\nstages: {}\n',
  });
  const text = shownMistakes(await project.load());
  assert.match(
    text,
    /p\.yaml:1:11: error: No package of "npm:nothing\/a\.yaml" is installed \[missing-file\]/,
  );
  assert.match(
    text,
    /p\.yaml:1:31: error: There is no file "node_modules\/faces\/pipelines\/a\.yaml" \[missing-file\]/,
  );
});

test('a file that Restage ships is named where its path alone, or a misspelt one in its package, is included', async () => {
  using project = new TestProject({
    'pipelines/p.yaml':
      'include:\n  a: experiments/simple-net-fakes.yaml\n  b: npm:restage/experiments/simple-net-fake.yaml\nstages: {}\n',
  });
  const text = shownMistakes(await project.load());
  assert.match(
    text,
    /Restage ships it: write "npm:restage\/experiments\/simple-net-fakes\.yaml"\./,
  );
  assert.match(text, /Did you mean "npm:restage\/experiments\/simple-net-fakes\.yaml"\?/);
});
