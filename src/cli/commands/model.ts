import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findPipelineFile, findRoot } from '../../engine/config/loading/pipeline-files.ts';
import { readJson } from '../../engine/files/write-atomic.ts';
import { formatCount } from '../../format-numbers.ts';
import {
  architectureNames,
  architectures,
} from '../../learning/models/architectures/architectures.ts';
import { addName, countLearnable, showShape } from '../../learning/models/layers/layer.ts';
import { describeLayer } from '../../learning/models/layers/layer-kinds.ts';
import { formatTotals } from '../../learning/models/layers/net-facts.ts';
import {
  type TracedLayer,
  type TracedPlain,
  traceLayers,
} from '../../learning/models/layers/trace-net.ts';
import { infoFile, modelInfo } from '../../learning/models/model-info.ts';
import {
  type ModelSetting,
  modelMistakes,
  modelSetting,
  netOf,
  titleOf,
} from '../../learning/models/model-setting.ts';
import { mistake } from '../../project/pipeline-error.ts';
import { formatTable } from '../../reporting/terminal/text.ts';
import { suggest } from '../../suggest.ts';
import { print, writeUserFile } from '../support/command-error.ts';
import { openSelection } from '../support/open-pipeline.ts';

/** The image size for a named network: the default of `train`. */
const usualSize = 256;

interface ModelOptions {
  readonly set: readonly string[];
  readonly imageSize?: number;
  readonly classes?: number;
  readonly svg?: string;
}

export async function modelCommand(words: readonly string[], options: ModelOptions): Promise<void> {
  if (words.length === 0) {
    const rows = architectureNames.map((name) => [name, architectures[name].summary]);
    return print(formatTable(['network', 'is'], rows).join('\n'));
  }
  const model = await findModel(words, options.set);
  const imageSize = options.imageSize ?? model.imageSize ?? usualSize;
  const traced = trace(model, imageSize, options.classes);
  const title = `${model.title} at ${imageSize} x ${imageSize}`;
  const lines = [`${title}: ${model.summary}`, '', ...formatNet(traced), '', formatTotals(traced)];
  print(lines.join('\n'));
  if (options.svg !== undefined) await draw(traced, title, options.svg);
}

function trace(
  { setting, title }: FoundModel,
  imageSize: number,
  classes: number | undefined,
): readonly TracedLayer[] {
  if (classes !== undefined && typeof setting !== 'string') {
    const message = `"--classes ${classes}" applies to named networks only; the file lists the layers of ${title}`;
    throw mistake('no-classes', message, 'Leave `--classes` out.');
  }
  const [first] = modelMistakes(setting, imageSize);
  if (first !== undefined)
    throw mistake('wrong-size', `With images of ${imageSize} x ${imageSize}: ${first.message}`);
  const traced = traceLayers(netOf(setting, classes).layers, [imageSize, imageSize, 3]);
  if (!traced.ok) throw new Error(`Internal error: ${traced.error.message}`);
  return traced.value;
}

async function draw(traced: readonly TracedLayer[], title: string, path: string): Promise<void> {
  const { drawNet } = await import('../../learning/charts/draw-net.ts');
  const { netPicture } = await import('../../learning/models/layers/net-facts.ts');
  const svg = drawNet(netPicture(traced, title, formatTotals(traced)));
  writeUserFile(path, svg);
  print(`Drew it in ${path}`);
}

/**
 * A network's layers as lines of a table. In a residual block, `│` marks the body and `┆` the
 * shortcut.
 */
function formatNet(traced: readonly TracedLayer[]): readonly string[] {
  const rows = traced.flatMap((entry) => {
    if (!('body' in entry)) return [rowOf(entry, '')];
    const { layer, body, shortcut, output } = entry;
    const adds = shortcut.length > 0 ? 'adds the shortcut' : 'adds the input';
    return [
      ...body.map((inner) => rowOf(inner, '│ ')),
      ...shortcut.map((inner) => rowOf(inner, '┆ ')),
      [`└ ${addName(layer)}`, adds, showShape(output), '', ''],
    ];
  });
  const first = ['image', '', showShape(traced[0]!.input), '', ''];
  return formatTable(['layer', 'does', 'output', 'parameters', 'multiply-adds'], [first, ...rows]);
}

function rowOf(
  { layer, output, weights, multiplyAdds }: TracedPlain,
  mark: string,
): readonly string[] {
  const counts = [countLearnable(weights), multiplyAdds].map(orNone);
  return [`${mark}${layer.name}`, describeLayer(layer), showShape(output), ...counts];
}

const orNone = (value: number): string => (value === 0 ? '' : formatCount(value));

interface FoundModel {
  readonly setting: ModelSetting;
  /** The side of its training images in pixels; absent for a network that is only named. */
  readonly imageSize?: number;
  readonly title: string;
  readonly summary: string;
}

async function findModel(words: readonly string[], set: readonly string[]): Promise<FoundModel> {
  const [first = '', ...others] = words;
  const { data: name } = modelSetting.options[0].safeParse(first);
  if (name !== undefined && others.length === 0) {
    const { title, summary } = architectures[name];
    return { setting: name, title, summary };
  }
  if (others.length === 0 && existsSync(join(first, infoFile))) return trainedModel(first);
  const root = findRoot(process.cwd());
  const isFile = root !== undefined && findPipelineFile(first, process.cwd(), root).ok;
  if (isFile || /\.ya?ml$/.test(first)) return await fromPipeline(words, set);
  const message = `There is no network, pipeline or trained model "${first}"`;
  throw mistake('unknown-model', message, suggest(first, architectureNames));
}

const trainingSettings = z.object({ model: modelSetting, imageSize: z.int().default(usualSize) });

async function fromPipeline(words: readonly string[], set: readonly string[]): Promise<FoundModel> {
  const { named: names, graph, pipeline } = await openSelection({ words, set });
  const models = new Map<string, FoundModel>();
  const training: string[] = [];
  for (const stage of names) {
    const { data } = trainingSettings.safeParse(graph.stage(stage).settings);
    if (data === undefined) continue;
    training.push(stage);
    const { model: setting, imageSize } = data;
    const summary =
      typeof setting === 'string'
        ? architectures[setting].summary
        : `its layers are in ${pipeline.file}.`;
    const title = titleOf(setting) ?? stage;
    const key = JSON.stringify([setting, imageSize]);
    if (!models.has(key)) models.set(key, { setting, imageSize, title, summary });
  }
  const [model, ...more] = models.values();
  if (model === undefined) {
    const got = names.join(', ');
    throw mistake(
      'no-model',
      `Expected a stage that trains a network, got ${got} in ${pipeline.file}`,
    );
  }
  if (more.length === 0) return model;
  const message = `Expected one network, got ${models.size} in ${pipeline.file}`;
  throw mistake('several-models', message, `Name one of the stages ${training.join(', ')}.`);
}

function trainedModel(folder: string): FoundModel {
  const path = join(folder, infoFile);
  const { data: info } = modelInfo.safeParse(readJson(path));
  const { data: setting } = modelSetting.safeParse(info?.architecture);
  if (info === undefined || setting === undefined) {
    throw mistake('no-model', `Expected a network in ${path}, got something else`);
  }
  if ('values' in info.input) {
    const got = `one that takes ${info.input.values} features`;
    throw mistake('no-model', `Expected a network that sees images, got ${got}, in ${path}`);
  }
  const title = titleOf(setting) ?? folder;
  return { setting, imageSize: info.input.size, title, summary: `Trained, in ${folder}.` };
}
