import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { GraphBuilder } from '../lowering/graph-builder.ts';
import { OrtSession } from './ort-session.ts';

describe('OrtSession', () => {
  it('writes its results where it is told to, and makes no other copy of them', () => {
    const shape = [4 << 20];
    const graph = new GraphBuilder();
    const x = graph.input('float32', shape);
    const y = graph.node('Neg', [x]);
    graph.output(y, 'float32', shape);
    const session = new OrtSession(graph.finish(), { threads: 1 });
    const input = new Float32Array(shape[0] as number).fill(2);
    const output = new Float32Array(shape[0] as number);
    const feeds = new Map([[x, { dtype: 'float32', shape, data: input } as const]]);
    const fetches = new Map([[y, { dtype: 'float32', shape, data: output } as const]]);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 3; i++) session.run(feeds, fetches);
    assert.ok(process.memoryUsage().arrayBuffers - before < output.byteLength / 2);
    assert.ok(output.every((value) => value === -2));
    session.dispose();
  });
  it("passes on ONNX Runtime's errors about a graph or a run", () => {
    const graph = new GraphBuilder();
    const x = graph.input('float32', [2]);
    const y = graph.node('NoSuchOperator', [x]);
    graph.output(y, 'float32', [2]);
    assert.throws(() => new OrtSession(graph.finish(), { threads: 1 }), /NoSuchOperator/);

    const reshaped = new GraphBuilder();
    const z = reshaped.input('float32', [2]);
    reshaped.output(reshaped.reshape(z, [2, 1]), 'float32', [2, 1]);
    const session = new OrtSession(reshaped.finish(), { threads: 1 });
    assert.throws(() => session.run(new Map(), new Map()), /input/i);
    session.dispose();
  });
  it('computes with the threads that it is given, and ends them', {
    skip: process.platform !== 'linux',
  }, () => {
    const running = () => readdirSync('/proc/self/task').length;
    const before = running();
    for (const threads of [1, 2, 5]) {
      const graph = new GraphBuilder();
      graph.output(graph.node('Neg', [graph.input('float32', [2])]), 'float32', [2]);
      const session = new OrtSession(graph.finish(), { threads });
      // The calling thread is one of them.
      assert.equal(running() - before, threads - 1);
      session.dispose();
      assert.equal(running(), before);
    }
  });
});
