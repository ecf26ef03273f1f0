import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noPyTorch } from './support/pytorch.ts';
import { Project } from './support/rig.ts';

/** The study with all its stages, as small as possible: its numbers mean nothing. */
const smallest = `
extends: npm:restage/experiments/collapse-study.yaml
params:
  rates: [0.001]
  seeds: [1]
  seedsOnFakes: [1]
  seedsAtReportSize: [1]
  seedsOfCures: [1]
  seedsLonger: [1]
  seedsInTorch: [1]
  imageSize: 56
  reportSize: 60
  epochs: 1
  longer: 2
  cut: 31
  count: { train: 40, val: 20, test: 20 }
  size: 60
  python: /usr/bin/python3
`;

test('the study of stuck trainings runs whole, with PyTorch from the same initial weights, and concludes', {
  skip: noPyTorch ?? false,
}, async () => {
  using project = new Project(smallest);
  const run = await project.run();
  assert.equal(run.code, 0, run.stderr);
  const text = project.read('artifacts/test/conclusion/document/summary.md');
  assert.doesNotMatch(text, /\{\{|undefined|NaN/);
  // One training cannot exclude a rate of 0.735, whatever became of them.
  assert.match(text, /\*\*This run cannot say\.\*\* The interval contains 0\.735\./);
  assert.match(
    text,
    /In PyTorch, from the same initial weights, .* of 1 trainings are stuck at 60 x 60 pixels/,
  );
  const lines = (path: string) => project.read(path).trimEnd().split('\n');
  // Odd: one more of the first class.
  const cut = lines('artifacts/collapse-study/cut.csv').filter((line) => line.endsWith(',train'));
  assert.deepEqual(
    ['real', 'fake'].map((name) => cut.filter((line) => line.includes(`,${name},`)).length),
    [16, 15],
  );
  const [header, ...shares] = lines('artifacts/test/by-rate/activity/shares.csv');
  assert.match(header!, /^rate,trainings,stuck,stuckShare,/);
  assert.deepEqual(
    shares.map((row) => row.split(',').slice(0, 2).join()),
    ['0.001,1'],
  );
});
