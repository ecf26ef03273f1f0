import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertClose } from '../../../../test/support/assert-close.ts';
import { node } from '../../../../test/support/onnx-node.ts';
import {
  encodeModel,
  type OnnxInitializer,
  type OnnxNode,
} from '../../../backend/lowering/onnx-writer.ts';
import { selectBackend } from '../../../backend/select/select-backend.ts';
import { openGraph, wholeNetwork } from '../graph-network.ts';
import { outputOf } from '../model-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'graph-'));
before(() => selectBackend('cpu', { threads: 1 }));
after(() => rmSync(folder, { recursive: true }));

const floats = (name: string, shape: readonly number[], values: readonly number[]) =>
  ({ name, type: 'float32', shape, data: Float32Array.from(values) }) as const;
const ints = (name: string, values: readonly number[]) =>
  ({
    name,
    type: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  }) as const;

/** Opens a file with these nodes, from images of 2 x 2 to `logits`. */
async function network(
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxInitializer[] = [],
  batch: number | string = 'batch',
  side: number | string = 2,
) {
  const path = join(folder, 'net.onnx');
  const inputs = [{ name: 'image', type: 'float32', shape: [batch, 3, side, side] }] as const;
  const outputs = [{ name: 'logits', type: 'float32' }] as const;
  writeFileSync(path, encodeModel({ nodes, initializers, inputs, outputs }));
  return await wholeNetwork(openGraph(path), 2);
}

const messageOf = (opened: Promise<unknown>) =>
  opened.then(
    () => '',
    (error: Error) => error.message,
  );

test('a node without gradients is named with its operator', async () => {
  const pooled = node('GlobalAveragePool', ['image'], 'pooled');
  assert.equal(
    await messageOf(network([pooled, node('Det', ['pooled'], 'logits')])),
    'Expected a network whose operators have gradients here, but the node "logits" of net.onnx is Det, which has none: docs/onnx-operators.md lists those that do; export it with these, or cut the network before it.',
  );
  const reflected = node('Pad', ['image', 'pads'], 'logits', { mode: 'reflect' });
  assert.equal(
    await messageOf(network([reflected], [ints('pads', [0, 0, 1, 1, 0, 0, 1, 1])])),
    'Expected a network whose operators have gradients here, but the node "logits" of net.onnx is Pad with the mode reflect. Export it in another form, or cut the network before it.',
  );
});

test('an operator without gradients is named before a node that only prepares its input', async () => {
  const nodes = [
    node('Shape', ['image'], 'lengths'),
    node('ConstantOfShape', ['lengths'], 'grid'),
    node('GridSample', ['image', 'grid'], 'logits'),
  ];
  assert.equal(
    await messageOf(network(nodes)),
    'Expected a network whose operators have gradients here, but the node "logits" of net.onnx is GridSample, which has none: docs/onnx-operators.md lists those that do; export it with these, or cut the network before it.',
  );
});

test('a file that leaves the size free says so where images do not fit', async () => {
  const nodes = [node('Reshape', ['image', 'shape'], 'logits')];
  assert.equal(
    await messageOf(network(nodes, [ints('shape', [-1, 27])], 'batch', 'side')),
    'Expected a network whose operators have gradients here, but the node "logits" of net.onnx is Reshape with another number of elements than images x 3 x 2 x 2. net.onnx leaves the size of images free: if 2 pixels a side do not fit, set imageSize to the size that the network was trained with. Otherwise export it in another form, or cut the network before it.',
  );
});

test('a file of another type, or of several outputs, says what to export', async () => {
  const path = join(folder, 'other.onnx');
  const encoded = (...names: readonly string[]) => {
    const nodes = names.map((name) => node('Identity', ['image'], name));
    const inputs = [{ name: 'image', type: 'float32', shape: [1, 3, 2, 2] }] as const;
    const outputs = names.map((name) => ({ name, type: 'float32' }) as const);
    return Buffer.from(encodeModel({ nodes, initializers: [], inputs, outputs }));
  };
  const opening = (bytes: Uint8Array) => () => {
    writeFileSync(path, bytes);
    return openGraph(path);
  };
  // The input's type, field 1 before the shape, is 10 where it is float16.
  const half = encoded('logits');
  half[half.indexOf(Uint8Array.of(8, 1, 18)) + 1] = 10;
  assert.throws(opening(half), {
    message:
      'Expected images of float32, but "image" of other.onnx is float16: export the network in float32 (in PyTorch: model.float() before the export).',
  });
  await assert.rejects(wholeNetwork(opening(encoded('a', 'b'))(), 2), {
    message:
      'Expected one output of other.onnx, or one called logits, got a, b. Export the network with the output of its classifier alone, or call that one logits (in PyTorch: output_names).',
  });
});

