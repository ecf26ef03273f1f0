import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { predictKind } from '../../../stages/index.ts';
import { findRoot } from '../../engine/config/loading/find-pipeline.ts';
import { makeFolder } from '../../engine/files/new-path.ts';
import { usableCores } from '../../machine-limits.ts';
import type { Highlight, StageContext } from '../../stage.ts';
import { UsageError } from '../../user-error.ts';
import { beginCommandLook } from '../ledger/sealed-pictures.ts';
import { mistake } from '../pipeline-error.ts';
import { findTrainedModel, type TrainedModelLookup } from './find-trained-model.ts';

interface PredictOptions extends TrainedModelLookup {
  /** The new folder; a relative path counts from {@link TrainedModelLookup.folder}. */
  readonly out: string;
}

/** What a prediction wrote into its folder, by the ports of the kind. */
const files: Readonly<Record<string, string>> = {
  scores: 'scores.csv',
  summary: 'summary.json',
  sheet: 'sheet',
};

/**
 * Runs the kind `predict` without a pipeline, into a new folder that is whole or absent. The words
 * name a model and a folder of images. Returns the tables that sum it up.
 */
export async function predictImages(
  words: readonly string[],
  options: PredictOptions,
): Promise<readonly Highlight[]> {
  const out = resolve(options.folder, options.out);
  if (existsSync(out))
    throw new UsageError(`${options.out} is there already: name another folder with --out`);
  const { folder: model, title, others } = await findTrainedModel(words, options);
  const images = imagesOf(others, options.folder);
  const tables: Highlight[] = [];
  const look = await beginCommandLook(options.folder, images, title);
  await makeFolder(out, async (folder) => {
    const { default: run } = await predictKind.run();
    const stage = {
      ...contextOf({ model, images }, folder, options),
      settings: predictKind.spec.settings.parse({}),
      highlight: (table: Highlight) => void tables.push(table),
    };
    await run(stage);
    await look.end(join(folder, files['scores']!));
  });
  return tables;
}

/** The absolute path of the folder that the words after the model name. */
function imagesOf(words: readonly string[], here: string): string {
  const [images, ...more] = words;
  const folder = images === undefined ? undefined : resolve(here, images);
  if (folder !== undefined && !existsSync(folder))
    throw mistake('missing-file', `There is no folder ${images}`);
  if (folder === undefined || more.length > 0 || !statSync(folder).isDirectory()) {
    throw new UsageError(
      `Expected one folder of images after the model, got ${words.join(' ') || 'none'}`,
    );
  }
  return folder;
}

/** What the kind may know and do where there is no stage. */
function contextOf(
  inputs: Readonly<Record<string, string>>,
  folder: string,
  { folder: here, backend, onWarning }: PredictOptions,
): Omit<StageContext, 'settings' | 'highlight'> {
  const input = (port: string) => ({ path: inputs[port]!, labels: {} });
  return {
    input,
    inputs: (port) => (port in inputs ? [input(port)] : []),
    inputPorts: Object.keys(inputs),
    output: (port) => join(folder, files[port]!),
    outputPorts: Object.keys(files),
    cpus: usableCores(),
    backend,
    scratch: folder,
    root: findRoot(here) ?? here,
    download: () => Promise.reject(new Error('Internal error: predict downloads nothing')),
    progress: () => {},
    point: () => {},
    log: () => {},
    info: () => {},
    note: () => {},
    warn: onWarning,
  };
}
