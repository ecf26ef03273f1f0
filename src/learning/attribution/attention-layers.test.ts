import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { type LayersModel, models } from '@tensorflow/tfjs';
import { assertClose } from '../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { node } from '../../../test/support/onnx-node.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { encodeModel, type OnnxNode } from '../../backend/lowering/onnx-writer.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { openGraph, wholeNetwork } from '../models/graph-network.ts';
import { findClassAttention } from './attention-layers.ts';
import { attentionMaps } from './attention-maps.ts';
import { attentionMethods } from './methods.ts';
import type { Question } from './questions/question.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

/** A transformer of 2 x 2 patches with 4 channels, and 2 heads in each of 2 layers of attention. */
interface Form {
  /** Where the heads lie: in an axis of their own, or beside the images in one axis. */
  readonly heads?: 'apart' | 'behind images' | 'before images';
  /** Tokens before the patches. */
  readonly first?: number;
  /** What the classifier reads. */
  readonly read?: 'class token' | 'mean';
  /** Tokens that attend to each other; all when left out. */
  readonly window?: number;
  /** The axis along which weights sum to 1. */
  readonly axis?: number;
}

const imageSize = 8;
const channels = 4;
const patches = 4;

class Writer {
  readonly nodes: OnnxNode[] = [];
  readonly weights = new Map<string, readonly number[]>();
  #count = 0;

  add(type: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    const output = `${type.toLowerCase()}${++this.#count}`;
    this.nodes.push(node(type, inputs, output, attributes));
    return output;
  }

  weight(name: string, ...shape: readonly number[]): string {
    this.weights.set(name, shape);
    return name;
  }

  reshape(value: string, ...shape: readonly number[]): string {
    return this.add('Reshape', [value, this.add('Constant', [], { value_ints: shape })]);
  }

  transpose(value: string, ...perm: readonly number[]): string {
    return this.add('Transpose', [value], { perm });
  }

  norm(value: string, name: string): string {
    const weights = [
      this.weight(`${name}.weight`, channels),
      this.weight(`${name}.bias`, channels),
    ];
    return this.add('LayerNormalization', [value, ...weights], { axis: -1 });
  }
}

/** The sum over the values that each row of weights gives: `[images, tokens, channels]`. */
function attend(writer: Writer, tokens: string, layer: string, form: Form, count: number): string {
  const { heads = 'apart' } = form;
  const part = (role: string): string => {
    const weight = writer.weight(`${layer}.${role}.weight`, channels, channels);
    const split = writer.reshape(writer.add('MatMul', [tokens, weight]), -1, count, 2, 2);
    if (heads === 'apart') return writer.transpose(split, 0, 2, 1, 3);
    const order = heads === 'behind images' ? [0, 2, 1, 3] : [2, 0, 1, 3];
    return writer.reshape(writer.transpose(split, ...order), -1, count, 2);
  };
  const turned = heads === 'apart' ? [0, 1, 3, 2] : [0, 2, 1];
  const keys = writer.transpose(part('key'), ...turned);
  const scores = writer.add('MatMul', [part('query'), keys]);
  const half = writer.add('Constant', [], { value_float: { float: 0.5 } });
  const weights = `${layer}.attention`;
  const scaled = writer.add('Mul', [scores, half]);
  writer.nodes.push(node('Softmax', [scaled], weights, { axis: form.axis ?? -1 }));
  const sums = writer.add('MatMul', [weights, part('value')]);
  switch (heads) {
    case 'apart':
      return writer.reshape(writer.transpose(sums, 0, 2, 1, 3), -1, count, channels);
    case 'behind images': {
      const split = writer.reshape(sums, -1, 2, count, 2);
      return writer.reshape(writer.transpose(split, 0, 2, 1, 3), -1, count, channels);
    }
    case 'before images': {
      const split = writer.reshape(sums, 2, -1, count, 2);
      return writer.reshape(writer.transpose(split, 1, 2, 0, 3), -1, count, channels);
    }
  }
}

