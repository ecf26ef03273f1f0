import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { compareWithPyTorch } from './support/compare-graph.ts';
import { assertSameScores, modelOfFile } from './support/exported-graph.ts';
import { checkOnnx, networkNames, noPyTorch, writeNetworks } from './support/pytorch.ts';

/** Networks that attention explains. */
const transformers: readonly string[] = ['vit_b_16', 'deit_tiny', 'vit_small'];

/** Why attention does not explain the others that have some. */
const mistakes: Readonly<Record<string, RegExp>> = {
  ...Object.fromEntries(transformers.map((name) => [name, /^$/])),
  swin_t:
    /^the attention "\S+" is not between all patches of the image, as in the windows of a Swin$/,
};

suite('networks of torchvision and timm as ONNX files', { skip: noPyTorch ?? false }, () => {
  before(() => selectBackend('onnxruntime', { threads: 2 }));
  for (const name of networkNames) {
    test(`${name}: scores, gradients by every parameter, first steps and maps of attention are PyTorch’s, and the export has its scores`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'onnx-networks-'));
      try {
        writeNetworks(folder, [name]);
        const agreement = await compareWithPyTorch(folder, name);
        const { scores, foldedScores, gradients, trainingGradients, noise } = agreement;
        assert.ok(Math.max(scores, foldedScores) < 1e-4, `scores ${scores}, ${foldedScores}`);
        assert.ok(gradients < 1e-3, `gradients ${gradients}`);
        // Where PyTorch is far from its own float64, so may this be.
        const most = Math.max(1e-3, 4 * noise);
        assert.ok(trainingGradients < most, `in training ${trainingGradients}, noise ${noise}`);
        assert.ok(agreement.statistics < 1e-4, `statistics ${agreement.statistics}`);
        const { sgd = 0, adam = 0 } = agreement;
        assert.ok(sgd < 1e-5, `a step of SGD ${sgd}`);
        assert.ok(adam < 1e-5, `a step of Adam ${adam}`);
        const { maps, attentionMistake = '' } = agreement;
        for (const [method, apart] of Object.entries(maps ?? {})) {
          assert.ok(apart < 1e-3, `${method} ${apart}`);
        }
        assert.equal(maps !== undefined, transformers.includes(name));
        assert.match(attentionMistake, mistakes[name] ?? /^it has no attention$/);
        const path = join(folder, `${name}.onnx`);
        const files = await modelOfFile(path, { imageSize: agreement.size });
        const exported = join(folder, 'exported.onnx');
        writeFileSync(exported, await assertSameScores(files));
        checkOnnx(exported);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
