import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf } from '../../test/support/golden.ts';
import { smallOnnx } from '../../test/support/small-onnx.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const model = {
  layers: [
    { conv: 4, kernel: 3, stride: 2 },
    'relu',
    {
      residual: [{ separableConv: 8, padding: 'same' }],
      shortcut: [{ conv: 8, kernel: 1 }],
      name: 'block',
    },
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
  assert.deepEqual(
    { features, additions, head: parameters.head },
    { features: 8, additions: 1, head: 18 },
  );
  assert.equal(parameters.backbone, backbone);
  assert.deepEqual(text('layers').split('\n').slice(0, 4), [
    'layer,residual block,path,does,output,parameters,multiply-adds',
    'conv1,,through,"conv 3 x 3, stride 2, relu",8 x 8 x 4,112,6912',
    'sepconv1,block,through,"separable conv 3 x 3, same",8 x 8 x 8,76,4352',
    'conv2,block,around,conv 1 x 1,8 x 8 x 8,40,2048',
  ]);
  assert.deepEqual(readdirSync(bench.output('drawing')), ['network.png', 'network.svg']);
  const digest = digestOf(
    bench.output('metrics', spec.outputs['metrics']),
    bench.output('layers', spec.outputs['layers']),
  );
  assert.deepEqual({ version: spec.version, digest }, { version: 5, digest: 'e1666b10a58d21bb' });
});

test('Xception of a thousand classes and the study’s network on it have the counts that are published', async () => {
  using bench = new StageBench();
  const count = async (settings: object) => {
    await bench.run(spec, run, { with: settings });
    return JSON.parse(readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'));
  };
  const xception = await count({ model: 'xception', classes: 1000 });
  const based = await count({ model: 'xception-based' });
  assert.equal(xception.parameters.learnable, 22_855_952);
  assert.equal(based.parameters.learnable, 23_128_786);
  assert.deepEqual([xception.features, based.features], [2048, 2048]);
});

test('the network of an ONNX file is listed by its nodes, and drawn by its modules', async () => {
  using bench = new StageBench();
  const onnx = join(bench.root, 'net.onnx');
  writeFileSync(onnx, smallOnnx());
  await bench.run(spec, run, { inputs: { onnx }, with: { title: 'Small' } });
  const text = (port: string) => readFileSync(bench.output(port, spec.outputs[port]), 'utf8');
  const learnable = 12 + 2 * (16 + 4) + (8 + 2);
  assert.deepEqual(JSON.parse(text('metrics')), {
    parameters: { learnable, movingStatistics: 0 },
    multiplyAdds: 64 * 12 + 2 * 64 * 16 + 4 * 2,
  });
  assert.deepEqual(text('layers').split('\n').slice(0, 5), [
    'layer,does,output,parameters,multiply-adds',
    'conv1,Conv,8 x 8 x 4,12,768',
    'layer1.0.conv,Conv,8 x 8 x 4,20,1024',
    'layer1/layer1.0/relu/Relu,Relu,8 x 8 x 4,0,0',
    'layer1/layer1.0/Add,Add,8 x 8 x 4,0,0',
  ]);
  assert.equal(bench.logs.at(-1), '62 learnable parameters; 2,824 multiply-adds an image');
  const drawing = readFileSync(join(bench.output('drawing'), 'network.svg'), 'utf8');
  const names = [...drawing.matchAll(/font-weight="[^"]+"[^>]*>([^<]+)</g)].map(([, name]) => name);
  assert.deepEqual(names, ['Small at 8 x 8', 'conv1', 'layer1.0', 'layer1.1', 'pool', 'fc']);
});

test('a list of layers ends as it is written, so it takes no number of classes', () => {
  assert.deepEqual(spec.check!(spec.settings.parse({ model, classes: 3 }), new Set()), [
    {
      at: ['classes'],
      message: 'expected none beside a list of layers, which ends as it is written',
    },
  ]);
});

test('a network that is too deep for its images is refused before anything runs', () => {
  const mistakes = spec.check!(spec.settings.parse({ model: 'my-net', imageSize: 64 }), new Set());
  assert.deepEqual(mistakes, [
    { at: ['imageSize'], message: 'expected an image size of at least 154 for my-net, got 64' },
  ]);
});
