import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Field, type Message, message } from '../../../backend/lowering/protobuf.ts';
import { StageError } from '../../../stage.ts';
import { readOnnxGraph } from '../graph/file/onnx-graph.ts';
import { readOnnxFacts } from './onnx-file.ts';

const location = message([
  [1, 'location'],
  [2, '/etc/passwd'],
]);

/** A TensorProto of four float32 called w, with further fields. */
const tensor = (...fields: Field[]): Message => message([[1, 4], [2, 1], [8, 'w'], ...fields]);

const attribute = (number: number, value: Message): Message =>
  message([
    [1, 'value'],
    [number, value],
  ]);

const constant = (value: Message): Message =>
  message([
    [2, 'c'],
    [4, 'Constant'],
    [5, value],
  ]);

const relu = message([
  [1, 'x'],
  [2, 'y'],
  [4, 'Relu'],
]);

/** A ModelProto whose graph has a Relu and further fields. */
const model = (...fields: Field[]): Field[] => [[7, message([[1, relu], ...fields])]];

const apart = tensor([13, location], [14, 1]);
const sparse = message([[1, apart]]);
const subgraph = message([[5, apart]]);

const files: Readonly<Record<string, Field[]>> = {
  'an initializer': model([5, apart]),
  'an initializer whose location comes twice': model([5, tensor([13, location], [14, 0], [14, 1])]),
  'a location beyond 32 bits': model([5, tensor([14, 2 ** 32 + 1])]),
  'a place without a location': model([5, tensor([13, location])]),
  'a sparse initializer': model([15, sparse]),
  'a constant': model([1, constant(attribute(5, apart))]),
  'a list of tensors': model([1, constant(attribute(10, apart))]),
  'a sparse constant': model([1, constant(attribute(22, sparse))]),
  'a graph in a node': model([1, constant(attribute(6, subgraph))]),
  'a list of graphs in a node': model([1, constant(attribute(11, subgraph))]),
  'a function': [...model(), [25, message([[7, constant(attribute(5, apart))]])]],
  'a training graph': [...model(), [20, message([[2, subgraph]])]],
};

for (const [place, fields] of Object.entries(files)) {
  test(`numbers in another file are refused in ${place}`, () => {
    const bytes = Buffer.concat([...message(fields)]);
    const refusal = new StageError(
      'Expected all weights in net.onnx, but w is in another file: save it as one file.',
    );
    assert.throws(() => readOnnxGraph(bytes, 'net.onnx'), refusal);
    assert.throws(() => readOnnxFacts(bytes, 'net.onnx'), refusal);
  });
}

test('a tensor whose location is this file is read', () => {
  const bytes = Buffer.concat([...message(model([5, tensor([14, 0])]))]);
  assert.deepEqual([...readOnnxGraph(bytes, 'net.onnx').initializers.keys()], ['w']);
});
