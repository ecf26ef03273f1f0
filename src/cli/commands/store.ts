import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { pipelineName, reportPath } from '../../engine/config/pipeline-name.ts';
import { inCache } from '../../engine/files/cache-paths.ts';
import { digestsIn } from '../../engine/files/entries-in.ts';
import { writeAtomic } from '../../engine/files/write-atomic.ts';
import { writing } from '../../engine/files/write-error.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import {
  describeFailure,
  isStoreFailure,
  MissingStore,
  storeText,
} from '../../engine/store/remote/buckets/bucket.ts';
import { readAddress } from '../../engine/store/remote/buckets/buckets.ts';
import { collectShared } from '../../engine/store/remote/collect-shared.ts';
import { ensureKey, keyFile, keyIdOf, readKey } from '../../engine/store/remote/keys.ts';
import { RemoteStore } from '../../engine/store/remote/remote-store.ts';
import {
  damagedEntries,
  noteMissing,
  repairShared,
  restoreStoreFile,
} from '../../engine/store/remote/repair-shared.ts';
import { SharedStore } from '../../engine/store/remote/shared-store.ts';
import {
  addressHint,
  editStoreFile,
  loadStoreFile,
  type StoreSpec,
  storeFile,
} from '../../engine/store/remote/store-file.ts';
import { verifyShared } from '../../engine/store/remote/verify-shared.ts';
import { formatBytes, formatCountOf, formatFew } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import { plainText } from '../../plain-text.ts';
import { findTarget } from '../../project/find-target.ts';
import { mistake, orThrow } from '../../project/pipeline-error.ts';
import { lastRunOf } from '../../project/stored-runs/last-run.ts';
import { type PullOptions, pull } from '../../project/stored-runs/pull.ts';
import { formatTable } from '../../reporting/terminal/text.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { UsageError, UserError } from '../../user-error.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';
import { printPulled } from '../support/print-pulled.ts';

interface StoreOptions extends PullOptions {
  /** Milliseconds. */
  readonly keep: number;
  readonly yes?: boolean;
  readonly repair?: boolean;
  readonly endpoint?: string;
  readonly region?: string;
}

type Action = (words: readonly string[], options: StoreOptions) => Promise<unknown>;

const actions: Readonly<Record<string, Action>> = {
  init,
  status: connected(status),
  push: connected(push),
  pull: connected(async ({ root, store }, words, options) => {
    const { file, stages } = findTarget({ words }, { folder: process.cwd(), root });
    const pipeline = pipelineName(file, root);
    const target = { root, store, warn: warnOnStderr };
    printPulled(pipeline, await pull(target, { pipeline, stages }, options));
  }),
  verify: connected(verify),
  gc: connected(gc),
  keys,
};

export async function storeCommand(
  [action = '', ...words]: readonly string[],
  options: StoreOptions,
): Promise<unknown> {
  const act = actions[action];
  if (act === undefined)
    throw new UsageError(`store takes ${Object.keys(actions).join(', ')}, not "${action}"`);
  return await act(words, options);
}

