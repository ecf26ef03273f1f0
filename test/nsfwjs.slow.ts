import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { inRepository } from './support/pages.ts';
import { Project } from './support/rig.ts';

const folder = inRepository('node_modules/nsfwjs');

/** Why the networks of `nsfwjs` are not here. No test needs them: this file alone reads them. */
const noPackage: string | undefined = whyNot();

function whyNot(): string | undefined {
  if (existsSync(join(folder, 'dist/models'))) return undefined;
  const why = 'nsfwjs is not installed: npm install --no-save nsfwjs@4.3.0';
  if (process.env['RESTAGE_NSFWJS'] === 'required') throw new Error(why);
  return why;
}

/** The channels of `mixed0` to `mixed10`. */
const channels = [256, 288, 288, 768, 768, 768, 768, 768, 1280, 2048, 2048];
const places = channels.map((_, i) => `mixed${i}`);

const faces = `stages:
  drawn: { kind: make-faces, with: { size: 96, images: { train: 6, val: 4, test: 2 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
`;

/** A project that has the package installed. */
function withPackage(yaml: string): Project {
  const project = new Project(yaml);
  mkdirSync(project.path('node_modules'));
  symlinkSync(folder, project.path('node_modules/nsfwjs'));
  return project;
}

suite('the networks of the optional package nsfwjs', { skip: noPackage ?? false }, () => {
  test('Inception V3 gives features at mixed0 to mixed10, and trains up to one of them', async () => {
    using project = withPackage(`${faces}  seen:
    kind: embed
    inputs: { dataset: faces.dataset }
    with: { pretrained: inception-v3-nsfwjs, scale: native, crop: 80, layers: [${places.join(', ')}] }
  head: { kind: linear, inputs: { features: seen.features } }
  whole: { kind: load-model, inputs: { head: head.model }, with: { pretrained: inception-v3-nsfwjs } }
  apart: { kind: evaluate, inputs: { model: head.model, features: seen.features }, with: { splits: [val], draws: 0 } }
  joined: { kind: evaluate, inputs: { model: whole.model, dataset: faces.dataset }, with: { splits: [val], draws: 0 } }
  fit:
    kind: train
    matrix: { cut: [mixed0, mixed4, mixed10] }
    inputs: { dataset: faces.dataset }
    with:
      pretrained: inception-v3-nsfwjs
      cut: "\${matrix.cut}"
      scale: native
      crop: 80
      freeze: backbone
      epochs: 1
`);
    const { outcomes, stdout, stderr } = await project.run();
    assert.deepEqual([...new Set(Object.values(outcomes))], ['ran'], stdout + stderr);
    const read = (path: string) => project.read(`artifacts/test/${path}`);
    const { values, of } = JSON.parse(read('seen/features/features.json'));
    assert.equal(
      values,
      channels.reduce((sum, count) => sum + count, 0),
    );
    assert.deepEqual(of.layers, places);
    const scores = (stage: string) =>
      read(`${stage}/scores.csv`)
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').slice(3, 5).map(Number));
    for (const [i, row] of scores('joined').entries()) {
      const wanted = scores('apart')[i]!;
      for (const [c, score] of row.entries()) {
        assert.ok(Math.abs(score - wanted[c]!) < 1e-3 * (1 + Math.abs(wanted[c]!)), `${score}`);
      }
    }
    for (const cut of ['mixed0', 'mixed4', 'mixed10']) {
      const { architecture, input } = JSON.parse(read(`fit@cut=${cut}/model/info.json`));
      assert.deepEqual(
        [architecture.cut, input.normalise],
        [cut, { mean: [0, 0, 0], deviation: [1, 1, 1] }],
      );
    }
  });

  test('MobileNet V2 is refused for its variances of zero', async () => {
    const models = 'npm:nsfwjs/dist/models/mobilenet_v2';
    using project = withPackage(`${faces}  fit:
    kind: train
    inputs:
      dataset: faces.dataset
      network: ${models}/model.min.js
      shards: [${models}/group1-shard1of1.min.js]
    with: { normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] }, epochs: 1 }
`);
    const { stderr } = await project.command('plan', 'test.yaml');
    const path = project.path('node_modules/nsfwjs/dist/models/mobilenet_v2/model.min.js');
    const message = `Expected variances above zero, got 9 of 32 that are not, in bn_Conv1/moving_variance of ${path}: the file is damaged by storing them as uint8.`;
    assert.ok(stderr.includes(`error: ${message} [unusable-file]`), stderr);
  });
});
