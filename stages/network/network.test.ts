import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { digestOf } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const model = {
  layers: [
    { conv: 4, kernel: 3, stride: 2 },
    'relu',
    { residual: [{ separableConv: 8, padding: 'same' }], shortcut: [{ conv: 8, kernel: 1 }], name: 'block' },
    'globalAveragePool',
    { dense: 2 },
  ],
};

test('a network is counted and drawn without training, its layers listed by the way that an image takes', async () => {
  using bench = new StageBench();
  await bench.run(spec, run, { with: { model, imageSize: 17, title: 'Tiny' } });
  const text = (port: string) => readFileSync(bench.output(port, spec.outputs[port]), 'utf8');
  const { parameters, features, additions } = JSON.parse(text('metrics'));
  const backbone = 3 * 9 * 4 + 4 + (4 * 9 + 4 * 8 + 8) + (4 * 8 + 8);
  assert.deepEqual({ features, additions, head: parameters.head }, { features: 8, additions: 1, head: 18 });
  assert.equal(parameters.backbone, backbone);
  assert.deepEqual(text('layers').split('\n').slice(0, 4), [
    'layer,residual block,way,does,leaves,parameters,multiply-adds',
    'conv1,,through,"conv 3 x 3, stride 2, relu",8 x 8 x 4,112,6912',
    'sepconv1,block,through,"separable conv 3 x 3, same",8 x 8 x 8,76,4352',
    'conv2,block,around,conv 1 x 1,8 x 8 x 8,40,2048',
  ]);
  assert.deepEqual(readdirSync(bench.output('drawing')), ['network.png', 'network.svg']);
  const digest = digestOf(
    bench.output('metrics', spec.outputs['metrics']),
    bench.output('layers', spec.outputs['layers']),
  );
  assert.deepEqual({ version: spec.version, digest }, { version: 2, digest: '95fb62fdf47a161f' });
});

test('a network that is too deep for its images is told before anything runs', () => {
  const mistakes = spec.check!(spec.settings.parse({ model: 'my-net', imageSize: 64 }), new Set());
  assert.deepEqual(mistakes, [{ at: ['imageSize'], message: 'expected at least 154 for my-net, got 64' }]);
});