async function init(
  [url, ...more]: readonly string[],
  { endpoint, region }: StoreOptions,
): Promise<void> {
  const root = currentRoot();
  if (url === undefined || more.length > 0)
    throw new UsageError(`store init takes an address. ${addressHint}`);
  if (existsSync(storeFile(root)))
    throw mistake('wrong-value', `${storeFile(root)} is there already`);
  const address = readAddress(url, root);
  if (address === undefined)
    throw new UsageError(`"${url}" is not the address of a store. ${addressHint}`);
  const key = ensureKey(keyFile(process.env));
  const where = {
    url,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
  };
  const spec: StoreSpec = { ...where, address, keys: { [ownName()]: key.text }, shareEnv: false };
  address.create?.();
  const remote = await RemoteStore.open(spec, { key, env: process.env });
  try {
    const isNew = (await remote.bucket.get('store.json')) === undefined;
    const probe = `probe-${key.id}`;
    if (isNew) refuseForeign(await remote.bucket.top(), url, probe);
    await remote.bucket.put(probe, Buffer.from('whether this key may write'));
    await remote.bucket.delete(probe);
    if (isNew) await remote.bucket.put('store.json', Buffer.from(storeText()));
    await remote.connect();
    const text = `# Where this project shares its results, and whose results are trusted. Commit this file.\n${stringify({ ...where, keys: spec.keys })}`;
    writing('store.yaml', () => writeAtomic(storeFile(root), text, { sync: false }));
    print(
      `${isNew ? 'Made' : 'Found'} the store ${url}, and wrote store.yaml with your public key ${key.id}.`,
    );
    print(`Your private key is ${keyFile(process.env)}: keep it to yourself. Commit store.yaml.`);
  } catch (error) {
    if (error instanceof MissingStore)
      throw mistake(
        'wrong-value',
        `The store.json in ${url} is not that of a store: name another location`,
      );
    throw storeError(url, error);
  } finally {
    await remote.close();
  }
}

/**
 * Throws for the names in a location that is not empty: a store needs a folder or bucket of its
 * own. Hidden files are those of systems.
 */
function refuseForeign(names: readonly string[], url: string, probe: string): void {
  const theirs = names.filter((name) => !name.startsWith('.') && name !== probe);
  if (theirs.length === 0) return;
  const message = `${url} is not empty, and no store: it holds ${formatFew(theirs.toSorted().map(plainText), 3)}`;
  const hint = `Name a location for the store alone, such as ${url.replace(/\/$/, '')}/restage`;
  throw mistake('wrong-value', message, hint);
}

const ownName = (): string => `${userInfo().username}@${hostname()}`.replace(/[^\w@.-]/g, '-');

interface Connected {
  readonly root: string;
  readonly store: SharedStore;
  readonly spec: StoreSpec;
}

/** An action on the shared store of the project, which is connected before and closed after. */
function connected(
  act: (connected: Connected, words: readonly string[], options: StoreOptions) => Promise<unknown>,
): Action {
  return async (words, options) => {
    const root = currentRoot();
    const spec = specOf(root);
    const remote = await openRemote(spec, options);
    try {
      const store = new SharedStore(new LocalStore(root, warnOnStderr), remote, spec, {
        warn: warnOnStderr,
        onFailure: () => {}, // a pull says what it could not bring
      });
      return await act({ root, store, spec }, words, options);
    } catch (error) {
      throw storeError(spec.url, error);
    } finally {
      await remote.close();
    }
  };
}

const warned = new Set<string>();

/** Several passes over a store meet the same damage. */
function warnOnce(message: string): void {
  if (!warned.has(message)) warnOnStderr(message);
  warned.add(message);
}

/** The store, connected. A repair writes a lost `store.json` again, and connects once more. */
async function openRemote(
  spec: StoreSpec,
  { repair = false }: { readonly repair?: boolean },
): Promise<RemoteStore> {
  const remote = await RemoteStore.open(
    spec,
    { key: readKey(keyFile(process.env)), env: process.env },
    warnOnce,
  );
  try {
    await remote.connect();
    return remote;
  } catch (error) {
    const isMended = repair && error instanceof MissingStore && (await restoreStoreFile(remote));
    await remote.close();
    if (!isMended) throw storeError(spec.url, error);
    print(`Wrote the store.json of ${spec.url} again.`);
    return await openRemote(spec, {});
  }
}

/** An error that names the store where a store failed: buckets give the reason alone. */
const storeError = (url: string, error: unknown): unknown =>
  isStoreFailure(error) ? new UserError(describeFailure(url, error)) : error;

const makeHint = 'Make one: restage store init <folder, s3://… or ssh://…>';

function specOf(root: string): StoreSpec {
  const spec = orThrow(loadStoreFile(root));
  if (spec === undefined) throw mistake('no-store', 'This project has no store.yaml', makeHint);
  return spec;
}

