import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { onnxRuntimeBackend } from '../../src/backend/registration/register.ts';
import type { ObservedRun } from '../../src/backend/running/compiled-trace.ts';
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { profileSteps } from './step-profile.ts';
import { EnoughSteps, StepProfiler, warmUp } from './step-profiler.ts';

/** A run as the backend reports it. */
function ran(
  signature: string,
  index: number,
  [startedAt, endedAt]: readonly [number, number],
  settling = false,
) {
  const live = { signature, nodes: [], leaves: [], results: [] };
  return { live, profile: signature, index, settling, startedAt, endedAt } satisfies ObservedRun;
}

/**
 * Reports runs to a profiler, one for each letter, which names its graph: every 10 ms, and those of
 * `e` are short.
 */
function watch(profiler: StepProfiler, letters: string): number {
  const counts = new Map<string, number>();
  for (const [time, letter] of [...letters].entries()) {
    const index = counts.get(letter) ?? 0;
    counts.set(letter, index + 1);
    try {
      profiler.ran(ran(letter, index, [10 * time, 10 * time + (letter === 'e' ? 2 : 8)]));
    } catch (error) {
      assert.ok(error instanceof EnoughSteps);
      return time + 1;
    }
  }
  return letters.length;
}

describe('the profiler of steps', () => {
  it('leaves the first out and ends the program after as many as are wanted', () => {
    const profiler = new StepProfiler(4);
    assert.equal(watch(profiler, 'tttttttttttttttttttt'), warmUp + 4);
    assert.deepEqual(
      profiler.steps().map(({ startedAt, endedAt }) => endedAt - startedAt),
      [10, 10, 10, 10],
    );
  });
  it('takes the graph that most time goes into for the step, and leaves out what lies between epochs', () => {
    const profiler = new StepProfiler(4);
    watch(profiler, 'tttteeeettttleeeettttleeee');
    const steps = profiler.steps();
    assert.equal(steps.length, 4);
    for (const { runs } of steps)
      assert.deepEqual(
        runs.map(({ signature }) => signature),
        ['t'],
      );
  });
  it('counts the graphs that a kernel without a lowering cuts a step into as one step', () => {
    const profiler = new StepProfiler(2);
    watch(profiler, 'etetetetetetetet');
    for (const { runs } of profiler.steps())
      assert.deepEqual(
        runs.map(({ signature }) => signature),
        ['e', 't'],
      );
    assert.equal(profiler.steps().length, 2);
  });
  it('waits until a graph is compiled for good', () => {
    const profiler = new StepProfiler(1);
    for (let i = 0; i < 8; i++) profiler.ran(ran('t', i, [10 * i, 10 * i + 8], true));
    assert.deepEqual(profiler.steps(), []);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'profile-'));
after(() => rmSync(folder, { recursive: true }));

/**
 * Trains a small net until the profiler has seen enough; its dense weights are large enough for an
 * update in blocks.
 */
async function train(profiler: StepProfiler): Promise<void> {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [34, 34, 3], filters: 8, kernelSize: 3, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 256 }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const images = tf.randomUniform([4, 34, 34, 3], -1, 1, 'float32', 1);
  const labels = tf.oneHot(tf.tensor1d([0, 1, 0, 1], 'int32'), 2);
  const optimizer = tf.train.adam(1e-3);
  try {
    for (;;) {
      const loss = optimizer.minimize(
        () =>
          tf.losses.softmaxCrossEntropy(
            labels,
            model.apply(images, { training: true }) as tf.Tensor,
          ) as tf.Scalar,
        true,
      ) as tf.Scalar;
      await loss.data();
      loss.dispose();
    }
  } catch (error) {
    if (!profiler.enough) throw error;
  }
}

describe('the profile of a training step', () => {
  it('has the time of every kernel by phase, of every operator and of every node, and all of it adds up', async () => {
    let steps = 0;
    const profiler = new StepProfiler(3, () => 4 * steps++);
    await selectBackend('onnxruntime', {
      threads: 2,
      profile: join(folder, 'graph'),
      observer: profiler,
    });
    await train(profiler);
    onnxRuntimeBackend()?.dispose();
    const profile = profileSteps(profiler.steps());

    assert.equal(profile.steps, 3);
    assert.equal(profile.units, 4);
    const { graph, cpu, waiting, host } = profile.parts;
    near(graph + cpu + waiting + host, profile.total);
    near(sum(profile.kernels), graph + cpu);
    assert.ok(sum(profile.operators) > 0.3 * graph && sum(profile.operators) <= graph);
    near(sum(profile.nodes), sum(profile.operators));

    const kernel = (name: string, phase?: string) =>
      profile.kernels.find((row) => row.kernel === name && row.phase === phase);
    assert.equal(kernel('Conv2D', 'forward')?.calls, 1);
    assert.equal(kernel('Conv2DBackpropFilter', 'backward')?.calls, 1);
    assert.equal(kernel('MaxPoolGrad', 'backward')?.calls, 1);
    assert.ok(kernel('Conv2DBackpropFilter', 'backward')!.time > 0);
    assert.equal(kernel('Conv2DBackpropFilter', 'update'), undefined);
    assert.ok(kernel('Sqrt', 'update')!.time > 0);
    assert.equal(kernel('Sqrt', 'backward'), undefined);
    assert.ok(
      kernel('(blocks)', 'update')!.time > 0,
      'the update of the large weights runs in blocks',
    );

    const added = profile.nodes.filter(({ kernel }) => kernel === '(ONNX Runtime)');
    assert.ok(sum(added) < 0.2 * graph, `not attributed: ${added.map(({ node }) => node)}`);
    const weights = profile.nodes.find(
      ({ kernel, operator }) => kernel === 'Conv2DBackpropFilter' && operator === 'Conv',
    );
    assert.ok(weights!.shapes.length >= 2);
  });
});

const sum = (rows: readonly { readonly time: number }[]) =>
  rows.reduce((total, { time }) => total + time, 0);

/** Equal but for what rounding to microseconds adds up to. */
function near(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) <= 0.02 * expected + 0.05,
    `expected about ${expected}, got ${actual}`,
  );
}
