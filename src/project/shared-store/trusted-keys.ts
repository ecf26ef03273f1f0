import { hostname, userInfo } from 'node:os';
import { ensureKey, keyFile, keyIdOf, readKey } from '../../engine/store/remote/keys.ts';
import { editStoreFile, loadStoreFile } from '../../engine/store/remote/store-file.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { UsageError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake, orThrow } from '../pipeline-error.ts';
import { storesOf } from './connect.ts';

/** A public key whose results a project uses. */
interface TrustedKey {
  /** Whose it is. */
  readonly owner: string;
  /** Its short name. */
  readonly id: string;
  /** Whether the user has its private key. */
  readonly isOwn: boolean;
}

/** The name that a user's key gets by default. */
export const ownName = (): string =>
  `${userInfo().username}@${hostname()}`.replace(/[^\w@.-]/g, '-');

/** The keys of `store.yaml`. Throws a `PipelineError` where there is none. */
export function trustedKeys(project: OpenedProject): readonly TrustedKey[] {
  const userKey = readKey(keyFile(project.env));
  return Object.entries(storesOf(project).keys).map(([owner, text]) => ({
    owner,
    id: keyIdOf(text),
    isOwn: text === userKey?.text,
  }));
}

/**
 * Adds a key to `store.yaml`: by default the user's, made if need be, under {@link ownName}. Throws
 * a `PipelineError` where the owner has another key.
 */
export function trustKey(
  project: OpenedProject,
  owner: string = ownName(),
  text?: string,
): TrustedKey {
  const { keys } = storesOf(project);
  const file = keyFile(project.env);
  const key = text ?? ensureKey(file).text;
  if ((keys[owner] ?? key) !== key) {
    const hint = `Give this one another name: restage store keys add <name>. Or first: restage store keys revoke ${shellQuote(owner)}`;
    throw mistake(
      'no-store',
      `store.yaml has another key of ${owner}, whose results would no longer count`,
      hint,
    );
  }
  editStoreFile(project.root, ['keys', owner], key);
  orThrow(loadStoreFile(project.root));
  return { owner, id: keyIdOf(key), isOwn: key === readKey(file)?.text };
}

/** Removes the key of an owner from `store.yaml`. Throws a `UsageError` for an unknown owner. */
export function revokeKey(project: OpenedProject, owner: string | undefined): void {
  const { keys } = storesOf(project);
  if (owner === undefined || keys[owner] === undefined)
    throw new UsageError(`store keys revoke takes one of ${Object.keys(keys).join(', ')}`);
  editStoreFile(project.root, ['keys', owner], undefined);
}