/** Results of this cache, split by whether the shared store is known to have them. */
function localResults(store: SharedStore) {
  const known = new Set(store.records.all());
  return {
    known,
    unknown: digestsIn(inCache(store.local.folder, 'results')).filter(
      (digest) => !known.has(digest),
    ),
  };
}

async function status({ store, spec }: Connected): Promise<void> {
  const there = await store.listResults();
  const { known, unknown } = localResults(store);
  const results = unknown.flatMap((digest) => store.readResult(digest) ?? []);
  const shareable = results.filter((result) => store.isShareable(result));
  const trusted = [...there.values()].filter((isTrusted) => isTrusted).length;
  const others = there.size - trusted;
  const unsent = shareable.filter(({ digest }) => there.get(digest) !== true).length;
  print(`${spec.url}: ${formatCountOf(trusted, 'result')}`);
  if (others > 0)
    print(
      `  ${formatCountOf(others, 'further result')} without a signature that store.yaml trusts`,
    );
  print(`  ${formatCountOf(known.size, 'result')} of them known here`);
  print(
    `  ${formatCountOf(unsent, 'result')} only here${unsent > 0 ? ': `restage store push` sends them' : ''}`,
  );
  const kept = results.length - shareable.length;
  if (kept > 0)
    print(
      `  ${formatCountOf(kept, 'result')} not to be shared (cache: false, dependent on env, or with a Git repository)`,
    );
  print(`  ${store.remote.own === undefined ? whyReadOnly() : 'you can read and write'}`);
}

/** Throws if the user can only read. */
function needOwnKey(store: SharedStore, purpose: string): void {
  if (store.remote.own === undefined)
    throw mistake('no-store', `Cannot ${purpose}: ${whyReadOnly()}`);
}

const whyReadOnly = (): string =>
  readKey(keyFile(process.env)) === undefined
    ? 'you can only read: you have no key. `restage store keys add` makes one'
    : 'you can only read: your key is not in store.yaml. `restage store keys add` adds it';

async function push({ root, store, spec }: Connected): Promise<number> {
  needOwnKey(store, 'send results');
  await store.listResults();
  await noteMissing(store);
  const { unknown } = localResults(store);
  const latest = groupBy(store.local.allLatest(), ({ result }) => result);
  const made = unknown
    .filter((digest) => latest.has(digest))
    .flatMap((digest) => store.readResult(digest) ?? []);
  const last = made
    .filter((result) => store.isShareable(result))
    .flatMap(({ digest }) => latest.get(digest)!);
  for (const pipeline of new Set(last.map(({ pipeline }) => pipeline)))
    await shareLastRun(root, store, pipeline);
  let bytes = 0;
  const onProgress = (more: number) => {
    bytes += more;
  };
  const { sent, failed } = await store.send(unknown, { onProgress });
  print(`Sent ${formatCountOf(sent, 'result')} (${formatBytes(bytes)}) to ${spec.url}.`);
  const entries = damagedEntries(store);
  if (entries.length > 0) {
    const { mended } = await repairShared(store, entries, (pipeline) =>
      join(root, reportPath(pipeline)),
    );
    const which = `${mended.length} of ${formatCountOf(entries.length, 'result')}`;
    print(
      `Mended ${which} that had lost bytes there, or that the last \`store verify\` found damaged.`,
    );
  }
  return failed === 0 ? 0 : 1;
}

/**
 * Queues the record of a pipeline's last run for the shared store if the run succeeded: it may be
 * older than store.yaml.
 */
async function shareLastRun(root: string, store: SharedStore, pipeline: string): Promise<void> {
  const [last] = store.local.runsOf(pipeline, 1);
  const outcomes = Object.values(last?.readRecord()?.stages ?? {}).map(({ outcome }) => outcome);
  const isWhole =
    outcomes.length > 0 &&
    !outcomes.some((outcome) => /^(failed|blocked|cancelled)$/.test(outcome));
  if (!isWhole || store.records.unsentRuns().includes(last!.id)) return;
  const page = join(root, reportPath(pipeline));
  const manifest = await lastRunOf(root, store.local, pipeline);
  store.shareRun(manifest, existsSync(page) ? page : undefined);
}

