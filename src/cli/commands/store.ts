import { day } from '../../day.ts';
import { formatBytes, formatCountOf } from '../../format-numbers.ts';
import type { OpenedProject } from '../../project/opened-project.ts';
import {
  type ConnectedStore,
  type ConnectedStores,
  storesOf,
  withSharedStore,
  withSharedStores,
} from '../../project/shared-store/connect.ts';
import {
  addStore,
  hasStores,
  initStore,
  makeStore,
} from '../../project/shared-store/init-store.ts';
import {
  collectResults,
  countUnsent,
  mendKnownDamage,
  pullResults,
  repairEntries,
  sendResults,
  sharedStatus,
  verifyResults,
} from '../../project/shared-store/shared-results.ts';
import { revokeKey, trustedKeys, trustKey } from '../../project/shared-store/trusted-keys.ts';
import type { PullOptions } from '../../project/stored-runs/pull.ts';
import { formatTable } from '../../reporting/terminal/text-layout.ts';
import { UsageError, UserError } from '../../user-error.ts';
import { print } from '../support/command-error.ts';
import { exitCodes } from '../support/exit-codes.ts';
import { openHere } from '../support/open-here.ts';
import { printPulled } from '../support/print-pulled.ts';

interface StoreOptions extends PullOptions {
  /** Milliseconds. */
  readonly keep?: number;
  /** Bytes. */
  readonly keepSize?: number;
  readonly yes?: boolean;
  readonly repair?: boolean;
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  /** The address of one of several stores. */
  readonly store?: string;
  readonly first?: boolean;
}

type Action = (
  project: OpenedProject,
  words: readonly string[],
  options: StoreOptions,
) => Promise<unknown>;

/** How long results stay by default that nobody uses. */
const keptDays = 90;

const actions: Readonly<Record<string, Action>> = {
  init,
  add,
  status: ofEach(status),
  push: ofAll(push),
  pull: ofAll(async (shared, words, options) =>
    printPulled(await pullResults(shared, words, options)),
  ),
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
  return await act(openHere(), words, options);
}

/** An action on a shared store of the project, which is connected before and closed after. */
function connected(
  act: (
    shared: ConnectedStore,
    words: readonly string[],
    options: StoreOptions,
  ) => Promise<unknown>,
): Action {
  return async (project, words, { store: address, ...options }) => {
    const onRestored = options.repair === true ? printRestored : undefined;
    return await withSharedStore(
      project,
      async (shared) => {
        if (shared.isOneOfSeveral) print(`${shared.spec.url}:`);
        return await act(shared, words, options);
      },
      { address, onRestored },
    );
  };
}

/** An action on all shared stores together. */
function ofAll(
  act: (
    shared: ConnectedStores,
    words: readonly string[],
    options: StoreOptions,
  ) => Promise<unknown>,
): Action {
  return async (project, words, { store: address, ...options }) =>
    await withSharedStores(project, (shared) => act(shared, words, options), { address });
}

/**
 * An action on each of several shared stores, or on the one that is named. A store that fails keeps
 * no other one from it.
 */
function ofEach(act: (shared: ConnectedStore) => Promise<unknown>): Action {
  return async (project, _, { store }) => {
    const urls = store === undefined ? storesOf(project).stores.map(({ url }) => url) : [store];
    let code: number = exitCodes.ok;
    for (const address of urls) {
      try {
        await withSharedStore(project, act, { address });
      } catch (error) {
        if (urls.length === 1 || !(error instanceof UserError)) throw error;
        print(error.message);
        code = exitCodes.failed;
      }
    }
    return code;
  };
}

const printRestored = (url: string): void => print(`Wrote the store.json of ${url} again.`);

async function init(
  project: OpenedProject,
  words: readonly string[],
  options: StoreOptions,
): Promise<void> {
  if (words.length === 0 && hasStores(project)) {
    const { url, isNew } = await makeStore(project);
    print(`${isNew ? 'Made' : 'Found'} the store ${url}.`);
    return await printUnsent(project);
  }
  const { url, isNew, key, keyFile } = await initStore(project, words, options);
  print(
    `${isNew ? 'Made' : 'Found'} the store ${url}, and wrote store.yaml with your public key ${key}.`,
  );
  print(`Your private key is ${keyFile}: keep it to yourself. Commit store.yaml.`);
  await printUnsent(project);
}

/** Says what was computed before there was a store: a run does not send it. */
async function printUnsent(project: OpenedProject): Promise<void> {
  const unsent = await withSharedStore(project, countUnsent);
  if (unsent === 0) return;
  const what = formatCountOf(unsent, 'earlier result');
  print(`To send ${what} that the store lacks: restage store push`);
}

async function add(
  project: OpenedProject,
  words: readonly string[],
  options: StoreOptions,
): Promise<void> {
  const { url, isNew, written } = await addStore(project, words, options);
  const order = options.first === true ? 'first' : 'last';
  print(
    `${isNew ? 'Made' : 'Found'} the store ${url}, and added it to store.yaml: asked ${order}.`,
  );
  print(`Results are sent to ${written}. Commit store.yaml.`);
  await printUnsent(project);
}

