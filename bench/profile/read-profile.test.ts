import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { labelOf } from '../../src/backend/lowering/lowering.ts';
import { nodeRuns, type ProfileEvent, readLabel } from './read-profile.ts';

const node = (name: string, op_name: string, ts: number, dur: number): ProfileEvent => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  ts,
  dur,
  args: { op_name, input_type_shape: [{ float: [2, 3] }] },
});
const run = (ts: number, dur: number): ProfileEvent => ({
  cat: 'Session',
  name: 'model_run',
  ts,
  dur,
});

describe('a profile of ONNX Runtime', () => {
  it('is read run by run, and what runs inside a loop is not counted twice', () => {
    const [first, second] = nodeRuns([
      node('forward/Conv2D/Conv_1', 'Conv', 1100, 300),
      // The body's nodes come first: they end first.
      node('update/Multiply/Mul_7', 'Mul', 1510, 40),
      node('update/Multiply/Mul_7', 'Mul', 1550, 40),
      node('update/(blocks)/Scan_9', 'Scan', 1500, 100),
      run(1000, 700),
      run(2000, 500),
      node('ReorderOutput', 'ReorderOutput', 2000, 500),
    ]);
    const rows = (first ?? []).map(({ operator, label, self }) => [
      operator,
      label?.kernel,
      label?.phase,
      self,
    ]);
    assert.deepEqual(rows, [
      ['Conv', 'Conv2D', 'forward', 0.3],
      ['Scan', '(blocks)', 'update', 0.02],
      ['Mul', 'Multiply', 'update', 0.04],
      ['Mul', 'Multiply', 'update', 0.04],
    ]);
    assert.deepEqual(
      second?.map(({ node, label, shapes, self }) => ({ node, label, shapes, self })),
      [{ node: 'ReorderOutput', label: undefined, shapes: [[2, 3]], self: 0.5 }],
    );
  });
});

describe('the label of a node', () => {
  it('is found again in its name, and in the names that ONNX Runtime makes of it', () => {
    const label = { kernel: 'Conv2DBackpropFilter', phase: 'backward' } as const;
    const name = `${labelOf(label)}/Conv_12`;
    for (const derived of [name, `fused ${name}`, `${name}_nchwc`, `${name}/MatMulAddFusion`]) {
      assert.deepEqual(readLabel(derived), label, derived);
    }
    assert.deepEqual(readLabel(`${labelOf({ kernel: 'Relu' })}/Relu_3`), {
      kernel: 'Relu',
      phase: undefined,
    });
    assert.equal(readLabel('ReorderInput_token_4'), undefined);
  });
});
