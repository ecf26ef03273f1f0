import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Operand, type TraceNode, TraceValue } from '../trace/trace.ts';
import { elementwiseGroups } from './elementwise-groups.ts';

const LARGE = [1024, 1024];

function given(shape: readonly number[] = LARGE): TraceValue {
  return new TraceValue(shape, 'float32', new Float32Array(1));
}

/** Whether a node is elementwise here: its result has the size of its operands. */
const isElementwise = ({ outputs }: TraceNode) => outputs[0]!.shape === LARGE;

const IMAGE = [4, 128, 128, 16];
const isOnImages = ({ kernel }: TraceNode) => kernel.startsWith('node');

function recorded(
  trace: TraceNode[],
  inputs: readonly TraceValue[],
  shape: readonly number[] = LARGE,
  kernel = `node ${trace.length}`,
): TraceValue {
  const output = new TraceValue(shape, 'float32');
  const node: TraceNode = {
    kernel,
    attributes: {},
    operands: inputs.map((value): Operand => ({ value, shape: value.shape })),
    outputs: [output],
  };
  output.producer = node;
  trace.push(node);
  return output;
}

const groupSizes = (trace: readonly TraceNode[], isMember = isElementwise) =>
  [...new Set(elementwiseGroups(trace, isMember).values())]
    .map(({ members }) => members.length)
    .sort();

describe('elementwiseGroups', () => {
  it("makes one group of an optimizer's update, whose branches meet", () => {
    const trace: TraceNode[] = [];
    const gradient = given();
    const moment = given();
    const velocity = given();
    const decay = given([]);
    const first = recorded(trace, [recorded(trace, [moment, decay]), gradient]);
    const square = recorded(trace, [gradient, gradient]);
    const second = recorded(trace, [recorded(trace, [velocity, decay]), square]);
    recorded(trace, [first, recorded(trace, [second])]);
    assert.deepEqual(groupSizes(trace), [7]);
  });
  it('leaves short chains and small arrays alone', () => {
    const trace: TraceNode[] = [];
    recorded(trace, [recorded(trace, [recorded(trace, [given()])])]);
    assert.deepEqual(groupSizes(trace), []);
  });
  it('does not let a group wait for itself by way of a node outside', () => {
    //  a ─ a ─ a ─ a ─────────── b ─ b ─ b ─ b
    //               └─ sum of a ─┘
    const trace: TraceNode[] = [];
    let a = given();
    for (let i = 0; i < 4; i++) a = recorded(trace, [a]);
    const sum = recorded(trace, [a], []);
    let b = recorded(trace, [a, sum]);
    for (let i = 0; i < 3; i++) b = recorded(trace, [b]);
    assert.deepEqual(groupSizes(trace), [4, 4]);
  });
  it('does not let two groups wait for each other', () => {
    // a1 → sum → b2 and b1 → sum → a2, where b1, b2 and a1, a2 would each be one group.
    const trace: TraceNode[] = [];
    const chain = (from: TraceValue) => {
      let value = from;
      for (let i = 0; i < 4; i++) value = recorded(trace, [value]);
      return value;
    };
    const a1 = chain(given());
    const b1 = chain(given());
    const sumA = recorded(trace, [a1], []);
    const sumB = recorded(trace, [b1], []);
    recorded(trace, [b1, sumA]);
    recorded(trace, [a1, sumB]);
    const groups = elementwiseGroups(trace, isElementwise);
    const of = (value: TraceValue) => groups.get(value.producer as TraceNode);
    assert.notEqual(of(a1), undefined);
    assert.notEqual(of(a1), of(b1));
    assert.deepEqual(groupSizes(trace), [4, 5]);
  });
  it('makes one group of the gradient of an activation on images, apart from the activation', () => {
    const trace: TraceNode[] = [];
    const image = given(IMAGE);
    const scaled = recorded(trace, [image, given([])], IMAGE);
    const sigmoid = recorded(trace, [scaled], IMAGE);
    recorded(trace, [sigmoid, image], IMAGE);
    const gradient = recorded(trace, [], IMAGE, 'Conv2DBackpropInput');
    const rest = recorded(trace, [given([]), sigmoid], IMAGE);
    const slope = recorded(trace, [sigmoid, rest], IMAGE);
    const byImage = recorded(trace, [gradient, image], IMAGE);
    recorded(trace, [byImage, slope], IMAGE);
    assert.deepEqual(groupSizes(trace, isOnImages), [3, 4]);
  });
  it('lets the gradient of a swish compute its sigmoid again, unless others read that as well', () => {
    const swish = (isReadElsewhere: boolean) => {
      const trace: TraceNode[] = [];
      const image = given(IMAGE);
      const scaled = recorded(trace, [image, given([])], IMAGE);
      const sigmoid = recorded(trace, [scaled], IMAGE);
      const output = recorded(trace, [sigmoid, image], IMAGE);
      if (isReadElsewhere) recorded(trace, [sigmoid], [16], 'Sum');
      const gradient = recorded(trace, [], IMAGE, 'Conv2DBackpropInput');
      const slope = recorded(trace, [sigmoid, recorded(trace, [sigmoid], IMAGE)], IMAGE);
      const byImage = recorded(trace, [gradient, image], IMAGE);
      const last = recorded(trace, [byImage, slope], IMAGE);
      for (const value of [scaled, sigmoid]) value.alive = false;
      const groups = elementwiseGroups(trace, isOnImages);
      return [output, last].map((value) =>
        Array.from(groups.get(value.producer!)!.again, ({ kernel }) => kernel),
      );
    };
    assert.deepEqual(swish(false), [[], ['node 0', 'node 1']]);
    assert.deepEqual(swish(true), [[], []]);
  });
  it('lets the gradient of a GELU on tokens compute its error function again', () => {
    const trace: TraceNode[] = [];
    const product = (from: readonly TraceValue[]) => recorded(trace, from, [...LARGE], 'MatMul');
    const tokens = product([]);
    const scaled = recorded(trace, [tokens, given([])]);
    const errorFunction = recorded(trace, [scaled]);
    const share = recorded(trace, [errorFunction, given([])]);
    const output = recorded(trace, [tokens, share]);
    const gradient = product([output]);
    const byShare = recorded(trace, [gradient, share]);
    const byTokens = recorded(trace, [gradient, tokens]);
    const square = recorded(trace, [tokens, byTokens]);
    const sum = recorded(trace, [byShare, square]);
    for (const value of [scaled, errorFunction, share]) value.alive = false;
    const groups = elementwiseGroups(trace, isElementwise);
    assert.deepEqual(
      Array.from(groups.get(sum.producer!)!.again, ({ outputs }) => outputs[0]),
      [scaled, errorFunction, share],
    );
  });
  it('leaves images alone where nothing is differentiated, and where numbers of channels are added', () => {
    const forward: TraceNode[] = [];
    let value = recorded(forward, [], IMAGE, 'Conv2D');
    for (let i = 0; i < 4; i++) value = recorded(forward, [value], IMAGE);
    assert.deepEqual(groupSizes(forward, isOnImages), []);

    const normalised: TraceNode[] = [];
    recorded(normalised, [], IMAGE, 'Conv2DBackpropFilter');
    let image = recorded(normalised, [], IMAGE, 'Conv2D');
    for (let i = 0; i < 4; i++) image = recorded(normalised, [image, given([16])], IMAGE);
    assert.deepEqual(groupSizes(normalised, isOnImages), []);
  });
});
