import { readdirSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { StageError } from '../../../stage.ts';
import { openKerasH5 } from './keras-h5.ts';
import { readBytes } from './read-bytes.ts';
import { openSafetensors } from './safetensors.ts';
import type { StoredWeights, WeightFormat } from './stored-weights.ts';
import { besideManifest, openTfjsManifest } from './tfjs-manifest.ts';

/**
 * Opens the weights that `paths` are: one file, the folder of one, or a manifest and its shards. What a file is shows in
 * its first bytes, whatever its name. Throws a {@link StageError} where that is not one file of weights.
 */
export async function openWeights(paths: readonly string[]): Promise<StoredWeights> {
  const [first] = paths as readonly [string];
  const isFolder = paths.length === 1 && isDirectory(first);
  const found = isFolder ? findInFolder(first) : findInList(paths);
  switch (found.format) {
    case 'tfjs':
      // Shards of a list are found by their names: a stage sees its inputs in other folders than their owner.
      return openTfjsManifest(
        found.path,
        isFolder ? besideManifest(found.path) : (name) => paths.find((path) => path.endsWith(sep + name)),
      );
    case 'safetensors':
      return openSafetensors(found.path);
    case 'keras':
      return await openKerasH5(found.path);
  }
}

interface Found {
  readonly path: string;
  readonly format: WeightFormat;
}

const formats = 'tfjs (model.json, weights_manifest.json), safetensors, Keras HDF5 (.h5)';

function findInFolder(folder: string): Found {
  const names = readdirSync(folder)
    .filter(
      (name) => name === 'model.json' || /weights_manifest\.json$|\.safetensors$|\.(h5|hdf5|keras|pth?)$/.test(name),
    )
    .sort();
  const [name] = names;
  if (name === undefined) throw new StageError(`Expected weights in the folder ${folder}: ${formats}; got none.`);
  if (names.length > 1) {
    throw new StageError(
      `Expected one file of weights in the folder ${folder}, got ${names.join(', ')}: name the one.`,
    );
  }
  return recognise(join(folder, name));
}

function findInList(paths: readonly string[]): Found {
  const folder = paths.length > 1 ? paths.find(isDirectory) : undefined;
  if (folder !== undefined)
    throw new StageError(`Expected a file of weights and its shards, got the folder ${folder}.`);
  if (paths.length === 1) return recognise(paths[0]!);
  const manifests = paths.filter((path) => path.endsWith('.json'));
  if (manifests.length === 1) return recognise(manifests[0]!);
  const names = paths.map((path) => basename(path)).join(', ');
  throw new StageError(`Expected one file of weights, or one manifest with its shards, got ${names}.`);
}

function recognise(path: string): Found {
  const bytes = readBytes(path, 0, 9);
  const text = Buffer.from(bytes).toString('latin1');
  if (text.startsWith('\x89HDF\r\n\x1a\n')) return { path, format: 'keras' };
  // Before JSON: a header's length, which comes first, may have the bytes of " {", but ends in zeros, as no text does.
  if (text.slice(4) === '\0\0\0\0{') return { path, format: 'safetensors' };
  if (/^\s*[[{]/.test(text)) return { path, format: 'tfjs' };
  if (text[8] === '{') return { path, format: 'safetensors' };
  const isZip = text.startsWith('PK');
  const advice = isZip ? ': a zip, as PyTorch and Keras 3 save; save it again as safetensors' : '';
  throw new StageError(`Expected weights, ${formats}, but ${path} begins as none of these${advice}.`);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