test('a weight that two nodes use is refused, since its gradient would be incomplete', async () => {
  const nodes = [
    node('Flatten', ['image'], 'flat', { axis: 1 }),
    node('Gemm', ['flat', 'w'], 'hidden'),
    node('Gemm', ['hidden', 'w'], 'logits'),
  ];
  const values = Array.from({ length: 144 }, (_, i) => i / 144);
  assert.equal(
    await messageOf(network(nodes, [floats('w', [12, 12], values)])),
    'Expected every weight of net.onnx in one node, but "w" is in "hidden" and "logits": networks that use a weight twice do not train here.',
  );
});

test('a node that stands before its input, or makes a tensor again, is refused', async () => {
  assert.equal(
    await messageOf(network([node('Identity', ['logits'], 'logits')])),
    'Expected every node of net.onnx after those whose outputs it takes, but the node "logits" takes "logits", which no earlier node makes: export it again.',
  );
  const again = [node('Relu', ['image'], 'logits'), node('Relu', ['logits'], 'image')];
  assert.equal(
    await messageOf(network(again)),
    'Expected every tensor of net.onnx to be made once, but the node "image" makes "image" again: export it again.',
  );
});

/** Relu after Relu. */
const chain = (length: number) =>
  Array.from({ length }, (_, i) =>
    node('Relu', [i === 0 ? 'image' : `x${i}`], i === length - 1 ? 'logits' : `x${i + 1}`),
  );

test('a file with more nodes or layers than tfjs can walk is refused', async () => {
  assert.equal(
    await messageOf(network(chain(2001))),
    'Expected at most 2000 layers of net.onnx, got more: cut the network earlier.',
  );
  assert.equal(
    await messageOf(network(chain(20_001))),
    'Expected at most 20000 nodes of net.onnx, got 20001: simplify it, for example with onnxsim.',
  );
});

test('a weight that is squared again and again is refused where it comes twice', async () => {
  const squares = Array.from({ length: 40 }, (_, i) =>
    node('Mul', [`w${i}`, `w${i}`], `w${i + 1}`),
  );
  const nodes = [...squares, node('Add', ['image', 'w40'], 'logits')];
  assert.equal(
    await messageOf(network(nodes, [floats('w0', [2], [1, 2])])),
    'Expected a network whose operators have gradients here, but the node "logits" of net.onnx is Add with the weight "w0" twice, which does not train here. Export it in another form, or cut the network before it.',
  );
});

test('a layer has at most 1000 weights and operations on weights', async () => {
  const negated = Array.from({ length: 1000 }, (_, i) => node('Neg', [`w${i}`], `w${i + 1}`));
  const nodes = [...negated, node('Add', ['image', 'w1000'], 'logits')];
  assert.equal(
    await messageOf(network(nodes, [floats('w0', [2], [1, 2])])),
    'Expected a network whose operators have gradients here, but the node "logits" of net.onnx is Add with more than 1000 weights and operations on weights. Export it in another form, or cut the network before it.',
  );
});

