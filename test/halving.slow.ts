import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

const fit = (matrix: string, axis: string, epochs: number | string) => `
    kind: train
    matrix: ${matrix}
    inputs: { dataset: faces.dataset }
    with:
      imageSize: 56
      batchSize: 8
      epochs: ${epochs}
      trainValues: running
      by: auc
      optimizer: { kind: adam, learningRate: "\${matrix.${axis}.rate}" }
      schedule: { kind: cosine, epochs: 3 }
`;
const drawn = '{ n: { rate: { logUniform: [1e-4, 1e-2] }, count: 3 } }';
const faces = `
stages:
  made: { kind: make-faces, with: { size: 64, images: { train: 8, val: 6, test: 6 } } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
`;
const halving = `${faces}
  first: ${fit(drawn, 'n', 1)}
  scores: { kind: evaluate, inputs: { model: first.model, dataset: faces.dataset }, with: { splits: [val] } }
  best: { kind: select, inputs: { models: [first.model], metrics: [scores.metrics] }, with: { by: auc, count: 2 } }
  last: ${fit('{ slot: { of: first, by: best.choice, count: 2 } }', 'slot', 3)}
  tests: { kind: evaluate, inputs: { model: last.model, dataset: faces.dataset }, with: { splits: [val, test] } }
  rates: { kind: table, inputs: { metrics: [tests.metrics] }, with: { values: [test.auc], settings: [slot.rate] } }
  winner: { kind: select, inputs: { models: [last.model], metrics: [tests.metrics] }, with: { by: auc } }
`;

test('a slot continues the training of its candidate, to the bytes of an uninterrupted training', async () => {
  using project = new Project(halving);
  const { code, events, stdout, stderr } = await project.run();
  assert.equal(code, 0, stdout + stderr);
  const { ranking } = JSON.parse(project.read('artifacts/test/best/choice.json'));
  const infosOf = (stage: string) =>
    events.flatMap((event) =>
      event.type === 'info' && event.stage === stage ? [event.message] : [],
    );
  for (const slot of [1, 2]) {
    assert.deepEqual(infosOf(`last[slot=${slot}]`), [
      `slot ${slot} holds n ${ranking[slot - 1].n}`,
      'resumes after epoch 1 of 3, from a checkpoint',
    ]);
  }

  using whole = new Project(`${faces}\n  all: ${fit(drawn, 'n', 3)}`);
  assert.equal((await whole.run()).code, 0);
  for (const [index, { n }] of ranking.slice(0, 2).entries()) {
    for (const file of ['model/weights.bin', 'model/info.json', 'history.json']) {
      const slot = project.path(`artifacts/test/last@slot=${index + 1}`, file);
      const wholeFile = whole.path(`artifacts/test/all@n=${n}`, file);
      assert.deepEqual(readFileSync(slot), readFileSync(wholeFile), `${file} of slot ${index + 1}`);
    }
  }

  const rateOf = (slot: number) =>
    JSON.parse(project.read(`artifacts/test/last@slot=${slot}/model/info.json`)).training.optimizer
      .learningRate;
  const [header, ...rows] = project.read('artifacts/test/rates/table.csv').trim().split(/\r?\n/);
  assert.equal(header, 'slot,slot.rate,test.auc');
  assert.deepEqual(
    rows.map((row) => Number(row.split(',')[1])),
    [1, 2].map(rateOf),
  );
  const page = project.read('artifacts/test/report.html');
  assert.match(page, new RegExp(`train, slot 1: n ${ranking[0].n}<`));
  assert.match(page, /Candidates by auc, and how far each went/);
  assert.match(page, /stopped after first: place \d of 3, the first 2 went on/);
  assert.match(
    page,
    /The rungs took .* together\. Training all 3 candidates to the end would take about/,
  );
  assert.match(page, /<th scope="row">winner<\/th>.*tests\[slot=/s);
  assert.match(
    (await project.command('plan', 'test')).stdout,
    /up to date {2}last\[slot=1\] +rate 0\.0/,
  );
});

const searched = `${faces}
  search:
    kind: search
    inputs: { metrics: [scores.metrics] }
    with:
      by: val.auc
      space: { rate: { logUniform: [1e-4, 1e-2] } }
      halving: { resource: epochs, most: 3 }
  fit: ${fit('{ trial: { by: search.trial, count: 4 } }', 'trial', '"${matrix.trial.epochs}"')}
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset }, with: { splits: [val] } }
`;

test('a trial that a search takes further resumes from the checkpoint, to the bytes of an uninterrupted training', async () => {
  using project = new Project(searched);
  const { code, events, stdout, stderr } = await project.run();
  assert.equal(code, 0, stdout + stderr);
  const proposalOf = (trial: number) =>
    JSON.parse(project.read(`artifacts/test/search@trial=${trial}/trial.json`));
  const { values, continues } = proposalOf(4);
  assert.deepEqual(values, { ...proposalOf(continues).values, epochs: 3 });
  const resumed = events.flatMap((event) =>
    event.type === 'info' && event.message.startsWith('resumes') ? [event] : [],
  );
  assert.deepEqual(
    resumed.map(({ stage, message }) => [stage, message]),
    [['fit[trial=4]', 'resumes after epoch 1 of 3, from a checkpoint']],
  );
  using whole = new Project(
    `${faces}\n  fit: ${fit(`{ trial: [{ rate: ${values.rate} }] }`, 'trial', '3')}`,
  );
  assert.equal((await whole.run()).code, 0);
  const [member] = whole.files('artifacts/test').filter((path) => path.endsWith('history.json'));
  for (const file of ['model/weights.bin', 'history.json']) {
    assert.deepEqual(
      readFileSync(project.path('artifacts/test/fit@trial=4', file)),
      readFileSync(whole.path('artifacts/test', member!, '..', file)),
      file,
    );
  }
});
