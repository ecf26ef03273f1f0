import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pipelineName, reportPath } from '../../engine/config/pipeline-name.ts';
import { readPart } from '../../engine/files/read-part.ts';
import { clearTemporaries, temporaryBeside } from '../../engine/files/write-atomic.ts';
import { diskError, writing } from '../../engine/files/write-error.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { ArchiveBucket } from '../../engine/store/remote/buckets/archive-bucket.ts';
import { storeText } from '../../engine/store/remote/buckets/bucket.ts';
import { ensureKey, isKeyText, keyFile, readKey } from '../../engine/store/remote/keys.ts';
import { RemoteStore } from '../../engine/store/remote/remote-store.ts';
import { SharedStore } from '../../engine/store/remote/shared-store.ts';
import { loadStoreFile } from '../../engine/store/remote/store-file.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { endsLikeFile, findTarget } from '../../project/find-target.ts';
import { mistake, orThrow } from '../../project/pipeline-error.ts';
import { lastRunOf } from '../../project/stored-runs/last-run.ts';
import { pull } from '../../project/stored-runs/pull.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { TarError } from '../../tar.ts';
import { UsageError } from '../../user-error.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';
import { printPulled } from '../support/print-pulled.ts';

const signerKey = 'signer';
const pipelineKey = 'pipeline';

/** `restage export`: a push into one file, which is whole or absent. */
export async function exportCommand([path = '', ...words]: readonly string[]): Promise<void> {
  const root = currentRoot();
  // The next command would find such a file instead of the pipeline.
  if (endsLikeFile.test(path)) {
    const archive = basename(path).replace(endsLikeFile, '.restage');
    const command = `restage export ${shellQuote(archive)} ${shellQuote(words[0] ?? path)}`;
    throw new UsageError(
      `The first word names the new file, and ${path} is the name of a pipeline: ${command}`,
    );
  }
  const { file, stages } = findTarget({ words }, { folder: process.cwd(), root });
  if (stages.length > 0)
    throw new UsageError(`export takes a file and a pipeline, not ${stages.join(', ')}`);
  if (existsSync(path))
    throw new UsageError(`${path} is there already: name another file, or remove it`);
  const pipeline = pipelineName(file, root);
  const key = ensureKey(keyFile(process.env));
  const temporary = temporaryBeside(resolve(path));
  clearTemporaries(dirname(temporary));
  const bucket = writing(path, () => ArchiveBucket.create(temporary));
  try {
    await bucket.put('store.json', Buffer.from(storeText()));
    await bucket.put(signerKey, Buffer.from(key.text));
    await bucket.put(pipelineKey, Buffer.from(pipeline));
    const spec = orThrow(loadStoreFile(root));
    const store = await openArchive(
      root,
      bucket,
      [...Object.values(spec?.keys ?? {}), key.text],
      spec?.url,
    );
    const manifest = await lastRunOf(root, store.local, pipeline);
    const known = Object.keys(manifest.stages);
    if (known.length === 0)
      throw mistake('never-ran', `${pipeline} has no results yet`, 'Run it first.');
    const written = await store.exportRun(manifest, join(root, reportPath(pipeline)));
    const missing = known.filter((stage) => !written.includes(stage));
    if (missing.length > 0) warnOnStderr(`${whyLeft}: the outputs of ${missing.join(', ')}`);
    bucket.finish();
    writing(path, () => renameSync(temporary, path));
    print(
      `Wrote ${formatCountOf(written.length, 'stage')} of ${pipeline} into ${path}, signed by ${key.text}.`,
    );
  } catch (error) {
    throw diskError(error);
  } finally {
    await bucket.close();
    rmSync(temporary, { force: true });
  }
}

const whyLeft = 'not exported, since they hold a Git repository, or are not kept (cache: false)';

export async function importCommand(
  path: string,
  { trust }: { readonly trust?: string },
): Promise<void> {
  const root = currentRoot();
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}`);
  const bucket = open(path);
  try {
    const ownKey = readKey(keyFile(process.env));
    const trusted = Object.values(orThrow(loadStoreFile(root))?.keys ?? {});
    const keys = [
      ...trusted,
      ...(ownKey === undefined ? [] : [ownKey.text]),
      ...(trust === undefined ? [] : [trust]),
    ];
    const signer = await shortText(bucket, signerKey);
    const pipeline = await shortText(bucket, pipelineKey);
    if (signer === undefined || !isKeyText(signer))
      throw noArchive(path, 'it does not name the key that signed it');
    if (pipeline === undefined) throw noArchive(path, 'it does not name its pipeline');
    if (!keys.includes(signer)) {
      const trusting = `restage import ${shellQuote(path)} --trust ${shellQuote(signer)}`;
      const hint = `Compare it with what \`restage export\` printed there. If it is the same: ${trusting}`;
      const message = `${path} is signed by the key ${signer}, which store.yaml does not trust`;
      throw mistake('no-store', message, hint);
    }
    const store = await openArchive(root, bucket, keys);
    const target = { root, store, warn: warnOnStderr };
    printPulled(pipeline, await pull(target, { pipeline, stages: [] }, { fetch: 'all' }));
  } finally {
    await bucket.close();
  }
}

function open(path: string): ArchiveBucket {
  if (!statSync(path).isFile()) throw noArchive(path, 'it is no plain file');
  try {
    return ArchiveBucket.open(path);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw noArchive(
      path,
      error.message,
      isGzip(path) ? 'It is compressed: unpack it with gunzip first.' : undefined,
    );
  }
}

const isGzip = (path: string): boolean =>
  readPart(path, 2, 'beginning').bytes.toString('hex') === '1f8b';

/**
 * A text of an archive, which anybody may have written; undefined where it is absent, or longer
 * than a name can be.
 */
async function shortText(bucket: ArchiveBucket, key: string): Promise<string | undefined> {
  const isShort = ((await bucket.head(key)) ?? 0) <= 1000;
  return isShort ? (await bucket.get(key))?.toString() : undefined;
}

const noArchive = (path: string, reason: string, hint?: string) =>
  mistake('no-store', `${path} is no complete archive of \`restage export\`: ${reason}`, hint);

/**
 * An archive as a shared store. `url` is the address of the store whose records say which keys
 * signed the results.
 */
async function openArchive(
  root: string,
  bucket: ArchiveBucket,
  keys: readonly string[],
  url = 'the archive',
) {
  const key = readKey(keyFile(process.env));
  const remote = new RemoteStore({ url, keys }, bucket, key, warnOnStderr);
  await remote.connect();
  const remedy = 'ask for it again, by `restage export`';
  const local = new LocalStore(root, warnOnStderr);
  return new SharedStore(
    local,
    remote,
    { url, shareEnv: true, remedy },
    {
      warn: warnOnStderr,
      onFailure: () => {}, // a pull says what it could not bring
    },
  );
}
