import { constants } from 'node:fs';
import { resolve } from 'node:path';
import type { Dataset, Entity, File, Group } from 'h5wasm/node';
import { StageError } from '../../../stage.ts';
import { byName, type StoredTensor, type StoredWeights, sizeOfFile } from './weight-files.ts';

let broken = false;

/** Whether the library has crashed in this thread, and can read no other file. */
export const isBroken = (): boolean => broken;

/**
 * Opens HDF5 of Keras up to version 2: `block1_conv1/kernel`. Throws a {@link StageError} for one
 * of another kind. A damaged one may also crash or occupy the library: see `keras-h5.ts`.
 */
export async function openUnchecked(path: string): Promise<StoredWeights> {
  // Some megabytes of WebAssembly, loaded only here.
  const { default: h5wasm } = await import('h5wasm/node');
  const library = await h5wasm.ready;
  // Otherwise HDF5 prints errors and continues.
  library.activate_throwing_error_handler();
  forgetPlugins(library);
  const attempt = <T>(doing: string, work: () => T, opened?: string): T => {
    try {
      return withoutOtherFiles(path, library.FS, work, opened);
    } catch (error) {
      if (error instanceof StageError) throw error;
      throw new StageError(
        `Expected Keras weights in HDF5, but ${doing} ${path} failed: ${innermost(error)}.`,
      );
    }
  };
  const file = attempt('opening', () => new h5wasm.File(path, 'r'), path);
  try {
    const tensors = attempt('reading the names in', () => list(path, file, attempt));
    return { path, tensors: byName(path, tensors), [Symbol.dispose]: () => void file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * HDF5 looks for plugins, which are programs, whenever a file does not open, and would be refused
 * their folder in place of saying what is wrong with the file.
 */
function forgetPlugins(library: Awaited<typeof import('h5wasm/node').ready>): void {
  while (library.get_plugin_search_paths().length > 0) library.remove_plugin_search_path(0);
}

/** How the library, which sees all files of this machine, opens one. */
type LibraryFiles = Awaited<typeof import('h5wasm/node').ready>['FS'];

/**
 * An error that the library takes for "permission denied" of WebAssembly's interface to a system.
 */
const permissionDenied = () =>
  Object.assign(new Error('permission denied'), { name: 'ErrnoError', errno: 2 });

/**
 * Whether a file is opened only if it does not exist yet: the library writes its errors into one,
 * and nobody's bytes can be read from it.
 */
const isNew = (flags: unknown): boolean =>
  typeof flags === 'number' &&
  (flags & constants.O_CREAT) !== 0 &&
  (flags & constants.O_EXCL) !== 0;

/**
 * The result of `work`, in which the library may open `opened` alone. A file may ask for others, by
 * external links, external data and virtual datasets: a stranger's would then read what its user
 * can read. Throws a {@link StageError} for such a file.
 */
function withoutOtherFiles<T>(
  path: string,
  files: LibraryFiles,
  work: () => T,
  opened: string | undefined,
): T {
  const { open } = files;
  const refused: string[] = [];
  files.open = (name, flags, ...options) => {
    const isAllowed = opened !== undefined && resolve(String(name)) === resolve(opened);
    if (isAllowed || isNew(flags)) return open.call(files, name, flags, ...options);
    refused.push(String(name));
    throw permissionDenied();
  };
  try {
    const result = work();
    // HDF5 puts zeros where a file of a virtual dataset is missing.
    if (refused.length === 0) return result;
  } catch (error) {
    if (error instanceof Error && error.name === 'RuntimeError') broken = true;
    if (refused.length === 0) throw error;
  } finally {
    files.open = open;
  }
  throw new StageError(
    `Expected all weights in ${path} itself, but it refers to the file ${refused[0]!.slice(0, 200)}: save the weights again into one file.`,
  );
}

function list(
  path: string,
  file: File,
  attempt: <T>(doing: string, work: () => T) => T,
): readonly StoredTensor[] {
  // A whole model has its weights in a group; a file with only weights is that group.
  const root = file.keys().includes('model_weights') ? groupOf(file.get('model_weights')) : file;
  const layers = root === undefined ? undefined : names(root, 'layer_names');
  if (root === undefined || layers === undefined) {
    throw new StageError(
      `Expected Keras weights, but ${path} has no attribute layer_names; what Keras 3 saves, save again as safetensors or by Keras 2.`,
    );
  }
  const tensors = layers.flatMap((layer) => {
    const group = groupOf(root.get(layer));
    return (group === undefined ? [] : (names(group, 'weight_names') ?? [])).map((name) => {
      const dataset = group!.get(name);
      if (!isDataset(dataset))
        throw new StageError(`Expected the tensor ${name} of ${layer} in ${path}, got none.`);
      const called = `${layer}/${ownName(layer, name)}`;
      const read = () => attempt(`reading ${called} of`, () => floats(path, called, dataset));
      const shape = [...(dataset.shape ?? [])];
      const count = shape.reduce((product, length) => product * length, 1);
      const bytes = count * dataset.metadata.size;
      return { name: called, shape, type: typeOf(dataset), bytes, read };
    });
  });
  checkSize(path, tensors);
  return tensors;
}

/** Compressed weights take a third of their bytes or more, unless nearly all of them are zero. */
const mostExpansion = 16;
/** Small tensors of zeros, such as biases, compress without a bound. */
const alwaysAllowed = 2 ** 26;

/** HDF5 fills what a file leaves out, so that a small one may ask for gigabytes. */
function checkSize(path: string, tensors: readonly StoredTensor[]): void {
  const size = sizeOfFile(path);
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const most = alwaysAllowed + mostExpansion * size;
  if (bytes <= most) return;
  throw new StageError(
    `Expected at most ${most} bytes of tensors in ${path}, which is ${size} bytes long, got ${bytes}: save the weights again without compression.`,
  );
}

/** `float32` for `<f` of four bytes. */
const typeOf = ({ dtype, metadata }: Dataset): string =>
  /^[<>|]?f$/.test(String(dtype)) ? `float${8 * metadata.size}` : String(dtype);

/** The list of names in an attribute; Keras splits a long one into `name0`, `name1`, …. */
function names(group: Group, attribute: string): readonly string[] | undefined {
  const { attrs } = group;
  const parts = attribute in attrs ? [attribute] : [];
  while (`${attribute}${parts.length}` in attrs) parts.push(`${attribute}${parts.length}`);
  if (parts.length === 0) return undefined;
  return parts.flatMap((part) => [attrs[part]!.value ?? []].flat().map(String));
}

/** The names of Keras 1, each after the name of its layer. Its `running_std` holds the variance. */
const keras1: ReadonlyMap<string, string> = new Map(
  Object.entries({
    W: 'kernel',
    b: 'bias',
    running_mean: 'moving_mean',
    running_std: 'moving_variance',
  }),
);

/**
 * `kernel` of `block1_conv1/kernel:0`, the name in TensorFlow, and of `block1_conv1_W:0`, that of
 * Keras 1.
 */
function ownName(layer: string, name: string): string {
  const last = name.split('/').at(-1)!.replace(/:\d+$/, '');
  const weightName = last.startsWith(`${layer}_`) ? last.slice(layer.length + 1) : last;
  return keras1.get(weightName) ?? weightName;
}

/** Far larger than the tensors of published networks. */
const mostBytes = 2 ** 30;

function floats(path: string, name: string, dataset: Dataset): Float32Array {
  const { shape, metadata } = dataset;
  const bytes = (shape ?? []).reduce((product, length) => product * length, metadata.size);
  if (bytes > mostBytes) {
    throw new StageError(`Expected at most 1 GiB for ${name} in ${path}, got ${bytes} bytes.`);
  }
  const { value } = dataset;
  if (value instanceof Float32Array) return value;
  if (value instanceof Float64Array) return Float32Array.from(value);
  throw new StageError(
    `Expected floating-point numbers for ${name} in ${path}, got ${String(dataset.dtype)}.`,
  );
}

const isOf = (entity: Entity | null, type: string) =>
  entity !== null && 'type' in entity && entity.type === type;
const groupOf = (entity: Entity | null) => (isOf(entity, 'Group') ? (entity as Group) : undefined);
const isDataset = (entity: Entity | null): entity is Dataset => isOf(entity, 'Dataset');

/** HDF5 reports an error from the outermost call inwards; the last line names the cause. */
function innermost(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.match(/^ *#\d+:.*$/gm);
  return (lines?.at(-1)?.replace(/^.*?\(\): /, '') ?? text).trim();
}
