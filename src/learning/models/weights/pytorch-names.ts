import type { Charge, PickleNames, PickleObject, PickleValue } from './pickle.ts';

/** The types of numbers in PyTorch's storages, with the bytes of one. */
const widths = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  complex64: 8,
  complex128: 16,
} as const;
export type PytorchType = keyof typeof widths;

export const widthOf = (type: PytorchType): number => widths[type];

const storageTypes: ReadonlyMap<string, PytorchType> = new Map([
  ['DoubleStorage', 'float64'],
  ['FloatStorage', 'float32'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['BoolStorage', 'bool'],
  ['ComplexFloatStorage', 'complex64'],
  ['ComplexDoubleStorage', 'complex128'],
]);

/** A run of numbers of a file, which tensors are views of. */
export class Storage {
  readonly object = 'a storage';
  readonly key: string;
  /** Undefined for bytes, whose tensors say what they are. */
  readonly type: PytorchType | undefined;
  /** In numbers; in bytes where there is no type. */
  readonly length: number;
  /** Numbers of the stored run before this one's first. */
  readonly offset: number;

  constructor(key: string, type: PytorchType | undefined, length: number, offset = 0) {
    this.key = key;
    this.type = type;
    this.length = length;
    this.offset = offset;
  }
}

/** A tensor as a view of a storage: value `i, j` is number `offset + i * s0 + j * s1`. */
export class TensorView {
  readonly object = 'a tensor';
  readonly storage: Storage;
  readonly type: PytorchType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: Storage,
    type: PytorchType,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.type = type;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

class StorageType {
  readonly object: string;
  readonly type: PytorchType | undefined;

  constructor(name: string, type: PytorchType | undefined) {
    this.object = name;
    this.type = type;
  }
}

class NumberTypeName {
  readonly object: string;
  readonly type: PytorchType;

  constructor(type: PytorchType) {
    this.object = `torch.${type}`;
    this.type = type;
  }
}

/** What a name of Python makes of its arguments. */
class Maker {
  readonly object: string;
  readonly make: (parameters: readonly PickleValue[], charge: Charge) => PickleValue | undefined;

  constructor(name: string, make: Maker['make']) {
    this.object = name;
    this.make = make;
  }
}

/** A value that no weight needs: a device, bytes. */
const irrelevant: PickleObject = { object: 'a value that is left out' };

/** The closed table of Python names in files of weights. */
const globals: ReadonlyMap<string, PickleObject> = new Map(
  [
    ...Array.from(storageTypes, ([name, type]) => new StorageType(`torch.${name}`, type)),
    new StorageType('torch.storage.UntypedStorage', undefined),
    new StorageType('torch.UntypedStorage', undefined),
    ...Object.keys(widths).map((type) => new NumberTypeName(type as PytorchType)),
    new Maker('torch._utils._rebuild_tensor', makeTensor),
    new Maker('torch._utils._rebuild_tensor_v2', makeTensor),
    new Maker('torch._utils._rebuild_tensor_v3', makeTypedTensor),
    new Maker('torch._utils._rebuild_parameter', ([tensor]) => tensorOnly(tensor)),
    new Maker('torch._utils._rebuild_parameter_with_state', ([tensor]) => tensorOnly(tensor)),
    new Maker('collections.OrderedDict', makeDictionary),
    new Maker('torch.Size', ([sizes]) => (Array.isArray(sizes) ? sizes : undefined)),
    new Maker('torch.device', () => irrelevant),
    new Maker('_codecs.encode', () => irrelevant),
  ].map((value): [string, PickleObject] => [value.object, value]),
);

/** What the names and identifiers in PyTorch's pickles mean. */
export const pytorchNames: PickleNames = {
  global: (module, name) => globals.get(`${module}.${name}`),
  call: (callee, parameters, charge) =>
    callee instanceof Maker ? callee.make(parameters, charge) : undefined,
  persistent: makeStorage,
};

/** `('storage', type, key, location, length)`; the old form adds `(view key, offset, length)`. */
function makeStorage(id: PickleValue): PickleValue | undefined {
  if (!Array.isArray(id) || id[0] !== 'storage') return undefined;
  const [, kind, key, , length, view = null] = id as readonly PickleValue[];
  if (!(kind instanceof StorageType) || typeof key !== 'string' || !isCount(length)) {
    return undefined;
  }
  if (view === null) return new Storage(key, kind.type, length);
  if (!Array.isArray(view) || !isCount(view[1]) || !isCount(view[2])) return undefined;
  return new Storage(key, kind.type, view[2], view[1]);
}

function makeTensor([storage, offset, shape, strides]: readonly PickleValue[]) {
  if (!(storage instanceof Storage) || storage.type === undefined) return undefined;
  return viewOf(storage, storage.type, offset, shape, strides);
}

/** Version 3: bytes, whose type comes last. */
function makeTypedTensor([storage, offset, shape, strides, , , type]: readonly PickleValue[]) {
  if (!(storage instanceof Storage) || !(type instanceof NumberTypeName)) return undefined;
  return viewOf(storage, type.type, offset, shape, strides);
}

function viewOf(
  storage: Storage,
  type: PytorchType,
  offset: PickleValue | undefined,
  shape: PickleValue | undefined,
  strides: PickleValue | undefined,
): TensorView | undefined {
  if (!isCount(offset) || !areCounts(shape) || !areCounts(strides)) return undefined;
  if (shape.length !== strides.length) return undefined;
  return new TensorView(storage, type, offset, shape, strides);
}

const tensorOnly = (value: PickleValue | undefined) =>
  value instanceof TensorView ? value : undefined;

/** Makes a dictionary of nothing, or of pairs. */
function makeDictionary(
  [pairs = []]: readonly PickleValue[],
  charge: Charge,
): PickleValue | undefined {
  if (!Array.isArray(pairs)) return undefined;
  // One list may serve many calls.
  charge(pairs.length);
  const map = new Map<PickleValue, PickleValue>();
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    map.set(pair[0], pair[1]);
  }
  return map;
}

const isCount = (value: PickleValue | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** PyTorch's own limit of axes is 64. */
const areCounts = (values: PickleValue | undefined): values is readonly number[] =>
  Array.isArray(values) && values.length <= 64 && values.every(isCount);
