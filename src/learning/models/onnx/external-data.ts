import { StageError } from '../../../stage.ts';
import { fieldMap, numbersOf, textsOf } from './protobuf-fields.ts';

/** Numbers of fields of TensorProto in onnx.proto3. */
const tensor = { name: 8, external: 13, location: 14 } as const;

/** The messages of onnx.proto3 that hold tensors, by the numbers of fields that lead to them. */
const messages = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
} as const satisfies Record<string, Readonly<Record<number, string>>>;

type Kind = keyof typeof messages;

/**
 * Throws a {@link StageError} for a file that has a tensor, anywhere, whose numbers lie in another
 * file: ONNX Runtime would read any file of the disk. Throws a RangeError for bytes of another
 * format.
 */
export function checkOneFile(bytes: Uint8Array, file: string): void {
  const name = externalTensor(bytes, 'model');
  if (name === undefined) return;
  throw new StageError(
    `Expected all weights in ${file}, but ${name || 'a tensor'} is in another file: save it as one file.`,
  );
}

/**
 * The name of the first such tensor. Of a field that comes twice, protobuf takes the last value or
 * joins both: every one of them counts here.
 */
function externalTensor(bytes: number | Uint8Array, kind: Kind): string | undefined {
  const fields = fieldMap(bytes);
  if (kind === 'tensor') {
    const isApart =
      fields.has(tensor.external) ||
      numbersOf(fields, tensor.location).some((location) => location !== 0);
    return isApart ? (textsOf(fields, tensor.name)[0] ?? '') : undefined;
  }
  for (const [number, part] of Object.entries<Kind>(messages[kind])) {
    for (const value of fields.get(Number(number)) ?? []) {
      const name = externalTensor(value, part);
      if (name !== undefined) return name;
    }
  }
  return undefined;
}
