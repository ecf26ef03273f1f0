import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { startBackends } from '../../../test/support/both-backends.ts';
import { onnxRuntimeBackend } from '../registration/register.ts';

before(() => startBackends());

const state = () => {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { numTensors, numDataBuffers, numBytes, ids: tf.backend().numDataIds() };
};
const LARGE = 1 << 15;

/** That a computed index is out of range is only found when the graph runs. */
const outOfRange = (x: tf.Tensor) => tf.gather(x, tf.neg(tf.tensor1d([-7], 'int32')));

/** More bytes than any processor has addresses. */
const vectors = (batch: number) =>
  tf.pad(tf.ones([batch, 1]), [
    [0, 0],
    [0, 2 ** 46],
  ]);
const images = (batch: number) =>
  tf.pad(tf.ones([batch, 1, 1, 1]), [
    [0, 0],
    [0, 2 ** 23],
    [0, 2 ** 23],
    [0, 0],
  ]) as tf.Tensor4D;

/** Computes with nothing else alive, so that nothing else is part of the graph. */
function compute(make: () => tf.Tensor): void {
  const result = tf.tidy(make);
  try {
    result.dataSync();
  } finally {
    result.dispose();
  }
}

describe('a failure inside ONNX Runtime', () => {
  it('names the kernels of the trace, and later uses of what was lost say so', () => {
    tf.tidy(() => {
      const rows = outOfRange(tf.relu(tf.ones([2, 2])));
      const expected =
        /^Error: ONNX Runtime failed in a run of 3 kernels \(Relu, Neg, GatherV2\): /;
      assert.throws(() => rows.dataSync(), expected);
      const lost = { message: 'This tensor has no value: the run that was to compute it failed.' };
      assert.throws(() => rows.dataSync(), lost);
      assert.throws(() => tf.neg(rows), lost);
      assert.deepEqual([...tf.neg(tf.tensor1d([1])).dataSync()], [-1]);
    });
  });
  it('leaks no tensors, no data and no pooled memory', () => {
    const before = state();
    const fail = () =>
      tf.tidy(() => {
        const x = tf.fill([2, LARGE], 3);
        const doubled = tf.mul(x, 2);
        outOfRange(doubled).dataSync();
      });
    assert.throws(fail);
    const { pooledBytes } = onnxRuntimeBackend()!.statistics;
    for (let i = 0; i < 5; i++) assert.throws(fail);
    assert.deepEqual(state(), before);
    assert.equal(onnxRuntimeBackend()!.statistics.pooledBytes, pooledBytes);
  });
  it('leaves the tensors alone that were there before', () => {
    const variable = tf.tidy(() => tf.variable(tf.fill([LARGE], 5)));
    assert.throws(() =>
      tf.tidy(() => outOfRange(tf.reshape(tf.mul(variable, 2), [2, LARGE / 2])).dataSync()),
    );
    assert.ok(variable.dataSync().every((value) => value === 5));
    variable.dispose();
  });
});

describe('out of memory', () => {
  it('says how much a run takes, and which batch to try', () => {
    const before = state();
    const run = (batch: number) => compute(() => tf.max(tf.maxPool(images(batch), 2, 2, 'valid')));
    assert.throws(
      () => run(6),
      /^Error: Out of memory in a run of \d+ kernels \(.*MaxPool.*\), which holds about \d+\.\d GiB at once where this process may use \d+\.\d GiB: try a batch of 3 instead of 6\. /,
    );
    assert.throws(
      () => run(1),
      /: its batch is 1 already, so try smaller images or a smaller network\. /,
    );
    assert.deepEqual(state(), before);
  });
  it('finds the batch of a net of dense layers, and does without where there is none', () => {
    const net = () => compute(() => tf.matMul(vectors(8), vectors(1), false, true));
    assert.throws(net, /: try a batch of 4 instead of 8\. /);
    assert.throws(() => compute(() => tf.max(vectors(8))), /: try a smaller batch\. /);
  });
  it('names the array that the host has no room for', () => {
    const before = state();
    assert.throws(() => tf.tidy(() => tf.fill([2 ** 20, 2 ** 20], 1).dataSync()), {
      message: 'Out of memory: no room for float32 [1048576, 1048576], 4096.0 GiB.',
    });
    assert.deepEqual(state(), before);
  });
  it('frees the memory that was kept for later', () => {
    tf.tidy(() => tf.neg(tf.fill([LARGE], 1)).dataSync());
    assert.ok(onnxRuntimeBackend()!.statistics.pooledBytes > 0);
    assert.throws(() => compute(() => tf.max(images(2))));
    const { sessions, pooledBytes } = onnxRuntimeBackend()!.statistics;
    assert.deepEqual({ sessions, pooledBytes }, { sessions: 0, pooledBytes: 0 });
    assert.equal(
      tf.tidy(() => tf.neg(tf.ones([1])).dataSync()[0]),
      -1,
    );
  });
});
