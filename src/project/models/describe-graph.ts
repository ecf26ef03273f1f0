import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJson } from '../../engine/files/write-atomic.ts';
import { readTfjsNetwork } from '../../learning/models/graph/tfjs/tfjs-network.ts';
import { graphOf, infoFile, type ModelInfo, modelInfo } from '../../learning/models/model-info.ts';
import { besideManifest } from '../../learning/models/weights/shards.ts';
import { isTfjsFile } from '../../learning/models/weights/weight-files.ts';
import { StageError } from '../../stage.ts';
import { mistake } from '../pipeline-error.ts';
import type { ModelDescription } from './describe-model.ts';
import { pathOfWord } from './file-word.ts';
import { usualSize } from './find-model.ts';

interface GraphOptions {
  /** Absolute path where words are looked up. */
  readonly folder: string;
  /** Pixels a side, for a file that leaves them free. */
  readonly imageSize?: number | undefined;
  readonly classes?: number | undefined;
}

/**
 * Whether a word names the network of a file: an ONNX file, a tfjs model whose layers are all known
 * here, or the folder of a model that began as one.
 */
export function namesGraph(word: string, folder: string): boolean {
  const path = pathOfWord(word, folder);
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  if (word.endsWith('.onnx')) return isFile;
  if (isFile) return isTfjsFile(path) && isWhole(path);
  if (!existsSync(join(path, infoFile))) return false;
  const { data: info } = modelInfo.safeParse(readJson(join(path, infoFile)));
  return info !== undefined && (info.onnx !== undefined || graphOf(info) !== undefined);
}

/** Whether the topology of a tfjs model can be listed; else its tensors are. */
function isWhole(path: string): boolean {
  try {
    const { graph } = readTfjsNetwork(path, basename(path), besideManifest(path));
    return graph.nodes.every(({ domain }) => domain === '');
  } catch (error) {
    if (error instanceof StageError) return false;
    throw error;
  }
}

/** The network of a file, node by node. Throws a `PipelineError`. */
export async function describeGraph(
  word: string,
  { folder, imageSize, classes }: GraphOptions,
): Promise<ModelDescription> {
  if (classes !== undefined) {
    const message = `"--classes ${classes}" applies to named networks only; ${word} has its own`;
    throw mistake('no-classes', message, 'Leave `--classes` out.');
  }
  const { formatGraphTotals, graphPicture } = await import(
    '../../learning/models/graph-listing.ts'
  );
  const { rows, size, summary } = await list(word, folder, imageSize);
  const title = `${basename(word)} at ${size} x ${size}`;
  return {
    title,
    summary,
    input: `${size} x ${size} x 3`,
    layers: rows.map(({ name, operator, output, parameters, multiplyAdds }) => ({
      name,
      does: operator,
      output,
      parameters,
      multiplyAdds,
    })),
    totals: formatGraphTotals(rows),
    draw: async () => {
      const { drawNet } = await import('../../learning/charts/draw-net.ts');
      return drawNet(graphPicture(rows, title));
    },
  };
}

/** Loads tfjs, which nobody needs who lists another network. */
async function list(word: string, folder: string, wanted: number | undefined) {
  const { imageSizeOf, openGraph, unfilledNetwork } = await import(
    '../../learning/models/graph-network.ts'
  );
  const { listGraph } = await import('../../learning/models/graph-listing.ts');
  const { loadGraphLayers } = await import('../../learning/models/model-files.ts');
  const path = pathOfWord(word, folder);
  try {
    if (statSync(path).isFile()) {
      const opened = openGraph(path, besideManifest(path));
      const isTfjs = opened.format === 'tfjs';
      const usual = isTfjs && opened.size === undefined ? usualSize : undefined;
      const size = imageSizeOf(opened, wanted ?? usual);
      const rows = await listGraph(() => unfilledNetwork(opened, size));
      const what = isTfjs ? 'a tfjs model' : 'an ONNX file';
      return { rows, size, summary: `The network of ${what}.` };
    }
    const info = modelInfo.parse(readJson(join(path, infoFile)));
    const size = sizeOf(info, word, wanted);
    const rows = await listGraph(() => loadGraphLayers(path, info));
    return { rows, size, summary: `The network of an ONNX file, in ${word}.` };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    throw mistake('no-model', error.message);
  }
}

function sizeOf({ input }: ModelInfo, word: string, wanted: number | undefined): number {
  if (!('size' in input)) throw new StageError(`Expected a network that sees images in ${word}.`);
  if (wanted === undefined || wanted === input.size) return input.size;
  throw new StageError(
    `Expected images of ${input.size} pixels a side, as ${word} takes them, got ${wanted}.`,
  );
}
