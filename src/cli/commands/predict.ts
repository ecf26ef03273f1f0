import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { usableCores } from '../../backend/running/machine-limits.ts';
import { findRoot } from '../../engine/config/loading/pipeline-files.ts';
import { writing } from '../../engine/files/write-error.ts';
import { loadRun } from '../../project/kinds/load-run.ts';
import { mistake } from '../../project/pipeline-error.ts';
import { formatTable } from '../../reporting/terminal/text.ts';
import type { StageContext } from '../../stage.ts';
import { UsageError } from '../../user-error.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { findTrainedModel } from '../support/find-trained-model.ts';

interface PredictOptions {
  readonly set: readonly string[];
  readonly backend: string;
  readonly out: string;
}

/**
 * `restage predict`: the kind `predict` without a pipeline, into a new folder that is whole or
 * absent.
 */
export async function predictCommand(
  words: readonly string[],
  options: PredictOptions,
): Promise<void> {
  const out = resolve(options.out);
  if (existsSync(out))
    throw new UsageError(`${options.out} is there already: name another folder with --out`);
  const { folder, others } = await findTrainedModel(words, options);
  const [images, ...more] = others;
  if (images !== undefined && !existsSync(images))
    throw mistake('missing-file', `There is no folder ${images}`);
  if (images === undefined || more.length > 0 || !statSync(images).isDirectory()) {
    throw new UsageError(
      `Expected one folder of images after the model, got ${others.join(' ') || 'none'}`,
    );
  }
  const staging = writing(out, () => mkdtempSync(join(dirname(out), `.${basename(out)}-`)));
  try {
    const run = await loadRun('predict', undefined);
    await run(
      contextOf({ model: resolve(folder), images: resolve(images) }, staging, options.backend),
    );
    writing(out, () => renameSync(staging, out));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  print(`\nWrote scores.csv, summary.json and sheet in ${options.out}`);
}

const files: Readonly<Record<string, string>> = {
  scores: 'scores.csv',
  summary: 'summary.json',
  sheet: 'sheet',
};

/** The context of the kind where there is no stage, with its default settings. */
function contextOf(
  inputs: Readonly<Record<string, string>>,
  folder: string,
  backend: string,
): StageContext<never> {
  const input = (port: string) => ({ path: inputs[port]!, labels: {} });
  return {
    settings: { batchSize: 32 } as never,
    input,
    inputs: (port) => (port in inputs ? [input(port)] : []),
    inputPorts: Object.keys(inputs),
    output: (port) => join(folder, files[port]!),
    outputPorts: Object.keys(files),
    cpus: usableCores(),
    backend,
    scratch: folder,
    root: findRoot(process.cwd()) ?? process.cwd(),
    download: () => Promise.reject(new Error('Internal error: predict downloads nothing')),
    progress: () => {},
    point: () => {},
    log: () => {},
    info: () => {},
    note: () => {},
    warn: warnOnStderr,
    highlight: ({ columns, rows }) => {
      const cells = rows.map((row) => row.map(String));
      print(formatTable(columns, cells).join('\n'));
    },
  };
}