async function transformer(context: TestContext, form: Form): Promise<LayersModel> {
  const { first = 1, read = 'class token', window } = form;
  const count = first + patches;
  const writer = new Writer();
  const kernel = writer.weight('patches.weight', channels, 3, 4, 4);
  const quarter = { strides: [4, 4], kernel_shape: [4, 4] };
  const maps = writer.add('Conv', ['image', kernel], quarter);
  let tokens = writer.transpose(writer.reshape(maps, 0, channels, patches), 0, 2, 1);
  if (first > 0) {
    const token = writer.weight('token', 1, first, channels);
    tokens = writer.add('Concat', [token, tokens], { axis: 1 });
  }
  for (const layer of ['low', 'high']) {
    const normed = writer.norm(tokens, `${layer}.norm`);
    const rows = window === undefined ? normed : writer.reshape(normed, -1, window, channels);
    const sums = attend(writer, rows, layer, form, window ?? count);
    const whole = window === undefined ? sums : writer.reshape(sums, -1, count, channels);
    tokens = writer.add('Add', [tokens, whole]);
  }
  const place = writer.add('Constant', [], { value_int: 0 });
  const values =
    read === 'mean'
      ? writer.add('ReduceMean', [tokens], { axes: [1], keepdims: 0 })
      : writer.add('Gather', [writer.norm(tokens, 'norm'), place], { axis: 1 });
  writer.nodes.push(node('Gemm', [values, writer.weight('fc.weight', channels, 2)], 'logits'));
  return await networkOf(context, writer);
}

async function networkOf(context: TestContext, writer: Writer): Promise<LayersModel> {
  const path = join(temporaryFolder(context), 'net.onnx');
  const numbers = linearCongruential(7);
  const initializers = [...writer.weights].map(([name, shape]) => {
    const length = shape.reduce((product, side) => product * side, 1);
    return { name, type: 'float32', shape, data: numbers(length, 1) } as const;
  });
  const graph = {
    nodes: writer.nodes,
    initializers,
    inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, imageSize, imageSize] }],
    outputs: [{ name: 'logits', type: 'float32' }],
  } as const;
  writeFileSync(path, encodeModel(graph, { opset: 17 }));
  return await wholeNetwork(openGraph(path), imageSize);
}

const question: Question = {
  images: linearCongruential(5)(2 * imageSize * imageSize * 3, 1),
  classes: Int32Array.of(0, 1),
  score: 'score',
  seeds: [0, 1],
};

test('attention is found wherever a file has its heads, also in a network that was saved, and gives the same maps', async (context) => {
  const apart = await transformer(context, { heads: 'apart' });
  for (const heads of ['behind images', 'before images'] as const) {
    const network = await transformer(context, { heads });
    const saved = await models.modelFromJSON(network.toJSON(null, false) as object as never);
    saved.setWeights(network.getWeights());
    for (const method of attentionMethods) {
      const wanted = await attentionMaps(apart, question, method);
      for (const model of [network, saved]) {
        const { maps } = await attentionMaps(model, question, method);
        for (const [i, { values }] of maps.entries()) {
          const expected = wanted.maps[i]!.values;
          const tolerance = 1e-5 * Math.max(...expected);
          assertClose(values, expected, tolerance, `${method} with heads ${heads}`);
        }
      }
    }
  }
});

test('tokens without a place between the class token and the patches are left out of maps', async (context) => {
  const network = await transformer(context, { first: 3 });
  const attention = findClassAttention(network);
  assert.ok(attention.ok);
  const { height, width, placeless } = attention.value.grid;
  assert.deepEqual([height, width, placeless], [2, 2, 3]);
  const { maps } = await attentionMaps(network, question, 'attention-rollout');
  assert.deepEqual(
    maps.map(({ values }) => values.length),
    [imageSize ** 2, imageSize ** 2],
  );
});

const refusals: readonly (readonly [string, Form, string])[] = [
  ['a softmax of columns', { axis: -2 }, 'it has no attention'],
  [
    'attention within windows',
    { first: 0, window: 2, read: 'mean' },
    'the attention "low.attention" is not between all patches of the image, as in the windows of a Swin',
  ],
  [
    'a network without class token',
    { first: 0, read: 'mean' },
    'its 4 tokens are the 2 x 2 patches alone',
  ],
  [
    'a class token that is not read alone',
    { read: 'mean' },
    'its scores depend on other tokens than the class token after the last attention',
  ],
];
for (const [what, form, why] of refusals) {
  test(`${what} is refused, and the message says why and what applies`, async (context) => {
    const network = await transformer(context, form);
    await assert.rejects(attentionMaps(network, question, 'gradient-attention'), {
      name: 'StageError',
      message: `Expected a network whose class token attends to all patches for gradient-attention, such as vit-small or a ViT of an ONNX file, but ${why}: use another method, such as grad-cam or gradient.`,
    });
  });
}
