import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

const yaml = `
stages:
  drawn: { kind: make-faces, with: { size: 64, images: { train: 8, val: 6, test: 6 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with:
      epochs: 1
      imageSize: 32
      model: { layers: [{ conv: 4, stride: 2 }, relu, globalAveragePool, { dense: 2 }] }
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  curves: { kind: plot, inputs: { history: [fit.history] } }
  roc: { kind: roc-det, inputs: { scores: scores.scores } }
`;

test('a network is trained, measured and drawn where there is nothing beside Node: no other program can be found', async () => {
  using project = new Project(yaml, { 'programs/README': '' });
  symlinkSync(process.execPath, project.path('programs/node'));
  symlinkSync('/bin/sh', project.path('programs/sh'));
  project.env['PATH'] = project.path('programs');
  project.env['HOME'] = project.path('home');
  // Nothing is fetched.
  project.env['http_proxy'] = project.env['https_proxy'] = 'http://127.0.0.1:9';
  const { code, outcomes, stderr } = await project.run();
  assert.equal(code, 0, stderr);
  assert.deepEqual(new Set(Object.values(outcomes)), new Set(['ran']));
  for (const file of [
    'fit/model/model.json',
    'roc/roc/chart.svg',
    'curves/chart/chart.png',
    'report.html',
  ]) {
    assert.ok(project.has(`artifacts/test/${file}`), file);
  }
  assert.ok(!project.has('home/.cache/Microsoft'), "ONNX Runtime's telemetry");
});