test('a file that asks for gigabytes of constants is refused before they are computed', async () => {
  const added = node('Add', ['image', 'w'], 'logits');
  const doubled = Array.from({ length: 30 }, (_, i) =>
    node('Concat', [`w${i}`, `w${i}`], i === 29 ? 'w' : `w${i + 1}`, { axis: 0 }),
  );
  const rows = { ...ints('rows', Array(9000).fill(1)), shape: [9000, 1] };
  const columns = { ...ints('columns', Array(9000).fill(1)), shape: [1, 9000] };
  const filling = (value: OnnxInitializer) =>
    node('ConstantOfShape', ['many'], 'w', { value: { tensor: value } });
  const many = ints('many', [100_000_000]);
  const one = { ...ints('one', [1]), shape: [] };
  const limit = { ...many, shape: [] };
  const number = floats('number', [], [1]);
  const refusal = (operator: string, size: number, name = 'w') =>
    `Expected a network whose operators have gradients here, but the node "${name}" of net.onnx is ${operator} with an output of ${size} numbers, made of constants (at most 4194304 in a node and 33554432 in all). Export it in another form, or cut the network before it.`;
  const bombs: readonly [OnnxNode[], OnnxInitializer[], string][] = [
    [[filling(ints('', [1])), added], [many], refusal('ConstantOfShape', 1e8)],
    [[filling(floats('', [1], [1])), added], [many], refusal('ConstantOfShape', 1e8)],
    [[node('Range', ['one', 'many', 'one'], 'w'), added], [one, limit], refusal('Range', 99999999)],
    [[node('Expand', ['number', 'many'], 'w'), added], [many, number], refusal('Expand', 1e8)],
    [[node('Tile', ['one', 'many'], 'w'), added], [many, ints('one', [1])], refusal('Tile', 1e8)],
    [[node('Add', ['rows', 'columns'], 'w'), added], [rows, columns], refusal('Add', 81e6)],
    [[...doubled, added], [ints('w0', [1])], refusal('Concat', 2 ** 23, 'w23')],
  ];
  for (const [nodes, initializers, wanted] of bombs) {
    assert.equal(await messageOf(network(nodes, initializers)), wanted);
  }
});

test('a constant of a negative length is refused', async () => {
  const nodes = [
    node('ConstantOfShape', ['lengths'], 'w', { value: { tensor: ints('', [1]) } }),
    node('Add', ['image', 'w'], 'logits'),
  ];
  assert.equal(
    await messageOf(network(nodes, [ints('lengths', [-2, -3])])),
    'Expected a network whose operators have gradients here, but the node "w" of net.onnx is ConstantOfShape with inputs that do not depend on the image, which cannot be computed here. Export it in another form, or cut the network before it.',
  );
});

test('a node that makes more numbers of an image than memory holds is refused', async () => {
  const padded = node('Pad', ['image', 'pads'], 'logits');
  assert.equal(
    await messageOf(network([padded], [ints('pads', [0, 0, 0, 0, 0, 0, 20_000, 20_000])])),
    'Expected a network whose operators have gradients here, but the node "logits" of net.onnx is Pad with an output of 1200240012 numbers for an image, more than 268435456. Export it in another form, or cut the network before it.',
  );
  const pooled = node('AveragePool', ['image'], 'logits', {
    kernel_shape: [1, 1],
    pads: [0, 0, 1e9, 1e9],
  });
  assert.equal(
    await messageOf(network([pooled])),
    'Expected a network whose operators have gradients here, but the node "logits" of net.onnx is AveragePool with an output of 3000000012000000000 numbers for an image, more than 268435456. Export it in another form, or cut the network before it.',
  );
});

test('a node may be called __proto__', async () => {
  const nodes = [
    node('Relu', ['image'], '__proto__'),
    node('Conv', ['__proto__', '__proto__.weight'], 'logits'),
  ];
  const model = await network(nodes, [floats('__proto__.weight', [1, 3, 1, 1], [1, 2, 3])]);
  assert.deepEqual(
    model.layers.map(({ name }) => name),
    ['image', 'proto__', 'proto___2'],
  );
});

test('a file for one image serves any number: images stay where they lie in memory', async () => {
  // As PyTorch's attention: tokens around the images, heads within them.
  const nodes = [
    node('Reshape', ['image', 'tokens'], 'a'),
    node('Transpose', ['a'], 'b', { perm: [2, 0, 1] }),
    node('Reshape', ['b', 'rows'], 'c'),
    node('Gemm', ['c', 'w'], 'd'),
    node('Reshape', ['d', 'back'], 'e'),
    node('Transpose', ['e'], 'f', { perm: [1, 0, 2] }),
    node('Flatten', ['f'], 'logits', { axis: 1 }),
  ];
  const initializers = [
    ints('tokens', [1, 3, 4]),
    ints('rows', [4, 3]),
    ints('back', [4, 1, 3]),
    floats('w', [3, 3], [1, 0, 0, 0, 2, 0, 0, 0, 3]),
  ];
  const model = await network(nodes, initializers, 1);
  const images = Float32Array.from({ length: 24 }, (_, i) => i);
  const factors = [1, 2, 3];
  const wanted = images.map((value, i) => value * factors[i % 3]!);
  assertClose(await outputOf(model, images), [...wanted], 1e-6);
});
