// What a long run holds on to. Sizes are resident memory, so nothing else may run in this process.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { onnxRuntimeBackend } from './registration/register.ts';
import { selectBackend } from './select/select-backend.ts';
import { held, inMiB, LIMITS, MiB, Net } from './testing-steady.ts';

before(() => selectBackend('onnxruntime', { threads: 2, ...LIMITS }));

describe('memory stays flat', () => {
  it('over 1,000 training steps', (t) => {
    const net = new Net();
    const losses: number[] = [];
    for (let step = 0; step < 100; step++) losses.push(net.train(8));
    const settled = { ...held(), tensors: tf.memory(), backend: onnxRuntimeBackend()!.statistics };
    for (let step = 100; step < 1000; step++) losses.push(net.train(8));
    const now = { ...held(), tensors: tf.memory(), backend: onnxRuntimeBackend()!.statistics };
    net.dispose();
    t.diagnostic(
      `resident: ${inMiB(settled.resident)} after 100 steps, ${inMiB(now.resident)} after 1,000`,
    );
    t.diagnostic(`of it JavaScript's objects: ${inMiB(settled.heap)}, ${inMiB(now.heap)}`);

    assert.ok(losses.every(Number.isFinite));
    assert.deepEqual(now.tensors, settled.tensors);
    assert.deepEqual({ ...now.backend, runs: 0 }, { ...settled.backend, runs: 0 });
    // A leak of one array a step would be 56 MiB in 900 steps, if it is large enough for the pool;
    // a batch of images would be 84 MiB. Below the margin is what allocators and the collector
    // leave lying about.
    assert.ok(now.resident - settled.resident < 24 * MiB, inMiB(now.resident - settled.resident));
    // A kilobyte a step.
    assert.ok(now.heap - settled.heap < 0.9 * MiB, inMiB(now.heap - settled.heap));
  });
});
