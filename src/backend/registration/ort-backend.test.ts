import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { assertAgrees, startBackends, warnings } from '../../../test/support/both-backends.ts';
import { selectBackend } from '../select/select-backend.ts';
import { onnxRuntimeBackend } from './register.ts';

before(() => startBackends({ sessions: 4 }));
afterEach(() => tf.setBackend('onnxruntime'));

const backend = () => onnxRuntimeBackend()!;

describe('the trace', () => {
  it('runs nothing until a value is read, and then everything at once', () => {
    const { runs } = backend().statistics;
    const x = tf.tensor1d([1, 2, 3]);
    const y = tf.add(x, 1);
    const z = tf.mul(y, y);
    assert.equal(backend().statistics.runs, runs);
    assert.deepEqual([...z.dataSync()], [4, 9, 16]);
    assert.deepEqual([...y.dataSync()], [2, 3, 4]);
    assert.equal(backend().statistics.runs, runs + 1);
    tf.dispose([x, y, z]);
  });
  it('compiles once for traces of the same form', () => {
    const step = (by: number) =>
      tf.tidy(() => tf.sum(tf.mul(tf.tensor1d([1, 2]), by)).dataSync()[0]);
    assert.equal(step(2), 6);
    const { compilations } = backend().statistics;
    assert.equal(step(3), 9);
    assert.equal(backend().statistics.compilations, compilations);
  });
  it('is another one where an attribute is another number, though JSON may write the two alike', () => {
    const vector = () => tf.tensor1d([1, -2]);
    const image = () => tf.ones<tf.Rank.R4>([1, 1, 1, 4]);
    const matrices = () => ({
      a: tf.ones<tf.Rank.R2>([1, 2]),
      b: tf.neg(tf.ones<tf.Rank.R2>([2, 1])),
    });
    const calls: readonly ((number: number) => tf.Tensor)[] = [
      (number) => tf.leakyRelu(vector(), number),
      (number) => tf.step(vector(), number),
      (number) =>
        tf.fused.matMul({ ...matrices(), activation: 'leakyrelu', leakyreluAlpha: number }),
      (number) => tf.localResponseNormalization(image(), 1, number),
      (number) => tf.batchNorm(image(), tf.ones([4]), tf.ones([4]), undefined, undefined, number),
      (number) => tf.pad(vector(), [[1, 1]], number),
      (number) => tf.oneHot(tf.tensor1d([1], 'int32'), 2, number, 1, 'float32'),
      (number) => tf.div(vector(), tf.fill([2], number)),
    ];
    for (const call of calls) {
      for (const number of [
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.NaN,
        0,
        -0,
      ]) {
        assertAgrees(() => call(number));
      }
    }
  });
  it('keeps a bounded number of compiled traces', () => {
    for (let length = 1; length <= 12; length++)
      tf.tidy(() => tf.neg(tf.ones([length])).dataSync());
    assert.equal(backend().statistics.sessions, 4);
  });
  it('takes the values that an array had when the tensor was made', () => {
    const values = Float32Array.of(1, 2);
    const doubled = tf.tidy(() => tf.mul(tf.tensor1d(values), 2));
    values.fill(100);
    assert.deepEqual([...doubled.dataSync()], [2, 4]);
    doubled.dispose();
  });
  it('never changes what was read before', () => {
    const size = 1 << 16;
    const read = (value: number) =>
      tf.tidy(() =>
        tf.add(tf.fill([size], value), tf.range(0, size, 1, 'float32')).dataSync<'float32'>(),
      );
    const first = read(1);
    const second = read(2);
    first[5] = -1;
    assert.deepEqual([second[5], read(3)[5], second[6], first[6]], [7, 8, 8, 7]);
  });
  it('does not lend the memory of a living tensor to another', () => {
    const size = 1 << 16;
    const kept = tf.tidy(() => tf.neg(tf.fill([size], 1)));
    kept.dataSync();
    for (let i = 0; i < 5; i++) tf.tidy(() => tf.exp(tf.fill([size], i)).dataSync());
    assert.ok(kept.dataSync().every((value) => value === -1));
    kept.dispose();
  });
  it('gives every one of equal results its values', () => {
    const x = tf.tensor1d([1, -2]);
    const equal = Array.from({ length: 5 }, () => tf.neg(x));
    for (const result of equal) assert.deepEqual([...result.dataSync()], [-1, 2]);
    tf.dispose([x, equal]);
  });
  it('hands a tensor to another backend and takes it back', async () => {
    const x = tf.neg(tf.tensor1d([1, 2]));
    await selectBackend('cpu');
    const y = tf.mul(x, 10);
    await selectBackend('onnxruntime');
    assert.deepEqual([...tf.add(x, y).dataSync()], [-11, -22]);
  });
});

