import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pipelineName, reportPath } from '../../engine/config/pipeline-name.ts';
import { loadStoreFile } from '../../engine/config/store-file.ts';
import { writing } from '../../engine/files/write-error.ts';
import { storeText } from '../../engine/store/remote/bucket.ts';
import { FolderBucket } from '../../engine/store/remote/folder-bucket.ts';
import { ensureKey, readKey } from '../../engine/store/remote/keys.ts';
import { RemoteStore } from '../../engine/store/remote/remote-store.ts';
import { SharedStore } from '../../engine/store/remote/shared-store.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { mistake, orThrow, print, UsageError, warnOnStderr } from '../command-error.ts';
import { findTarget } from '../find-target.ts';
import { lastRunOf } from '../last-run.ts';
import { projectRoot } from '../open-project.ts';
import { pull } from '../pull.ts';

const [signerKey, pipelineKey] = ['signer', 'pipeline'];

/** `restage export`: a push into a folder that becomes one file, which is whole or absent. */
export async function exportCommand([path = '', ...words]: readonly string[]): Promise<void> {
  const root = projectRoot();
  const { file, stages } = findTarget({ words }, root);
  if (stages.length > 0) throw new UsageError(`export takes a file and a pipeline, not ${stages.join(', ')}`);
  if (existsSync(path)) throw new UsageError(`${path} is there already: name another file, or remove it`);
  const pipeline = pipelineName(file, root);
  const key = ensureKey();
  const work = writing(path, () => mkdtempSync(join(dirname(resolve(path)), '.export-')));
  try {
    const [folder, tar] = [join(work, 'store'), join(work, 'tar')];
    mkdirSync(folder);
    const bucket = new FolderBucket(folder);
    await bucket.put('store.json', Buffer.from(storeText()));
    await bucket.put(signerKey, Buffer.from(key.text));
    await bucket.put(pipelineKey, Buffer.from(pipeline));
    const spec = orThrow(loadStoreFile(root));
    const store = await openFolder(root, bucket, [...Object.values(spec?.keys ?? {}), key.text], spec?.url);
    const manifest = lastRunOf(root, store, pipeline);
    const count = Object.keys(manifest.stages).length;
    if (count === 0) throw mistake('never-ran', `${pipeline} has no results yet`, 'Run it first.');
    await store.exportRun(manifest, join(root, reportPath(pipeline)));
    execFileSync('tar', ['-cf', tar, '-C', folder, '.']);
    writing(path, () => renameSync(tar, path));
    print(`Wrote ${formatCountOf(count, 'stage')} of ${pipeline} into ${path}, signed by ${key.text}.`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export async function importCommand(path: string, { trust }: { readonly trust?: string }): Promise<void> {
  const root = projectRoot();
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}`);
  const work = writing(path, () => mkdtempSync(join(dirname(resolve(path)), '.import-')));
  try {
    extract(path, work);
    const own = readKey();
    const trusted = Object.values(orThrow(loadStoreFile(root))?.keys ?? {});
    const keys = [...trusted, ...(own === undefined ? [] : [own.text]), ...(trust === undefined ? [] : [trust])];
    const bucket = new FolderBucket(work);
    const [signer, pipeline] = await Promise.all([bucket.get(signerKey), bucket.get(pipelineKey)]);
    if (signer === undefined || pipeline === undefined) throw noArchive(path);
    if (!keys.includes(signer.toString())) {
      const trusting = `restage import ${shellQuote(path)} --trust ${shellQuote(signer.toString())}`;
      const hint = `Compare it with what \`restage export\` printed there. If it is the same: ${trusting}`;
      const message = `${path} is signed by the key ${signer}, which store.yaml does not trust`;
      throw mistake('no-store', message, hint);
    }
    const store = await openFolder(root, bucket, keys);
    await pull(root, store, { pipeline: pipeline.toString(), stages: [] }, { fetch: 'all' });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function extract(path: string, folder: string): void {
  try {
    execFileSync('tar', ['-xf', path, '-C', folder], { stdio: 'ignore' });
  } catch {
    throw noArchive(path);
  }
}

const noArchive = (path: string) => mistake('no-store', `${path} is no complete archive of \`restage export\``);

/**
 * A folder as a shared store, connected at once: a command that fails removes the folder, and a later answer would warn of a
 * store that cannot be reached. `url` is the address of the store whose records say which keys signed the results.
 */
async function openFolder(root: string, bucket: FolderBucket, keys: readonly string[], url = 'the archive') {
  const remote = new RemoteStore({ url, keys, type: 'folder' }, bucket, readKey(), warnOnStderr);
  await remote.connect();
  return new SharedStore(root, { url, shareEnv: true }, remote, { warn: warnOnStderr });
}
