import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GraphBuilder } from '../lowering/graph-builder.ts';
import { executionProviders } from './gpu.ts';

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
