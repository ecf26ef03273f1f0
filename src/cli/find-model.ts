import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findPipelineFile, findRoot } from '../engine/config/pipeline-files.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import {
  type ArchitectureName,
  architectureNames,
  architectures,
} from '../learning/models/architectures/architectures.ts';
import { modelInfo } from '../learning/models/model-info.ts';
import { type ModelSetting, modelSetting } from '../learning/models/model-setting.ts';
import { err, ok, type Result } from '../result.ts';
import { suggest } from '../suggest.ts';
import { openProject } from './open-project.ts';

/** A network that a command asks for, and in a few words where it was found. */
export interface FoundModel {
  readonly setting: ModelSetting;
  /** Pixels a side that it is trained with; absent for one that is only named. */
  readonly imageSize?: number;
  readonly title: string;
  readonly summary: string;
}

/**
 * The network that words name: one of the table, a stage of a pipeline's file that trains one, or the folder of a trained
 * model. `set` is for the pipeline.
 */
export async function findModel(
  words: readonly string[],
  set: readonly string[],
): Promise<Result<FoundModel, readonly Diagnostic[]>> {
  const [first = '', ...others] = words;
  const name = modelSetting.options[0].safeParse(first);
  if (name.success && others.length === 0) return ok(named(name.data));
  const trained = readModelInfo(first);
  if (trained !== undefined && others.length === 0) return trained;
  const root = findRoot(process.cwd());
  const isFile = root !== undefined && findPipelineFile(first, process.cwd(), root).ok;
  if (!isFile && !/\.ya?ml$/.test(first)) return err([unknown(first)]);
  return await fromPipeline(words, set);
}

const named = (name: ArchitectureName): FoundModel => ({
  setting: name,
  title: name,
  summary: architectures[name].summary,
});

/** What a stage's settings have when it trains a network. */
const trainingSettings = z.object({ model: modelSetting, imageSize: z.int() });

async function fromPipeline(
  words: readonly string[],
  set: readonly string[],
): Promise<Result<FoundModel, readonly Diagnostic[]>> {
  const opened = await openProject({ words, set });
  if (!opened.ok) return opened;
  const { named: names, graph, pipeline } = opened.value;
  const found = new Map<string, FoundModel>();
  for (const stage of names) {
    const parsed = trainingSettings.safeParse(graph.stage(stage).settings);
    if (!parsed.success) continue;
    const { model: setting, imageSize } = parsed.data;
    const key = JSON.stringify([setting, imageSize]);
    const summary =
      typeof setting === 'string' ? architectures[setting].summary : `Its layers are in ${pipeline.file}.`;
    const title = typeof setting === 'string' ? setting : stage;
    if (!found.has(key)) found.set(key, { setting, imageSize, title, summary });
  }
  const [one, ...more] = found.values();
  if (one !== undefined && more.length === 0) return ok(one);
  if (one === undefined) {
    const message = `Expected a stage that trains a network, got ${names.join(', ')} in ${pipeline.file}`;
    return err([{ code: 'no-model', message }]);
  }
  const training = names.filter((stage) => trainingSettings.safeParse(graph.stage(stage).settings).success);
  const message = `Expected one network, got ${found.size} in ${pipeline.file}`;
  return err([{ code: 'several-models', message, hint: `Name one of the stages ${training.join(', ')}.` }]);
}

/** The network of a `model` artifact; undefined where the word is no folder of one. */
function readModelInfo(folder: string): Result<FoundModel, readonly Diagnostic[]> | undefined {
  const path = join(folder, 'info.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const parsed = modelInfo.safeParse(parseJson(text));
  const setting = modelSetting.safeParse(parsed.data?.architecture);
  if (!parsed.success || !setting.success) {
    return err([{ code: 'no-model', message: `Expected a network in ${path}, got something else` }]);
  }
  if ('values' in parsed.data.input) {
    const message = `Expected a network that sees images, got one that goes on from ${parsed.data.input.values} features`;
    return err([{ code: 'no-model', message: `${message}, in ${path}` }]);
  }
  const { size } = parsed.data.input;
  const title = typeof setting.data === 'string' ? setting.data : folder;
  return ok({ setting: setting.data, imageSize: size, title, summary: `Trained, in ${folder}.` });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unknown(word: string): Diagnostic {
  const hint = suggest(word, architectureNames);
  const message = `There is no network, pipeline or trained model "${word}"`;
  return { code: 'unknown-model', message, ...(hint !== undefined && { hint }) };
}
