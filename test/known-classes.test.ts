import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { encodedNoise } from './support/noise-dataset.ts';

const splits = ['train', 'val', 'test'];
const imagesOf = (classes: readonly string[]) =>
  Object.fromEntries(
    splits.flatMap((split) => classes.map((name) => [`pets/${split}/${name}/1.jpg`, 'an image'])),
  );

const yaml = `
stages:
  pets: { kind: load-dataset, inputs: { images: ./pets } }
  fit: { kind: train, inputs: { dataset: pets.dataset }, with: { by: auc } }
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: pets.dataset } }
  roc: { kind: roc-det, inputs: { scores: [scores.scores, ./other.csv] } }
  ranking: { kind: competition, inputs: { models: [fit.model], scores: [scores.scores] } }
  errors: { kind: plot, inputs: { scores: [scores.scores] }, with: { chart: errors } }
  audit: { kind: audit, inputs: { dataset: pets.dataset } }
  best: { kind: select, inputs: { models: [fit.model], metrics: [scores.metrics] } }
  confusion: { kind: plot, inputs: { scores: [scores.scores] }, with: { chart: confusion } }
  curves: { kind: roc-det, inputs: { scores: [scores.scores] } }
`;

const wrong = async (project: Project) =>
  (await project.command('plan')).stderr
    .split('\n')
    .flatMap((line) => /^\S+:(\d+:\d+: error: .*)$/.exec(line)?.[1] ?? []);

test('a kind that needs two sides reports an input with more classes before anything runs', async () => {
  using project = new Project(yaml, imagesOf(['cat', 'dog', 'owl']));
  project.write('other.csv', 'key,split,label,score.cat,score.dog,score.owl\n1,test,cat,1,0,0\n');
  const ask =
    'error: expected "positive" to say which of the classes cat, dog, owl count as positive, as in positive: [dog, owl] [wrong-settings]';
  const askOne =
    'error: expected one of the 2 scores, since they are of 3 classes: name it, as in scores[seed=1].scores, or give ' +
    'this stage the same matrix. For the runs of one model, set over: [seed]; `restage compare` tests several models. For a detector, set positive: [dog, owl] [wrong-settings]';
  assert.deepEqual(await wrong(project), [
    `6:3: ${askOne}`,
    `7:3: ${ask}`,
    `8:68: ${ask}`,
    `9:3: ${ask}`,
  ]);

  for (const stage of ['roc', 'ranking', 'audit']) {
    const line = new RegExp(`(\\n  ${stage}: .*) }`).exec(project.read('pipelines/test.yaml'))![1]!;
    project.edit('pipelines/test.yaml', line, `${line}, with: { positive: [owl] }`);
  }
  project.edit('pipelines/test.yaml', 'chart: errors', 'chart: errors, positive: [owl]');
  assert.deepEqual(await wrong(project), []);

  project.edit('pipelines/test.yaml', 'by: auc', 'by: f1');
  project.edit(
    'pipelines/test.yaml',
    '[scores.metrics] }',
    '[scores.metrics] }, with: { by: recall }',
  );
  const only = (by: string) =>
    `error: expected a metric of 3 classes, got ${by}, which only two have [wrong-settings]`;
  assert.deepEqual(await wrong(project), [`4:70: ${only('f1')}`, `10:97: ${only('recall')}`]);

  project.edit('pipelines/test.yaml', 'by: recall', 'by: top3Accuracy');
  project.edit('pipelines/test.yaml', 'by: f1', 'by: auc');
  const more =
    'error: expected a metric of 3 classes, got top3Accuracy, which only 4 or more have [wrong-settings]';
  assert.deepEqual(await wrong(project), [`10:97: ${more}`]);
  project.edit('pipelines/test.yaml', 'by: top3Accuracy', 'by: macroF1');
  const evaluated = 'inputs: { model: fit.model, dataset: pets.dataset }';
  project.edit('pipelines/test.yaml', evaluated, `${evaluated}, with: { sliceBy: recall }`);
  assert.deepEqual(await wrong(project), [`5:99: ${only('recall')}`]);
});

test('neither two classes nor classes that are not known yet need a positive one', async () => {
  using project = new Project(yaml, imagesOf(['cat', 'dog']));
  project.write('other.csv', 'key,split,label,real,fake\n1,test,0,1,0\n');
  assert.deepEqual(await wrong(project), []);
  project.edit(
    'pipelines/test.yaml',
    '[scores.metrics] }',
    '[scores.metrics] }, with: { by: macroF1 }',
  );
  const message =
    'error: expected a metric of 2 classes, got macroF1, which only 3 or more have [wrong-settings]';
  assert.deepEqual(await wrong(project), [`10:97: ${message}`]);
  const shards = splits.flatMap((split) =>
    [1, 2, 3].map((i) => [`pets/${split}/part-${i}/${split}-0.parquet`, '']),
  );
  using packed = new Project(
    yaml,
    Object.fromEntries([...shards, ['other.csv', 'key,split,label,real,fake\n']]),
  );
  assert.deepEqual(await wrong(packed), []);
});

