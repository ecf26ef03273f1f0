import { StageError } from '../../../stage.ts';
import { type NumberType, toFloat32 } from './number-types.ts';
import { PickleReader, type PickleValue } from './pickle.ts';
import { type PytorchType, pytorchNames, Storage, TensorView, widthOf } from './pytorch-names.ts';
import {
  byName,
  readBytes,
  type StoredTensor,
  type StoredWeights,
  sizeOfFile,
} from './weight-files.ts';
import { type ZipEntry, zipEntries } from './zip-entries.ts';

/** Where the numbers of each storage lie in the file, by the storage's key. */
interface StoredRuns {
  readonly runs: ReadonlyMap<string, { readonly start: number; readonly size: number }>;
  readonly isBigEndian: boolean;
}

/**
 * Opens what `torch.save` wrote: since version 1.6 a zip with `data.pkl` and a file for each
 * storage, before that a row of pickles and the storages behind them (torch/serialization.py). The
 * pickle says what lies where, and values are read from their place. Throws a {@link StageError}
 * for a damaged file, or for one that holds more than tensors, collections, numbers and texts.
 */
export function openPytorch(path: string): StoredWeights {
  const isZip = readBytes(path, 0, 2).join() === '80,75';
  const { content, ...stored } = isZip ? readZip(path) : readOldForm(path);
  const { part, values } = tensorsIn(path, content);
  const tensors = Array.from(values, ([name, view]) => storedTensor(path, name, view, stored));
  return {
    path,
    tensors: byName(path, tensors),
    ...(part !== undefined && { part }),
    [Symbol.dispose]() {},
  };
}

function readZip(path: string): StoredRuns & { readonly content: PickleValue } {
  const entries = zipEntries(path);
  const tables = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [table] = tables;
  if (table === undefined || tables.length > 1) throw noTable(path, entries);
  const folder = table.slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw new StageError(
      `Expected weights in ${path}, got a program of TorchScript: save the weights alone, torch.save(model.state_dict(), "weights.pth").`,
    );
  }
  const { start, size } = entries.get(table)!;
  const content = new PickleReader(path, start, start + size).read(pytorchNames);
  const order = entries.get(`${folder}byteorder`);
  const isBigEndian =
    order !== undefined &&
    Buffer.from(readBytes(path, order.start, Math.min(order.size, 10))).toString() === 'big';
  const runs = new Map<string, ZipEntry>();
  for (const [name, entry] of entries) {
    if (name.startsWith(`${folder}data/`)) runs.set(name.slice(folder.length + 5), entry);
  }
  return { content, runs, isBigEndian };
}

function noTable(path: string, entries: ReadonlyMap<string, ZipEntry>): StageError {
  if (entries.has('model.weights.h5')) {
    return new StageError(
      `Expected weights of PyTorch in the zip ${path}, got a model of Keras 3: save it again as HDF5 (.h5) by Keras 2, or as safetensors.`,
    );
  }
  return new StageError(
    `Expected one data.pkl in the folder of the zip ${path}, as torch.save writes it, got ${[...entries.keys()].slice(0, 3).join(', ') || 'no files'}.`,
  );
}

/** The first number of every file of the old form. */
const magic = 0x1950a86a20f9469cfc6cn;
const oldVersion = 1001;

/**
 * The old form: pickles of the magic number, the version, the writing machine, the content and the
 * storages' keys; then, for each key, how many numbers it has, and these. All little-endian.
 */
function readOldForm(path: string): StoredRuns & { readonly content: PickleValue } {
  const size = sizeOfFile(path);
  const reader = new PickleReader(path, 0, size);
  if (reader.read(pytorchNames) !== magic || reader.read(pytorchNames) !== oldVersion) {
    throw new StageError(
      `Expected weights of PyTorch in ${path}, got a pickle of another program: save the weights by torch.save(model.state_dict(), "weights.pth").`,
    );
  }
  reader.read(pytorchNames);
  const storages = new Map<string, Storage>();
  const content = reader.read({
    ...pytorchNames,
    persistent(id) {
      const storage = pytorchNames.persistent(id);
      if (storage instanceof Storage) storages.set(storage.key, storage);
      return storage;
    },
  });
  const keys = reader.read(pytorchNames);
  if (!Array.isArray(keys)) throw reader.damaged('is damaged: it does not list its storages');
  const runs = new Map<string, { start: number; size: number }>();
  let at = reader.position;
  for (const key of keys) {
    const storage = storages.get(nameOf(key));
    if (storage === undefined)
      throw reader.damaged(`is damaged: nothing uses the storage ${nameOf(key)}`);
    const count = readBytes(path, at, 8);
    const numbers = count.length < 8 ? 0n : new DataView(count.buffer).getBigUint64(0, true);
    const bytes = Number(numbers) * (storage.type === undefined ? 1 : widthOf(storage.type));
    if (count.length < 8 || at + 8 + bytes > size) {
      throw reader.damaged(`ends within the storage ${nameOf(key)}: it is cut short`);
    }
    runs.set(storage.key, { start: at + 8, size: bytes });
    at += 8 + bytes;
  }
  return { content, runs, isBigEndian: false };
}

interface TensorsOfPart {
  /** Absent where the file is the dictionary of tensors itself. */
  readonly part?: string;
  readonly values: ReadonlyMap<string, TensorView>;
}