async function verify(
  { root, store }: Connected,
  _: readonly string[],
  { repair }: StoreOptions,
): Promise<number> {
  if (repair === true) needOwnKey(store, 'repair the store');
  const { results, objects, broken, damaged, locations } = await verifyShared(store.remote);
  store.records.damage.replace(locations);
  for (const key of damaged) print(`damaged: ${key}`);
  for (const { key, kind } of broken) {
    print(
      `incomplete: ${key}${kind === 'result' ? '; whoever needs it computes it again' : ', a run'}`,
    );
  }
  const isSound = broken.length === 0;
  const verdict = isSound
    ? '✓ all sound'
    : `${damaged.length} damaged, ${broken.length} incomplete`;
  print(`${formatCountOf(results, 'result')}, ${formatCountOf(objects, 'object')}: ${verdict}`);
  if (isSound) return 0;
  if (repair !== true) {
    print('To send again what is here: restage store verify --repair');
    return 1;
  }
  const { mended, left: unmended } = await repairShared(store, broken, (pipeline) =>
    join(root, reportPath(pipeline)),
  );
  const rest =
    unmended.length === 0
      ? ''
      : `; what ${unmended.length} of them lack is not here: whoever has it types the same`;
  print(`Mended ${mended.length} of ${broken.length}${rest}.`);
  return unmended.length === 0 ? 0 : 1;
}

async function gc(
  { store }: Connected,
  _: readonly string[],
  { keep, yes = false }: StoreOptions,
): Promise<void> {
  const collected = await collectShared(store.remote.bucket, { keep, remove: yes });
  const counts = [formatCountOf(collected.results, 'result'), formatCountOf(collected.runs, 'run')];
  const verb = yes ? 'Removed' : 'Would remove';
  print(
    `${verb} ${counts.join(' and ')}, and ${formatCountOf(collected.deleted, 'file')} that nothing named.`,
  );
  const marked = `${formatCountOf(collected.marked, 'file')} (${formatBytes(collected.bytes)})`;
  const mark = yes ? 'Marked' : 'Would mark';
  if (collected.marked > 0)
    print(`${mark} ${marked}: a \`restage store gc\` after a day removes them.`);
  if (!yes) print('To do so: restage store gc --yes');
}

async function keys([action = 'list', name, text]: readonly string[]): Promise<void> {
  const root = currentRoot();
  const spec = specOf(root);
  if (action === 'list') {
    const ownKey = readKey(keyFile(process.env));
    const whose = (text: string) => (text === ownKey?.text ? 'yours' : '');
    const rows = Object.entries(spec.keys).map(([name, text]) => [
      name,
      keyIdOf(text),
      whose(text),
    ]);
    print(formatTable(['name', 'key', ''], rows).join('\n'));
  } else if (action === 'add') {
    const key = text ?? ensureKey(keyFile(process.env)).text;
    const owner = name ?? ownName();
    if ((spec.keys[owner] ?? key) !== key) {
      const hint = `Give this one another name: restage store keys add <name>. Or first: restage store keys revoke ${shellQuote(owner)}`;
      throw mistake(
        'no-store',
        `store.yaml has another key of ${owner}, whose results would no longer count`,
        hint,
      );
    }
    editStoreFile(root, ['keys', owner], key);
    orThrow(loadStoreFile(root));
    print(`store.yaml trusts ${owner} (${keyIdOf(key)}). Commit it.`);
  } else if (action === 'revoke') {
    if (name === undefined || spec.keys[name] === undefined) {
      throw new UsageError(`store keys revoke takes one of ${Object.keys(spec.keys).join(', ')}`);
    }
    editStoreFile(root, ['keys', name], undefined);
    print(
      `store.yaml no longer trusts ${name}: results that came from there are not used any more. Commit it.`,
    );
  } else throw new UsageError(`store keys takes list, add or revoke, not "${action}"`);
}