test('the sources of the training split are the classes of a model of sources', async () => {
  const methods = yaml
    .replace(
      'images: ./pets } }',
      'images: ./pets }, with: { classes: { real: cat, fake: [dog, owl] }, leaveOut: [] } }',
    )
    .replace('by: auc', 'target: source');
  using project = new Project(methods, imagesOf(['cat', 'dog', 'owl']));
  project.write('other.csv', 'key,split,label,real,fake\n1,test,0,1,0\n');
  assert.equal((await wrong(project)).length, 3); // not audit, which compares the two classes
  project.edit('pipelines/test.yaml', 'leaveOut: []', 'leaveOut: [owl]');
  assert.deepEqual(await wrong(project), []);
});

const layersYaml = `
stages:
  pets: { kind: load-dataset, inputs: { images: ./pets } }
  fit: { kind: train, inputs: { dataset: pets.dataset }, with: { model: { layers: [globalAveragePool, { dense: 2 }] } } }
`;

test('a list of layers that ends with fewer values than there are classes is refused before anything runs', async () => {
  using project = new Project(layersYaml, imagesOf(['cat', 'dog', 'owl']));
  const mistake =
    'error: expected 3 values at the end, for cat, dog, owl, but dense1 outputs 2 values [wrong-settings]';
  assert.deepEqual(await wrong(project), [`4:103: ${mistake}`]);
  project.edit('pipelines/test.yaml', 'dense: 2', 'dense: 3');
  assert.deepEqual(await wrong(project), []);
});

test('a class of a folder that does not exist is refused before anything runs, with what is there', async () => {
  using project = new Project(layersYaml, imagesOf(['cat', 'dog', 'owl']));
  const edit = (from: string, to: string) => project.edit('pipelines/test.yaml', from, to);
  edit(
    'images: ./pets }',
    'images: ./pets }, with: { classes: { cat: cat, others: [dog, wolf] } }',
  );
  const mistake =
    'error: expected a folder "wolf" of images in pets/train, pets/val, pets/test, got none. ' +
    'Known: owl. [wrong-settings]';
  assert.deepEqual(await wrong(project), [`3:76: ${mistake}`]);
  edit('wolf', 'ow1');
  assert.match(
    (await wrong(project))[0]!,
    /"ow1" .*, got none\. Did you mean "owl"\? \[wrong-settings\]$/,
  );
});

test('folders of classes without splits are refused before anything runs, with how to draw splits', async () => {
  using project = new Project(layersYaml, {
    'pets/camera/1.jpg': 'an image',
    'pets/gan/1.jpg': 'an image',
  });
  const mistake =
    'error: expected the split folders train, val, test in pets, but train, val and test are missing. ' +
    'The folders there: camera, gan. To draw splits from folders of classes, set `split: { train: 0.7, val: 0.15, test: 0.15 }`. [wrong-settings]';
  assert.deepEqual(await wrong(project), [`3:3: ${mistake}`]);
  project.edit(
    'pipelines/test.yaml',
    './pets }',
    './pets }, with: { split: { train: 0.7, val: 0.15, test: 0.15 } }',
  );
  assert.deepEqual(await wrong(project), []);
});

test('slices are columns of a list, or of shards; folders of images have none', async () => {
  const sliced = layersYaml.replace(
    'images: ./pets }',
    'images: ./pets }, with: { slices: [camera] }',
  );
  using folders = new Project(sliced, imagesOf(['cat', 'dog']));
  const mistake =
    'error: `slices` are columns of the input `list`, or of shards, and there are neither [wrong-settings]';
  assert.deepEqual(await wrong(folders), [`3:75: ${mistake}`]);

  const png = (await encodedNoise(1)).toString('base64');
  using shards = new Project(sliced, { 'pets/a.png.base64': png });
  const records = ['cat', 'dog'].map((label, i) =>
    JSON.stringify({ label, camera: `camera ${i}` }),
  );
  const write = [
    'cd pets && base64 -d a.png.base64 > 0.png && cp 0.png 1.png && rm a.png.base64',
    ...records.map((record, i) => `printf '%s' '${record}' > ${i}.json`),
    'for split in train val test; do tar -cf $split.tar 0.png 0.json 1.png 1.json; done; rm *.png *.json',
  ];
  execFileSync('sh', ['-c', write.join(' && ')], { cwd: shards.root });
  assert.deepEqual(await wrong(shards), []);
  const { code, stderr } = await shards.command('run', 'test.yaml', 'pets');
  assert.equal(code, 0, stderr);
  const samples = JSON.parse(shards.read('artifacts/test/pets/dataset/train/samples.json')) as {
    slices: unknown;
  }[];
  assert.deepEqual(
    samples.map(({ slices }) => slices),
    [{ camera: 'camera 0' }, { camera: 'camera 1' }],
  );
});
