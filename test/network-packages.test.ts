import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { inRepository } from './support/pages.ts';
import { Project } from './support/rig.ts';
import { smallOnnx } from './support/small-onnx.ts';
import { writeTintedDataset } from './support/tinted-dataset.ts';

test('the network of an installed package is listed and loaded by npm:package/path', async () => {
  using project = new Project(
    `stages:
  layers: { kind: network, inputs: { network: npm:networks/models/small.onnx } }
  loaded:
    kind: load-model
    inputs: { onnx: npm:networks/models/small.onnx }
    with: { classes: [real, fake], preprocessing: timm, imageSize: 8 }
`,
    {
      'node_modules/networks/package.json': '{"name": "networks", "version": "1.0.0"}',
      'node_modules/networks/models/small.onnx': '',
    },
  );
  writeFileSync(project.path('node_modules/networks/models/small.onnx'), smallOnnx());
  const { code, stdout, stderr } = await project.run();
  assert.equal(code, 0, stdout + stderr);
  assert.match(project.read('artifacts/test/layers/layers.csv'), /^fc,Gemm,2 values,10,8$/m);
  const info = JSON.parse(project.read('artifacts/test/loaded/model/info.json'));
  assert.deepEqual([info.classes, info.input.size], [['real', 'fake'], 8]);
});

const skip = existsSync(inRepository('node_modules/nsfwjs')) && 'nsfwjs is installed here';

test('a published network says which package to install, where it is absent', {
  skip,
}, async () => {
  using project = new Project(`stages:
  seen:
    kind: embed
    inputs: { dataset: data/faces }
    with: { pretrained: inception-v3-nsfwjs, splits: [val] }
`);
  await writeTintedDataset(project.path('data/faces'), { val: 2 });
  const { code, messages } = await project.run();
  assert.deepEqual(
    [code, messages],
    [
      1,
      {
        seen: 'Expected the optional package nsfwjs beside the project, which is not installed: npm install nsfwjs@4.3.0.',
      },
    ],
  );
});
