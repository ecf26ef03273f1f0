import { readFileSync, statSync } from 'node:fs';
import type { LayersModel } from '@tensorflow/tfjs';
import { formatCount } from '../../src/format-numbers.ts';
import { drawNet } from '../../src/learning/charts/draw-net.ts';
import { countParameters } from '../../src/learning/models/count-parameters.ts';
import { headOf } from '../../src/learning/models/feature-head.ts';
import { graphPicture, listGraph } from '../../src/learning/models/graph-listing.ts';
import { openGraph, unfilledNetwork } from '../../src/learning/models/graph-network.ts';
import { usualInput } from '../../src/learning/models/input-settings.ts';
import { formatTotals } from '../../src/learning/models/layers/net-facts.ts';
import { netPicture } from '../../src/learning/models/layers/net-picture.ts';
import { traceLayers } from '../../src/learning/models/layers/trace-net.ts';
import { loadGraphLayers } from '../../src/learning/models/model-files.ts';
import { graphOf, type ModelInfo, readModelInfo } from '../../src/learning/models/model-info.ts';
import { modelSetting, netOf } from '../../src/learning/models/model-setting.ts';
import { fileName } from '../../src/learning/models/onnx/file-name.ts';
import { readOnnxFacts } from '../../src/learning/models/onnx/onnx-file.ts';
import { err, ok, type Result } from '../../src/result.ts';
import { StageError } from '../../src/stage.ts';

/** What the leaderboard shows of a network. */
export interface Candidate {
  /** Learnable ones. */
  readonly parameters: number;
  /** The network as SVG, or why it cannot be drawn. */
  draw(title: string): Promise<Result<string, string>>;
}

/** Opens a `model` artifact or an ONNX file. Throws a {@link StageError} for another one. */
export const openCandidate = (path: string): Candidate =>
  statSync(path).isFile() ? ofFile(path) : ofModel(path);

function ofFile(path: string): Candidate {
  const { parameters } = readOnnxFacts(readFileSync(path), fileName(path));
  return {
    parameters,
    draw: (title) => {
      const opened = openGraph(path);
      const size = opened.size ?? usualInput.imageSize;
      return drawGraph(() => unfilledNetwork(opened, size), `${title} at ${size} x ${size}`);
    },
  };
}

function ofModel(folder: string): Candidate {
  const info = readModelInfo(folder);
  const { input } = info;
  const isGraph = info.onnx !== undefined || graphOf(info) !== undefined;
  const size = 'size' in input ? ` at ${input.size} x ${input.size}` : '';
  return {
    parameters: countParameters(folder, info),
    draw: async (title) =>
      isGraph
        ? await drawGraph(() => loadGraphLayers(folder, info), `${title}${size}`)
        : drawModel(info, title),
  };
}

/** The network of a file, by its modules. */
async function drawGraph(
  load: () => Promise<LayersModel>,
  title: string,
): Promise<Result<string, string>> {
  try {
    return ok(drawNet(graphPicture(await listGraph(load), title)));
  } catch (error) {
    // Such a file may compute with operators that do not become layers.
    if (error instanceof StageError) return err(error.message.replace(/\.$/, ''));
    throw error;
  }
}

/**
 * A model's network as SVG, as `restage model` draws it; of one that takes features, the layers
 * after them.
 */
function drawModel(info: ModelInfo, title: string): Result<string, string> {
  const { architecture, classes, input } = info;
  const setting = modelSetting.safeParse(architecture);
  if (!setting.success)
    return err(`expected a network of known layers, got "${String(architecture)}"`);
  const isHead = 'values' in input;
  const net = (isHead ? headOf : netOf)(setting.data, classes.length);
  const traced = traceLayers(net.layers, isHead ? [input.values] : [input.size, input.size, 3]);
  if (!traced.ok) return err(traced.error.message);
  const seen = isHead ? `${formatCount(input.values)} features` : `${input.size} x ${input.size}`;
  return ok(drawNet(netPicture(traced.value, `${title} at ${seen}`, formatTotals(traced.value))));
}
