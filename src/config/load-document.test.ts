import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { shownMistakes, stageOf, TestProject, value } from './testing-kinds.ts';

const base = `params: { epochs: 5 }
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, with: { epochs: "\${params.epochs}", seed: 3 } }
`;

test('an extending file lays its keys upon those below, relative to where each file lies', async () => {
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

test('of several extended files the later wins', async () => {
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
  assert.match(shownMistakes(await project.load()), /^pipelines\/base\.yaml:4:95: error: Unknown key "sed" in "with"/);
});

test('files that extend or include each other in a cycle, and missing ones, are told where they are named', async () => {
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
  assert.match(text, /p\.yaml:1:19: error: There is no file "pipelines\/none\.yaml" \[missing-file\]/);
  assert.match(text, /p\.yaml:1:30: error: Expected a path or a list of paths for "extends", got 5/);
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
    stageOf(pipeline, 'fit').inputs.flatMap(({ items }) => items.map((item) => item.from === 'stage' && item.stage)),
    ['sn/faces', 'deep/net/fit'],
  );
  assert.deepEqual(stageOf(pipeline, 'fit').after, ['sn/fit']);
  assert.equal(stageOf(pipeline, 'sn/fit').inputs[0]!.items[0]!.from, 'stage');
  assert.equal(stageOf(pipeline, 'sn/fit').outputs[0]!.path, 'artifacts/p/sn/fit/model');
});
