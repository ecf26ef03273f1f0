import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { sha256 } from '../../digest.ts';
import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { reportPath } from '../../engine/config/published-paths.ts';
import { cacheOf, inCache } from '../../engine/files/cache-paths.ts';
import { makeFile } from '../../engine/files/new-path.ts';
import { readPart } from '../../engine/files/read-part.ts';
import { readJson, writeJson } from '../../engine/files/write-atomic.ts';
import { diskError, writing } from '../../engine/files/write-error.ts';
import { ledgerFile } from '../../engine/seals/ledger.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { ArchiveBucket } from '../../engine/store/remote/buckets/archive-bucket.ts';
import { storeText } from '../../engine/store/remote/buckets/bucket.ts';
import { exportRun as exportSharedRun } from '../../engine/store/remote/export-run.ts';
import { ensureKey, isKeyText, keyFile, readKey } from '../../engine/store/remote/keys.ts';
import { archiveAddress } from '../../engine/store/remote/remote-records.ts';
import { RemoteStore } from '../../engine/store/remote/remote-store.ts';
import { SharedStore } from '../../engine/store/remote/shared-store.ts';
import { loadStoreFile } from '../../engine/store/remote/store-file.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { TarError } from '../../tar.ts';
import { UsageError } from '../../user-error.ts';
import { endsLikeFile, findTarget } from '../find-target.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake, orThrow } from '../pipeline-error.ts';
import { lastRunOf } from './last-run.ts';
import { type PulledRun, pull, stagesOf } from './pull.ts';

const signerKey = 'signer';
const pipelineKey = 'pipeline';
const ledgerKey = 'ledger';

/** A run in a file. */
interface ExportedRun {
  readonly pipeline: string;
  /** The stages whose outputs the file has. */
  readonly written: readonly string[];
  /** Those whose outputs are not shared. */
  readonly missing: readonly string[];
  /** The public key of the user, who signed it. */
  readonly key: string;
}

/**
 * Writes the last run of a pipeline into one new file, which is whole or absent: a push into an
 * archive. The words name the pipeline, and its stages if only some are written: then without the
 * report, which shows all of them.
 */
export async function exportRun(
  project: OpenedProject,
  path: string,
  words: readonly string[],
): Promise<ExportedRun> {
  const { root, folder, env } = project;
  // The next command would find such a file instead of the pipeline.
  if (endsLikeFile.test(path)) {
    const archive = basename(path).replace(endsLikeFile, '.restage');
    const command = `restage export ${shellQuote(archive)} ${shellQuote(words[0] ?? path)}`;
    throw new UsageError(
      `The first word names the new file, and ${path} is the name of a pipeline: ${command}`,
    );
  }
  const { file, stages } = findTarget({ words }, project);
  const target = resolve(folder, path);
  if (existsSync(target))
    throw new UsageError(`${path} is there already: name another file, or remove it`);
  const pipeline = pipelineName(file, root);
  const key = ensureKey(keyFile(env)).text;
  const write = async (temporary: string) => {
    const bucket = writing(path, () => ArchiveBucket.create(temporary));
    try {
      await bucket.put('store.json', Buffer.from(storeText()));
      await bucket.put(signerKey, Buffer.from(key));
      await bucket.put(pipelineKey, Buffer.from(pipeline));
      const ledger = ledgerFile(root);
      if (existsSync(ledger)) await bucket.put(ledgerKey, readFileSync(ledger));
      const sent = await sendRun(project, bucket, { pipeline, stages }, key);
      bucket.finish();
      return sent;
    } finally {
      await bucket.close();
    }
  };
  try {
    const { known, written } = await makeFile(target, path, write);
    const missing = known.filter((stage) => !written.includes(stage));
    return { pipeline, written, missing, key };
  } catch (error) {
    throw diskError(error);
  }
}

/** A pipeline, and the words that choose among its stages; without words all of them. */
interface ChosenStages {
  readonly pipeline: string;
  readonly stages: readonly string[];
}

