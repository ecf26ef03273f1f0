import { copyFileSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { exportKind } from '../../../stages/index.ts';
import { inTemporaryFolder, makeFile } from '../../engine/files/new-path.ts';
import { diskError, writing } from '../../engine/files/write-error.ts';
import { UsageError } from '../../user-error.ts';
import { findTrainedModel, type TrainedModelLookup } from './find-trained-model.ts';
import { type LoneHost, runKind } from './run-kind.ts';

interface PageOptions extends TrainedModelLookup, LoneHost {
  /** The paths of a file of scores and of metrics, for calibration and for what visitors read. */
  readonly scores?: string | undefined;
  readonly metrics?: string | undefined;
}

/**
 * Writes the page of a model by the kind `export` without a pipeline, in one new file, which is
 * whole or absent. The words name the model. Returns its name. Throws a `UsageError`, a
 * `PipelineError` or a `StageError`.
 */
export async function exportPage(
  path: string,
  words: readonly string[],
  options: PageOptions,
): Promise<string> {
  const { folder: here, scores, metrics } = options;
  const target = resolve(here, path);
  if (existsSync(target))
    throw new UsageError(`${path} is there already: name another file, or remove it`);
  const files = Object.entries({ scores, metrics }).flatMap(([port, file]) =>
    file === undefined ? [] : [{ port, file, path: resolve(here, file) }],
  );
  const missing = files.find((input) => !existsSync(input.path));
  if (missing !== undefined)
    throw new UsageError(`--${missing.port} ${missing.file}: there is no such file`);
  const { path: model, title, isFolder, others } = await findTrainedModel(words, options);
  if (others.length > 0) throw new UsageError(`Expected one model, got also ${others.join(' ')}`);
  const inputs = Object.fromEntries(
    [{ port: 'model', path: model }, ...files].map((input) => [
      input.port,
      [{ path: input.path, labels: {} }],
    ]),
  );
  const settings = exportKind.spec.settings.parse({
    formats: ['page'],
    // A folder is named by where it lies, which says nothing to visitors.
    ...(!isFolder && { title }),
  });
  await inTemporaryFolder(dirname(target), async (work) => {
    const folder = join(work, 'out');
    const stage = { settings, inputs, ports: ['files'], folder, scratch: join(work, 'scratch') };
    await runKind(exportKind, stage, options);
    await makeFile(target, path, async (temporary) =>
      writing(path, () => copyFileSync(join(folder, 'files/model.html'), temporary)),
    );
  }).catch((error: Error) => {
    throw diskError(error);
  });
  return title;
}
