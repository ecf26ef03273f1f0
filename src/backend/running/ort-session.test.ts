import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { GraphBuilder } from '../lowering/graph-builder.ts';
import { executionProviders, OrtSession } from './ort-session.ts';

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

/**
 * A graph of a pooling alone, one that tells where its maxima were, and convolutions; with the
 * names of its nodes.
 */
function graph() {
  const builder = new GraphBuilder();
  const image = builder.input('float32', [1, 1, 4, 4]);
  const convolution = (size: number, pads: readonly number[]) => {
    const filter = builder.input('float32', [1, 1, size, size]);
    return read(
      builder.node('Conv', [image, filter], { attributes: { kernel_shape: [size, size], pads } }),
    );
  };
  // A node that nobody reads is left out.
  const read = (name: string) => {
    builder.output(name, 'float32');
    return name;
  };
  const attributes = { kernel_shape: [2, 2] };
  read(builder.node('MaxPool', [image], { attributes }));
  const [maxima] = builder.nodes('MaxPool', [image], 2, { attributes });
  read(maxima!);
  convolution(3, [0, 0, 1, 1]);
  convolution(1, [0, 0, 0, 0]);
  convolution(1, [1, 0, 1, 0]);
  const point = convolution(1, [0, 0, 1, 0]);
  return { graph: builder.finish(), beyondWebgpu: [maxima, point] };
}

describe('the nodes of a graph', () => {
  it('run on the CPU without a provider, and where a provider has no operator for them', () => {
    assert.deepEqual(executionProviders(graph().graph, undefined), ['cpu']);
    assert.deepEqual(executionProviders(graph().graph, 'cuda'), ['cuda', 'cpu']);
  });

  it('stay on the CPU where the WebGPU provider takes them and computes them wrongly or not at all', () => {
    const { graph: nodes, beyondWebgpu } = graph();
    assert.deepEqual(executionProviders(nodes, 'webgpu'), [
      { name: 'webgpu', preferredLayout: 'NCHW', forceCpuNodeNames: beyondWebgpu },
      'cpu',
    ]);
  });
});
