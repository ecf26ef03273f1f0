import { formatCountOf } from '../../format-numbers.ts';
import { exportPage } from '../../project/models/export-page.ts';
import { exportRun } from '../../project/stored-runs/archive.ts';
import { exportCrate } from '../../project/stored-runs/crate.ts';
import { exportCroissant } from '../../project/stored-runs/croissant.ts';
import { exportModelCard } from '../../project/stored-runs/model-card.ts';
import { ProgressLine } from '../../reporting/terminal/progress-line.ts';
import { UsageError } from '../../user-error.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

const whyLeft = 'not exported, since they hold a Git repository, or are not kept (cache: false)';

interface ExportOptions {
  readonly rocrate?: true;
  readonly croissant?: true;
  readonly modelCard?: true;
  readonly page?: true;
  readonly scores?: string;
  readonly metrics?: string;
  readonly set: readonly string[];
  readonly license?: string;
  readonly creator: readonly string[];
  readonly url?: string;
}

export async function exportCommand(
  path: string,
  file: string | undefined,
  stages: readonly string[],
  options: ExportOptions,
): Promise<void> {
  const { rocrate, croissant, modelCard, page, license, creator, url } = options;
  const words = [file ?? [], stages].flat();
  const records = [rocrate, croissant, modelCard, page].filter((isAsked) => isAsked);
  if (records.length > 1)
    throw new UsageError('Expected one of --rocrate, --croissant, --model-card and --page');
  if (!croissant && (creator.length > 0 || url !== undefined))
    throw new UsageError('--creator and --url need --croissant');
  if (!page && [options.scores, options.metrics, ...options.set].some((text) => text !== undefined))
    throw new UsageError('--scores, --metrics and --set need --page');
  if (license !== undefined && !rocrate && !croissant && !modelCard)
    throw new UsageError('--license needs --rocrate, --croissant or --model-card');
  if (page) return await writePage(path, words, options);
  if (rocrate) return await writeCrate(path, words, license);
  if (croissant) {
    const credits = { license, creators: creator, url };
    const stage = await exportCroissant(openHere(), path, { words, ...credits });
    return print(`Described the data set of ${stage} in ${path}.`);
  }
  if (modelCard) {
    const stage = await exportModelCard(openHere(), path, { words, license });
    return print(`Described the model of ${stage} in ${path}.`);
  }
  const { pipeline, written, missing, key } = await exportRun(openHere(), path, words);
  if (missing.length > 0) warnOnStderr(`${whyLeft}: the outputs of ${missing.join(', ')}`);
  print(
    `Wrote ${formatCountOf(written.length, 'stage')} of ${pipeline} into ${path}, signed by ${key}.`,
  );
}

async function writePage(
  path: string,
  words: readonly string[],
  { scores, metrics, set }: ExportOptions,
): Promise<void> {
  const line = new ProgressLine(process.stderr, process.env);
  const say = (tell: (text: string) => void) => (text: string) => {
    line.clear();
    tell(text);
  };
  const title = await exportPage(path, words, {
    scores,
    metrics,
    set,
    folder: process.cwd(),
    backend: 'auto',
    onWarning: say(warnOnStderr),
    onInfo: say(print),
    onProgress: (kind, progress) => line.update(kind, progress, Date.now()),
  }).finally(() => line.clear());
  print(`Wrote the page of ${title} into ${path}. Open it in a browser; it needs no network.`);
}

async function writeCrate(
  path: string,
  words: readonly string[],
  license: string | undefined,
): Promise<void> {
  const written = await exportCrate(openHere(), path, { words, license });
  const { pipeline, stages, leftOut } = written;
  if (leftOut.length > 0)
    warnOnStderr(`not in the crate, since they are not kept (cache: false): ${leftOut.join(', ')}`);
  print(
    `Wrote ${formatCountOf(stages.length, 'stage')} of ${pipeline} as an RO-Crate into ${path}.`,
  );
}
