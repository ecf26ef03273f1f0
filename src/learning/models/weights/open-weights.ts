import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StageError } from '../../../stage.ts';
import { bundleStart } from './javascript-module.ts';
import { openKerasH5 } from './keras-h5.ts';
import { withoutPrefixes } from './name-prefixes.ts';
import { openPytorch } from './pytorch-file.ts';
import { openSafetensors } from './safetensors.ts';
import { isShardIndex, openShardedSafetensors } from './sharded-safetensors.ts';
import { among, besideManifest, type FindShard } from './shards.ts';
import { openTfjsManifest } from './tfjs-manifest.ts';
import { readBytes, readJson, type StoredWeights } from './weight-files.ts';

/**
 * Opens one file of weights, its folder, or a manifest and shards; throws a {@link StageError}
 * otherwise. Names do not matter. Shards are those of the list, or as `findShard` finds them.
 */
export async function openWeights(
  paths: readonly string[],
  findShard: FindShard = among(paths),
): Promise<StoredWeights> {
  const isFolder = paths.length === 1 && isDirectory(paths[0]!);
  const path = isFolder ? findInFolder(paths[0]!) : findInList(paths);
  return withoutPrefixes(await openFile(path, isFolder ? besideManifest(path) : findShard));
}

async function openFile(path: string, findShard: FindShard): Promise<StoredWeights> {
  switch (formatOf(path)) {
    case 'json':
      return openManifest(path, findShard);
    case 'safetensors':
      return openSafetensors(path);
    case 'pytorch':
      return openPytorch(path);
    case 'keras':
      return await openKerasH5(path);
  }
}

function openManifest(path: string, findShard: FindShard): StoredWeights {
  const json = readJson(path, 'a tfjs model or weights manifest');
  return isShardIndex(json)
    ? openShardedSafetensors(path, json, findShard)
    : openTfjsManifest(path, findShard);
}

const formats =
  'tfjs (model.json, weights_manifest.json), safetensors, PyTorch (.pt, .pth), Keras HDF5 (.h5)';
const weightNames =
  /^model(\.json|(\.min)?\.js)$|weights_manifest\.json$|\.safetensors(\.index\.json)?$|\.(h5|hdf5|keras|pth?)$/;

function findInFolder(folder: string): string {
  const all = readdirSync(folder)
    .filter((name) => weightNames.test(name))
    .sort();
  // An index names the shards beside it.
  const indexes = all.filter((name) => name.endsWith('.index.json'));
  const names = indexes.length === 1 ? indexes : all;
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
  const manifests = paths.filter((path) => /\.json$/.test(path) || isWrappedManifest(path));
  if (manifests.length === 1) return manifests[0]!;
  const names = paths.map((path) => basename(path)).join(', ');
  throw new StageError(
    `Expected one file of weights, or one manifest with its shards, got ${names}.`,
  );
}

/** A stage sees a file under the name of its port, but shards keep theirs. */
const isWrappedManifest = (path: string): boolean =>
  path.endsWith('.js') && !/shard\d+of\d+(\.min)?\.js$/.test(path);

function formatOf(path: string): 'json' | 'safetensors' | 'pytorch' | 'keras' {
  const text = Buffer.from(readBytes(path, 0, 9)).toString('latin1');
  if (text.startsWith('\x89HDF\r\n\x1a\n')) return 'keras';
  // Before JSON: a header's length, which comes first, may have the bytes of " {", but unlike a
  // text it ends in zeros.
  if (text.slice(4) === '\0\0\0\0{') return 'safetensors';
  if (/^\s*[[{]/.test(text) || text === bundleStart) return 'json';
  if (text[8] === '{') return 'safetensors';
  // A zip, or a pickle of a protocol that has a header: 2 to 5.
  if (text.startsWith('PK') || text.startsWith('\x80')) return 'pytorch';
  const advice = path.endsWith('.onnx')
    ? ': an ONNX file, which train, load-model and embed take as the input `onnx`'
    : '';
  throw new StageError(
    `Expected weights, ${formats}, but ${path} has none of these formats${advice}.`,
  );
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