/** Sends the last run of a pipeline into an archive. Throws a `PipelineError` if it never ran. */
async function sendRun(
  project: OpenedProject,
  bucket: ArchiveBucket,
  { pipeline, stages: words }: ChosenStages,
  key: string,
): Promise<{ readonly known: readonly string[]; readonly written: readonly string[] }> {
  const { root } = project;
  const spec = orThrow(loadStoreFile(root));
  const keys = [...Object.values(spec?.keys ?? {}), key];
  const store = await openArchive(
    project,
    bucket,
    keys,
    spec?.stores.map(({ url }) => url),
  );
  const { manifest } = await lastRunOf(root, store.local, pipeline);
  const known = Object.keys(manifest.stages);
  if (known.length === 0)
    throw mistake('never-ran', `${pipeline} has no results yet`, 'Run it first.');
  const page = words.length === 0 ? join(root, reportPath(pipeline)) : undefined;
  const chosen = stagesOf(manifest, words);
  const stages = Object.fromEntries(chosen.map((name) => [name, manifest.stages[name]!]));
  return { known: chosen, written: await exportSharedRun(store, { ...manifest, stages }, page) };
}

/** How a file is imported. */
export interface ImportOptions {
  /** A public key that counts beside those of `store.yaml`. */
  readonly trust?: string;
  /** Whether it may replace what another key signed for the same pipeline. */
  readonly replace?: boolean;
}

/** Who signed the last archive of a pipeline that was imported here. */
interface Imported {
  readonly pipeline: string;
  readonly signer: string;
}

/**
 * Publishes the run of a file that {@link exportRun} wrote. Throws a `PipelineError` where nobody
 * whom the project trusts signed it, or where another key signed what was imported for the same
 * pipeline.
 */
export async function importRun(
  project: OpenedProject,
  path: string,
  { trust, replace = false }: ImportOptions,
): Promise<PulledRun> {
  const { root, folder, env, warn } = project;
  const file = resolve(folder, path);
  if (!existsSync(file)) throw new UsageError(`There is no file ${path}`);
  const bucket = open(file, path);
  try {
    const ownKey = readKey(keyFile(env));
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
    const record = inCache(cacheOf(root), 'imported', `${sha256(pipeline)}.json`);
    const earlier = readJson<Imported>(record)?.signer ?? signer;
    if (earlier !== signer && !replace) throw takenName({ pipeline, signer, earlier }, path);
    const store = await openArchive(project, bucket, keys);
    const target = { pipeline, stages: [] };
    const pulled = await pull({ root, env, store, warn }, target, { fetch: 'all' });
    if (pulled.count > 0) writing(record, () => writeJson(record, { pipeline, signer }));
    return pulled;
  } finally {
    await bucket.close();
  }
}

/** Two people may use one name for their pipelines: the second would take the first's outputs. */
function takenName(
  { pipeline, signer, earlier }: Imported & { readonly earlier: string },
  path: string,
) {
  const command = `restage import ${shellQuote(path)} --trust ${shellQuote(signer)} --replace`;
  return mistake(
    'no-store',
    `The outputs of ${pipeline} came from an archive that the key ${earlier} signed, and ${signer} signed ${path}`,
    `Ask who made it for a pipeline with a name of its own. If it shall replace them: ${command}`,
  );
}

/**
 * The text of the ledger in an archive, empty without one. Whoever wrote the archive may have
 * written any: its chain and its signatures say what it is worth.
 */
export async function readArchivedLedger(folder: string, path: string): Promise<string> {
  const file = resolve(folder, path);
  if (!existsSync(file)) throw new UsageError(`There is no file ${path}`);
  const bucket = open(file, path);
  try {
    return (await bucket.get(ledgerKey))?.toString() ?? '';
  } finally {
    await bucket.close();
  }
}

function open(file: string, path: string): ArchiveBucket {
  if (!statSync(file).isFile()) throw noArchive(path, 'it is no plain file');
  try {
    return ArchiveBucket.open(file);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw noArchive(
      path,
      error.message,
      isGzip(file) ? 'It is compressed: unpack it with gunzip first.' : undefined,
    );
  }
}

const isGzip = (file: string): boolean =>
  readPart(file, 2, 'beginning').bytes.toString('hex') === '1f8b';

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
 * An archive as a shared store. `besides` are the addresses of the stores whose records say which
 * keys signed the results.
 */
async function openArchive(
  { root, env, warn }: OpenedProject,
  bucket: ArchiveBucket,
  keys: readonly string[],
  besides: readonly string[] = [],
) {
  const key = readKey(keyFile(env));
  const url = archiveAddress;
  const remote = new RemoteStore({ url, keys }, bucket, key, warn);
  await remote.connect();
  const remedy = 'ask for it again, by `restage export`';
  const local = new LocalStore(root, warn);
  return new SharedStore(
    local,
    remote,
    { url, shareEnv: true, shareSealed: true, remedy, besides },
    {
      warn,
      onFailure: () => {}, // a pull says what it could not bring
    },
  );
}