/** The parts of a checkpoint that hold the weights, the most exact name first. */
const usualParts = ['state_dict', 'model_state_dict', 'model'];

/**
 * The state dict of a file: the dictionary itself, or the part of it that has tensors. Deeper
 * collections, such as those of an optimizer, are not searched.
 */
function tensorsIn(path: string, content: PickleValue): TensorsOfPart {
  if (!(content instanceof Map)) {
    const got = content instanceof TensorView ? 'one tensor' : 'another value';
    throw new StageError(`Expected a state dict in ${path}, a dictionary of tensors, got ${got}.`);
  }
  const direct = ownTensors(content);
  if (direct.size > 0) return { values: direct };
  const parts = [...content].flatMap(([name, value]) => {
    const values = value instanceof Map ? ownTensors(value) : new Map<string, TensorView>();
    return values.size > 0 ? [{ part: nameOf(name), values }] : [];
  });
  const usual = usualParts.flatMap((name) => parts.filter(({ part }) => part === name));
  const chosen = usual[0] ?? (parts.length === 1 ? parts[0] : undefined);
  if (chosen !== undefined) return chosen;
  const names = parts.length > 0 ? parts.map(({ part }) => part) : [...content.keys()].map(nameOf);
  const got = names.slice(0, 5).join(', ').slice(0, 200) || 'nothing';
  throw new StageError(
    `Expected tensors in ${path}, or one dictionary of them, such as ${usualParts.join(', ')}; got ${got}.`,
  );
}

/** A key as text. A tuple may hold itself many times over, and its text would have no end. */
const nameOf = (key: PickleValue): string =>
  typeof key === 'string' || typeof key === 'number' ? String(key) : 'another value';

function ownTensors(map: ReadonlyMap<PickleValue, PickleValue>): ReadonlyMap<string, TensorView> {
  const tensors = new Map<string, TensorView>();
  for (const [name, value] of map) {
    if (typeof name === 'string' && value instanceof TensorView) tensors.set(name, value);
  }
  return tensors;
}

/** Types that are read as float32; others, such as counters, may stand beside them unread. */
const readable: ReadonlySet<PytorchType> = new Set(['float32', 'float16', 'bfloat16', 'float64']);

/** A view may repeat numbers of its storage (`expand`), but not without a bound. */
const mostRepeated = 2 ** 24;

function storedTensor(
  path: string,
  name: string,
  view: TensorView,
  { runs, isBigEndian }: StoredRuns,
): StoredTensor {
  const { storage, type, shape, strides } = view;
  const run = runs.get(storage.key);
  if (run === undefined) {
    throw new StageError(`Expected the storage ${storage.key} of ${name} in ${path}, got none.`);
  }
  const width = widthOf(type);
  const count = shape.reduce((product, length) => product * length, 1);
  const reach = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, 1);
  // A storage of another type than the view's counts in its own numbers.
  const storageWidth = storage.type === undefined ? 1 : widthOf(storage.type);
  const start = storage.offset * storageWidth + view.offset * width;
  const end = start + (count === 0 ? 0 : reach * width);
  const shown = `${name} of ${type} ${shape.join(' x ')}`;
  if (end > run.size) {
    throw new StageError(
      `Expected ${end} bytes of the storage ${storage.key} for ${shown} in ${path}, got ${run.size}.`,
    );
  }
  if (!Number.isSafeInteger(count) || count > Math.max(run.size / width, mostRepeated)) {
    throw new StageError(
      `Expected at most as many values of ${shown} in ${path} as its storage of ${run.size} bytes holds.`,
    );
  }
  const read = () => {
    if (!readable.has(type)) {
      throw new StageError(
        `Expected ${name} in ${path} to be of ${[...readable].join(', ')}, got ${type}.`,
      );
    }
    const bytes = readBytes(path, run.start + start, end - start);
    if (isBigEndian) swapBytes(bytes, width);
    return arrange(toFloats(type, bytes), shape, strides, count);
  };
  return { name, shape, type, bytes: count * width, read };
}

function toFloats(type: PytorchType, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  return type === 'float64'
    ? Float32Array.from(new Float64Array(bytes.buffer))
    : toFloat32(type as NumberType, bytes);
}

function swapBytes(bytes: Uint8Array<ArrayBuffer>, width: number): void {
  const buffer = Buffer.from(bytes.buffer);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else if (width === 8) buffer.swap64();
}

/** The values of a view in row-major order; a view that has this order already is not copied. */
function arrange(
  numbers: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  count: number,
): Float32Array {
  let usual = 1;
  const isInOrder = shape.every((_, i) => {
    const axis = shape.length - 1 - i;
    const length = shape[axis]!;
    const fits = length === 1 || strides[axis] === usual;
    usual *= length;
    return fits;
  });
  if (isInOrder || count === 0) return numbers;
  // Axes of one value would only cost time.
  const axes = shape.flatMap((length, axis) =>
    length > 1 ? [{ length, step: strides[axis]! }] : [],
  );
  const result = new Float32Array(count);
  let to = 0;
  const follow = (depth: number, from: number): void => {
    const { length, step } = axes[depth]!;
    for (let i = 0; i < length; i++) {
      if (depth === axes.length - 1) result[to++] = numbers[from + i * step]!;
      else follow(depth + 1, from + i * step);
    }
  };
  follow(0, 0);
  return result;
}
