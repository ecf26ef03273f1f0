import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type io, layers, sequential } from '@tensorflow/tfjs';
import { damagedBytes } from '../../../../../test/support/damaged-bytes.ts';
import {
  graphArtifacts,
  ints,
  layersArtifacts,
  text,
  window,
  writeArtifacts,
} from '../../../../../test/support/tfjs-models.ts';
import { selectBackend } from '../../../../backend/select/select-backend.ts';
import type { Json } from '../../../../json.ts';
import { Random } from '../../../../random.ts';
import { StageError } from '../../../../stage.ts';
import { openGraph, wholeNetwork } from '../../graph-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'mutated-'));
before(() => selectBackend('cpu', { threads: 1 }));
after(() => rmSync(folder, { recursive: true }));
const imageSize = 16;

function graphModel(): io.ModelArtifacts {
  const node = (name: string, op: string, input: readonly string[], attr: object = {}) => ({
    name,
    op,
    input,
    attr,
  });
  const integers = (...values: readonly number[]) =>
    ({ shape: [values.length], values, isInteger: true }) as const;
  const format = { data_format: text('NHWC'), epsilon: { f: 0.001 } };
  const nodes = [
    node('padded', 'Pad', ['image', 'pads']),
    node('conv', 'Conv2D', ['padded', 'kernel'], window(2, 'SAME')),
    node('norm', 'FusedBatchNormV3', ['conv', 'gamma', 'beta', 'mean', 'variance'], format),
    node('relu', 'Relu6', ['norm']),
    node('depthwise', 'DepthwiseConv2dNative', ['relu', 'filters'], window(1, 'SAME')),
    node('pooled', 'MaxPool', ['depthwise'], window(2, 'VALID', 2)),
    node('both', 'ConcatV2', ['pooled', 'pooled', 'three']),
    node('flat', 'Reshape', ['both', 'target']),
    node('reduced', 'Squeeze', ['means'], { squeeze_dims: ints(1, 2) }),
    node('means', 'Mean', ['both', 'places'], { keep_dims: { b: true } }),
    node('logits', 'MatMul', ['reduced', 'matrix']),
  ];
  const constants = {
    pads: { shape: [4, 2], values: [0, 0, 1, 0, 0, 1, 0, 0], isInteger: true },
    kernel: { shape: [3, 3, 3, 4] },
    gamma: { shape: [4] },
    beta: { shape: [4] },
    mean: { shape: [4] },
    variance: { shape: [4], values: [1, 2, 3, 4] },
    filters: { shape: [3, 3, 4, 1] },
    three: { shape: [], values: [3], isInteger: true },
    target: integers(-1, 128),
    places: integers(1, 2),
    matrix: { shape: [8, 2] },
  } as const;
  const outputs = { logits: { name: 'logits:0' } };
  return { ...graphArtifacts(nodes, constants, { size: imageSize }), signature: { outputs } };
}

async function layersModel(): Promise<io.ModelArtifacts> {
  const model = sequential({ name: 'net' });
  const shape = [imageSize, imageSize, 3];
  model.add(
    layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, strides: 2, inputShape: shape }),
  );
  model.add(layers.batchNormalization({ name: 'norm' }));
  model.add(layers.reLU({ name: 'relu', maxValue: 6 }));
  const inner = sequential({ name: 'inner' });
  inner.add(
    layers.separableConv2d({ name: 'separable', filters: 4, kernelSize: 3, inputShape: [7, 7, 4] }),
  );
  inner.add(layers.averagePooling2d({ name: 'means', poolSize: 2 }));
  model.add(inner);
  model.add(layers.flatten({ name: 'flat' }));
  model.add(layers.dropout({ name: 'dropped', rate: 0.2 }));
  model.add(layers.dense({ name: 'logits', units: 2 }));
  return await layersArtifacts(model);
}

type Holder = Record<string | number, Json>;

/** Every place in a JSON value: its holder and its key. */
function placesIn(value: Json): readonly (readonly [Holder, string])[] {
  if (value === null || typeof value !== 'object') return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [[holder, key] as const, ...placesIn(holder[key]!)]);
}

const isLeaf = ([holder, key]: readonly [Holder, string]): boolean =>
  holder[key] === null || typeof holder[key] !== 'object';

/** A text in which one value is another of the file or a strange one, or is gone. */
function mutatedJson(written: string, random: Random): string {
  const json = JSON.parse(written) as Json;
  const all = placesIn(json);
  const leaves = all.filter(isLeaf);
  const places = random.integer(5) === 0 ? all : leaves;
  const [holder, key] = places[random.integer(places.length)]!;
  const value = holder[key]!;
  // Mostly of the same type, so that more than the first check of a reader is tried.
  const alike = leaves.filter(([other, at]) => typeof other[at] === typeof value);
  const [source, from] = alike[random.integer(alike.length)] ?? leaves[0]!;
  const way = random.integer(8);
  if (way === 0) delete holder[key];
  else if (way < 4) holder[key] = source[from]!;
  else if (way < 6) holder[key] = strange[random.integer(strange.length)]!;
  else holder[key] = typeof value === 'number' ? numbers[random.integer(5)]! : digits(random);
  return JSON.stringify(json);
}

const strange: readonly Json[] = [-1, 0, 1e9, 1.5, '', '-1', [], {}, null, true];
const numbers = [-2, 0, 1, 3, 2 ** 31];
const digits = (random: Random): Json => String(random.integer(6) - 1);

suite('damaged tfjs models', () => {
  for (const form of ['graph', 'layers'] as const) {
    test(`of 300 damaged ${form} models each becomes a network or a message, and none takes memory`, async () => {
      const artifacts = form === 'graph' ? graphModel() : await layersModel();
      const paths = writeArtifacts(join(folder, form), artifacts);
      const [model, shard] = paths as readonly [string, string];
      const json = readFileSync(model, 'utf8');
      const bytes = Uint8Array.from(readFileSync(shard));
      const outcomes = { built: 0, refused: 0 };
      for (let file = 0; file < 300; file++) {
        const random = new Random('mutated', form, file);
        const way = random.integer(10);
        const isBytes = way === 0;
        writeFileSync(model, isBytes ? damagedBytes(Buffer.from(json), file) : json);
        if (way > 2) writeFileSync(model, mutatedJson(json, random));
        writeFileSync(shard, way === 1 || way === 2 ? damagedBytes(bytes, file) : bytes);
        try {
          const opened = openGraph(paths);
          const network = await wholeNetwork(opened, opened.size ?? imageSize);
          outcomes.built++;
          network.dispose();
        } catch (error) {
          assert.ok(error instanceof StageError, `${form} ${file}: ${(error as Error).stack}`);
          assert.ok(error.message.length < 700, error.message);
          assert.ok(!error.message.includes('Internal error'));
          outcomes.refused++;
        }
      }
      assert.ok(outcomes.built > 30 && outcomes.refused > 60, JSON.stringify(outcomes));
      assert.ok(process.resourceUsage().maxRSS < 2e6, 'less than 2 GB');
    });
  }
});