describe('weights that stay the same', () => {
  it('become constants, are dropped when they change, and never make a difference to what is computed', () => {
    const [filters, bias] = tf.tidy(
      () => [tf.variable<tf.Rank.R4>(tf.ones([3, 3, 2, 4])), tf.variable(tf.zeros([4]))] as const,
    );
    const apply = (pixel: number) => {
      const image = tf.tensor4d(new Float32Array(50).fill(pixel), [1, 5, 5, 2]);
      const applied = tf.tidy(() => tf.add(tf.conv2d(image, filters, 1, 'valid'), bias));
      const [first] = applied.dataSync();
      tf.dispose([image, applied]);
      return first;
    };
    const before = backend().statistics;
    const compilations = () => backend().statistics.compilations - before.compilations;
    for (let run = 0; run < 8; run++) assert.equal(apply(run), 18 * run);
    assert.equal(compilations(), 1);
    const { sessionBytes } = backend().statistics;
    for (let run = 0; run < 8; run++) assert.equal(apply(run), 18 * run);
    assert.equal(compilations(), 2);
    assert.equal(
      backend().statistics.sessionBytes - sessionBytes,
      4 * (3 * 3 * 2 * 4 + 4),
      'they are there once more',
    );
    tf.tidy(() => bias.assign(tf.fill([4], 5)));
    for (let run = 0; run < 100; run++) {
      if (run % 5 === 0) tf.tidy(() => filters.assign(tf.fill([3, 3, 2, 4], run)));
      assert.equal(apply(2), 36 * (run - (run % 5)) + 5);
    }
    // The bias became a constant again once it had been the same for 16 runs; the filters never
    // were.
    assert.equal(compilations(), 4);
    tf.dispose([filters, bias]);
  });
});

describe('the cpu backend stands in', () => {
  it('for a kernel without lowering, with one warning that names it', () => {
    warnings.length = 0;
    for (let i = 0; i < 2; i++) assertAgrees(() => tf.unique(tf.tensor1d([3, 1, 3])).values);
    assert.deepEqual(warnings, [
      "Kernel Unique has no ONNX lowering for such a call; it runs on tfjs's slow cpu backend.",
    ]);
  });
  it('for complex numbers and strings', () => {
    assertAgrees(() => tf.real(tf.mul(tf.complex([1, 2], [3, 4]), tf.complex([5, 6], [7, 8]))));
    assertAgrees(() => tf.real(tf.spectral.fft(tf.complex([1, 2, 3, 4], [0, 0, 0, 0]))));
    assert.deepEqual(tf.reshape(tf.tensor1d(['a', 'b']), [2, 1]).arraySync(), [['a'], ['b']]);
  });
});

describe('an index out of range', () => {
  it('is an error at once where its value is known, and at the latest when the graph runs', () => {
    const x = tf.tensor1d([1, 2]);
    assert.throws(
      () => tf.gather(x, [2]),
      /^Error: GatherV2: the index value 2 is not in \[0, 1\]$/,
    );
    const negative = tf.gather(x, tf.neg(tf.tensor1d([1], 'int32')));
    assert.throws(
      () => negative.dataSync(),
      /ONNX Runtime failed in a run of 2 kernels \(Neg, GatherV2\): .*out of/,
    );
  });
});
