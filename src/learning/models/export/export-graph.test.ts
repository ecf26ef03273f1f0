import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertSameScores, modelOfFile } from '../../../../test/support/exported-graph.ts';
import { linearCongruential } from '../../../../test/support/linear-congruential.ts';
import { node } from '../../../../test/support/onnx-node.ts';
import {
  encodeModel,
  type OnnxInitializer,
  type OnnxNode,
} from '../../../backend/lowering/onnx-writer.ts';
import { selectBackend } from '../../../backend/select/select-backend.ts';
import type { ModelFiles } from '../model-files.ts';
import { checkExport } from './check-export.ts';
import { exportGraph } from './export-graph.ts';

const folder = mkdtempSync(join(tmpdir(), 'export-graph-'));
before(() => selectBackend('cpu', { threads: 1 }));
after(() => rmSync(folder, { recursive: true }));

const size = 4;
const form = { layout: 'NCHW', softmax: false } as const;

function floats(name: string, shape: readonly number[]): OnnxInitializer {
  const length = shape.reduce((product, each) => product * each, 1);
  return { name, type: 'float32', shape, data: linearCongruential(length)(length, 1) };
}

const ints = (
  name: string,
  values: readonly number[],
  shape = [values.length],
): OnnxInitializer => ({
  name,
  type: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
});

/** A file of these nodes up to `features`, with a head for two classes. */
async function begun(
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxInitializer[],
): Promise<ModelFiles> {
  const path = join(folder, 'net.onnx');
  const inputs = [{ name: 'image', type: 'float32', shape: ['batch', 3, size, size] }] as const;
  const outputs = [{ name: 'features', type: 'float32' }] as const;
  writeFileSync(path, encodeModel({ nodes, initializers, inputs, outputs }));
  return await modelOfFile(path, { imageSize: size, cut: 'features' });
}

/** A patch embedding, a class token, and one block of attention, as PyTorch writes them. */
const transformer = [
  node('Conv', ['image', 'patch.weight', 'patch.bias'], 'patches', {
    strides: [2, 2],
    kernel_shape: [2, 2],
  }),
  node('Reshape', ['patches', 'flat'], 'flattened'),
  node('Transpose', ['flattened'], 'tokens', { perm: [0, 2, 1] }),
  node('Shape', ['image'], 'lengths'),
  node('Gather', ['lengths', 'first'], 'count'),
  node('Concat', ['count', 'one'], 'target', { axis: 0 }),
  node('Expand', ['embed.token', 'target'], 'token'),
  node('Concat', ['token', 'tokens'], 'all', { axis: 1 }),
  node('Add', ['all', 'embed.positions'], 'placed'),
  node('LayerNormalization', ['placed', 'norm.weight', 'norm.bias'], 'normed', { axis: -1 }),
  node('Transpose', ['attention.qkv.weight'], 'turned', { perm: [1, 0] }),
  node('MatMul', ['normed', 'turned'], 'product'),
  node('Add', ['attention.qkv.bias', 'product'], 'qkv'),
  node('Reshape', ['qkv', 'heads'], 'shared'),
  node('Transpose', ['shared'], 'ordered', { perm: [2, 0, 3, 1, 4] }),
  node('Gather', ['ordered', 'q'], 'query', { axis: 0 }),
  node('Gather', ['ordered', 'k'], 'key', { axis: 0 }),
  node('Gather', ['ordered', 'v'], 'value', { axis: 0 }),
  node('Transpose', ['key'], 'keys', { perm: [0, 1, 3, 2] }),
  node('MatMul', ['query', 'keys'], 'scores'),
  node('Softmax', ['scores'], 'shares', { axis: -1 }),
  node('MatMul', ['shares', 'value'], 'sums'),
  node('Transpose', ['sums'], 'back', { perm: [0, 2, 1, 3] }),
  node('Reshape', ['back', 'joined'], 'mixed'),
  node('Mul', ['scale.gamma', 'mixed'], 'scaled'),
  node('Add', ['placed', 'scaled'], 'block'),
  node('Gather', ['block', 'q'], 'features', { axis: 1 }),
];
const weights = [
  floats('patch.weight', [4, 3, 2, 2]),
  floats('patch.bias', [4]),
  ints('flat', [0, 4, -1]),
  ints('first', [0]),
  ints('one', [1, 4]),
  floats('embed.token', [1, 1, 4]),
  floats('embed.positions', [1, 5, 4]),
  floats('norm.weight', [4]),
  floats('norm.bias', [4]),
  floats('attention.qkv.weight', [12, 4]),
  floats('attention.qkv.bias', [12]),
  ints('heads', [0, 5, 3, 2, 2]),
  ints('q', [0], []),
  ints('k', [1], []),
  ints('v', [2], []),
  ints('joined', [0, 5, 4]),
  floats('scale.gamma', [4]),
];

