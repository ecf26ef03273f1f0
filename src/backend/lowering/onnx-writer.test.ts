import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OrtSession, type SessionArray } from '../running/ort-session.ts';
import type { HostArray } from '../trace/trace.ts';
import { GraphBuilder } from './graph-builder.ts';
import { encodeModel } from './onnx-writer.ts';

const floats = (...values: number[]): SessionArray & { data: HostArray } => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});

describe('encodeModel', () => {
  it('writes fields as protobuf has them: number and wire type, lengths, varints', () => {
    const bytes = Buffer.from(
      encodeModel({ nodes: [], initializers: [], inputs: [], outputs: [] }),
    );
    const version = '0808'; // field 1, varint: IR version 8
    const producer = `120a${Buffer.from('tfjs trace').toString('hex')}`;
    const graph = `3a071205${Buffer.from('trace').toString('hex')}`;
    const opset = '42040a001012'; // the empty domain, version 18
    assert.equal(bytes.toString('hex'), version + producer + graph + opset);
  });
  it('writes what ONNX Runtime reads back: every sort of attribute, negative numbers, constants, a subgraph', () => {
    const graph = new GraphBuilder();
    const x = graph.input('float32', [4]);
    const leaky = graph.node('LeakyRelu', [x], { attributes: { alpha: { float: 0.5 } } });
    const reversed = graph.node('Slice', [
      leaky,
      graph.ints([-1]),
      graph.ints([-9]),
      graph.ints([0]),
      graph.ints([-1]),
    ]);
    const body = graph.subgraph();
    const row = body.input('float32', [2]);
    body.output(body.node('Add', [row, graph.scalar(10)]), 'float32', [2]);
    const scan = graph.node('Scan', [graph.reshape(reversed, [2, 2])], {
      attributes: { num_scan_inputs: 1, body: { graph: body.finish() } },
    });
    const soft = graph.node('Concat', [scan, scan], { attributes: { axis: -1 } });
    graph.output(soft, 'float32', [2, 4]);
    const session = new OrtSession(graph.finish(), { threads: 1 });
    const result = { ...floats(...new Array<number>(8).fill(0)), shape: [2, 4] };
    session.run(new Map([[x, floats(-2, 1, 2, 3)]]), new Map([[soft, result]]));
    session.dispose();
    assert.deepEqual([...result.data], [13, 12, 13, 12, 11, 9, 11, 9]);
  });
});
