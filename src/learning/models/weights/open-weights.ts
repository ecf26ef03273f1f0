import { readdirSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { StageError } from '../../../stage.ts';
import { openKerasH5 } from './keras-h5.ts';
import { openSafetensors } from './safetensors.ts';
import { besideManifest, openTfjsManifest } from './tfjs-manifest.ts';
import { readBytes, type StoredWeights } from './weight-files.ts';

/**
 * Opens one file of weights, its folder, or a manifest and shards; throws a {@link StageError}
 * otherwise. Names do not matter.
 */
export async function openWeights(paths: readonly string[]): Promise<StoredWeights> {
  const isFolder = paths.length === 1 && isDirectory(paths[0]!);
  const path = isFolder ? findInFolder(paths[0]!) : findInList(paths);
  switch (formatOf(path)) {
    case 'tfjs':
      // Shards of a list are found by their names, since a stage sees its inputs in private
      // folders.
      return openTfjsManifest(
        path,
        isFolder ? besideManifest(path) : (name) => paths.find((path) => path.endsWith(sep + name)),
      );
    case 'safetensors':
      return openSafetensors(path);
    case 'keras':
      return await openKerasH5(path);
  }
}

const formats = 'tfjs (model.json, weights_manifest.json), safetensors, Keras HDF5 (.h5)';
const weightNames = /^model\.json$|weights_manifest\.json$|\.safetensors$|\.(h5|hdf5|keras|pth?)$/;

function findInFolder(folder: string): string {
  const names = readdirSync(folder)
    .filter((name) => weightNames.test(name))
    .sort();
  const [name] = names;
  if (name === undefined)
    throw new StageError(`Expected weights in the folder ${folder}: ${formats}; got none.`);
  if (names.length === 1) return join(folder, name);
  throw new StageError(
    `Expected one file of weights in the folder ${folder}, got ${names.join(', ')}: name one of them.`,
  );
}

function findInList(paths: readonly string[]): string {
  if (paths.length === 1) return paths[0]!;
  const folder = paths.find(isDirectory);
  if (folder !== undefined) {
    throw new StageError(`Expected a file of weights and its shards, got the folder ${folder}.`);
  }
  const manifests = paths.filter((path) => path.endsWith('.json'));
  if (manifests.length === 1) return manifests[0]!;
  const names = paths.map((path) => basename(path)).join(', ');
  throw new StageError(
    `Expected one file of weights, or one manifest with its shards, got ${names}.`,
  );
}

function formatOf(path: string): 'tfjs' | 'safetensors' | 'keras' {
  const text = Buffer.from(readBytes(path, 0, 9)).toString('latin1');
  if (text.startsWith('\x89HDF\r\n\x1a\n')) return 'keras';
  // Before JSON: a header's length, which comes first, may have the bytes of " {", but unlike a
  // text it ends in zeros.
  if (text.slice(4) === '\0\0\0\0{') return 'safetensors';
  if (/^\s*[[{]/.test(text)) return 'tfjs';
  if (text[8] === '{') return 'safetensors';
  const isZip = text.startsWith('PK');
  const onnxAdvice = path.endsWith('.onnx')
    ? ': an ONNX file, which load-model and embed take as the input `onnx`'
    : '';
  const advice = isZip
    ? ': a zip, as PyTorch and Keras 3 save; save it again as safetensors'
    : onnxAdvice;
  throw new StageError(
    `Expected weights, ${formats}, but ${path} has none of these formats${advice}.`,
  );
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