test('a transformer from an ONNX file is exported with its class token, its chosen rows and the names of its weights', async () => {
  const files = await begun(transformer, weights);
  await assertSameScores(files);
  const text = Buffer.from(exportGraph(files, {}, form)).toString('latin1');
  for (const { name, type } of weights) if (type === 'float32') assert.ok(text.includes(name));
});

test('what a network with windows, layer scale, PRelu and resizing has is exported as it computes', async () => {
  const files = await begun(
    [
      node('Conv', ['image', 'stem.weight'], 'stem', { kernel_shape: [1, 1] }),
      node('PRelu', ['stem', 'act.weight'], 'active'),
      node('Resize', ['active', '', '', 'sizes'], 'larger', {
        mode: 'linear',
        coordinate_transformation_mode: 'half_pixel',
      }),
      node('Resize', ['larger', '', 'scales'], 'largest', {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
      node('Mul', ['largest', 'block.gamma'], 'scaled'),
      // Windows of Swin are shifted by parts put together in another order.
      node('Slice', ['scaled', 'two', 'many', 'axis'], 'end'),
      node('Slice', ['scaled', 'zero', 'two', 'axis'], 'start'),
      node('Concat', ['end', 'start'], 'rolled', { axis: 2 }),
      node('Gather', ['rolled', 'some'], 'chosen', { axis: 3 }),
      node('Unsqueeze', ['chosen', 'two'], 'unsqueezed'),
      node('Squeeze', ['unsqueezed', 'two'], 'squeezed'),
      node('Flatten', ['squeezed'], 'features', { axis: 1 }),
    ],
    [
      floats('stem.weight', [4, 3, 1, 1]),
      floats('act.weight', [4, 1, 1]),
      ints('sizes', [1, 4, 6, 6]),
      { name: 'scales', type: 'float32', shape: [4], data: Float32Array.of(1, 1, 2, 2) },
      floats('block.gamma', [4, 1, 1]),
      ints('zero', [0]),
      ints('two', [2]),
      ints('many', [2 ** 31 - 1]),
      ints('axis', [2]),
      ints('some', [0, 3, 5]),
    ],
  );
  await assertSameScores(files);
});

test('an exported file that does not load, or computes something else, fails the stage with the reason', async () => {
  const files = await begun(transformer, weights);
  const message = (bytes: Uint8Array) =>
    checkExport(bytes, files, form).then(
      () => '',
      (error: Error) => error.message,
    );
  const bytes = exportGraph(files, {}, form);
  assert.equal(await message(bytes), '');
  const softmax = { ...form, softmax: true };
  await checkExport(exportGraph(files, {}, softmax), files, softmax);
  assert.match(
    await message(bytes.slice(0, 500)),
    /^Expected model\.onnx to load and run in ONNX Runtime, but it does not: .+ This is a fault of `export`, not of the model: please report it with the stage’s model\.$/,
  );
  const others = await begun(transformer, [...weights.slice(0, -1), floats('scale.gamma', [1])]);
  assert.match(
    await message(exportGraph(others, {}, form)),
    /^Expected model\.onnx with the scores of the network, but for two images of noise they differ by up to [\d.]+, where the largest is [\d.]+\. This is a fault of `export`, not of the model: please report it with the stage’s model\.$/,
  );
});