async function status(shared: ConnectedStore): Promise<void> {
  if (shared.isOneOfSeveral && shared.store.remote.bucket.isReadOnly === true)
    return print(`${shared.spec.url}: a web address, which is only read and has no list`);
  const { trusted, untrusted, known, unsent, former, kept, whyReadOnly } =
    await sharedStatus(shared);
  print(`${shared.spec.url}: ${formatCountOf(trusted, 'result')}`);
  if (untrusted > 0)
    print(
      `  ${formatCountOf(untrusted, 'further result')} without a signature that store.yaml trusts`,
    );
  print(`  ${formatCountOf(known, 'result')} of them known here`);
  const where = shared.isOneOfSeveral ? 'here and not there' : 'only here';
  print(
    `  ${formatCountOf(unsent, 'result')} ${where}${unsent > 0 ? ': `restage store push` sends them' : ''}`,
  );
  if (former > 0)
    print(
      `  ${formatCountOf(former, 'result')} of others from a store that store.yaml no longer names: name it under \`stores\`, and they are sent with their signatures`,
    );
  if (kept > 0)
    print(
      `  ${formatCountOf(kept, 'result')} not to be shared (cache: false, dependent on env, or with a Git repository)`,
    );
  print(`  ${whyReadOnly ?? 'you can read and write'}`);
}

async function push(shared: ConnectedStore): Promise<number> {
  const { sent, bytes, failed } = await sendResults(shared);
  print(`Sent ${formatCountOf(sent, 'result')} (${formatBytes(bytes)}) to ${shared.spec.url}.`);
  const { damaged, mended } = await mendKnownDamage(shared);
  if (damaged > 0) {
    const which = `${mended} of ${formatCountOf(damaged, 'result')}`;
    print(
      `Mended ${which} that had lost bytes there, or that the last \`store verify\` found damaged.`,
    );
  }
  return failed === 0 ? exitCodes.ok : exitCodes.failed;
}

async function verify(
  shared: ConnectedStore,
  _: readonly string[],
  { repair = false }: StoreOptions,
): Promise<number> {
  const { results, objects, broken, damaged } = await verifyResults(shared, { repairs: repair });
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
  if (isSound) return exitCodes.ok;
  if (!repair) {
    print('To send again what is here: restage store verify --repair');
    return exitCodes.failed;
  }
  const { mended, left: unmended } = await repairEntries(shared, broken);
  const rest =
    unmended.length === 0
      ? ''
      : `; what ${unmended.length} of them lack is not here: whoever has it types the same`;
  print(`Mended ${mended.length} of ${broken.length}${rest}.`);
  return unmended.length === 0 ? exitCodes.ok : exitCodes.failed;
}

async function gc(
  shared: ConnectedStore,
  _: readonly string[],
  {
    keepSize,
    keep = keepSize === undefined ? keptDays * day : Infinity,
    yes = false,
  }: StoreOptions,
): Promise<void> {
  const collected = await collectResults(shared, { keep, keepSize, remove: yes });
  const counts = [formatCountOf(collected.results, 'result'), formatCountOf(collected.runs, 'run')];
  const verb = yes ? 'Removed' : 'Would remove';
  print(
    `${verb} ${counts.join(' and ')}, and ${formatCountOf(collected.deleted, 'file')} that nothing named.`,
  );
  const marked = `${formatCountOf(collected.marked, 'file')} (${formatBytes(collected.bytes)})`;
  const mark = yes ? 'Marked' : 'Would mark';
  if (collected.marked > 0)
    print(`${mark} ${marked}: a \`restage store gc\` after a day removes them.`);
  const { held = 0 } = collected;
  if (keepSize !== undefined) {
    const young = 'the newest run of each pipeline and what was stored or used within a day';
    const why =
      held > keepSize ? `, more than --keep-size ${formatBytes(keepSize)}: ${young} stay` : '';
    print(`${formatBytes(held)} ${yes ? 'stay' : 'would stay'}${why}.`);
  }
  if (!yes) print('To do so, add --yes.');
}

async function keys(
  project: OpenedProject,
  [action = 'list', owner, text]: readonly string[],
): Promise<void> {
  if (action === 'list') {
    const rows = trustedKeys(project).map((key) => [key.owner, key.id, key.isOwn ? 'yours' : '']);
    print(formatTable(['name', 'key', ''], rows).join('\n'));
  } else if (action === 'add') {
    const key = trustKey(project, owner, text);
    print(`store.yaml trusts ${key.owner} (${key.id}). Commit it.`);
  } else if (action === 'revoke') {
    revokeKey(project, owner);
    print(
      `store.yaml no longer trusts ${owner}: results that came from there are not used any more. Commit it.`,
    );
  } else throw new UsageError(`store keys takes list, add or revoke, not "${action}"`);
}
