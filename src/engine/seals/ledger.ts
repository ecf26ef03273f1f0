import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { Environment } from '../../environment.ts';
import { UserError } from '../../user-error.ts';
import { appendLines } from '../files/append-lines.ts';
import { cacheOf, leasePath } from '../files/cache-paths.ts';
import { writing } from '../files/write-error.ts';
import { Lease } from '../store/lease.ts';
import { keyFile, readKey } from '../store/remote/keys.ts';
import { signedLine } from '../store/remote/signed-line.ts';
import {
  headOf,
  type LedgerEvent,
  type LedgerState,
  type NumberedLine,
  readLines,
  stateOf,
} from './ledger-lines.ts';

/** The file of the project's ledger, which belongs into its repository. */
export const ledgerFile = (root: string): string => join(root, 'ledger.jsonl');

/** What a line says of the process that wrote it. */
export interface LedgerWriter {
  /** Where the user's key is looked up. */
  readonly env: Environment;
  readonly run?: string;
  readonly commit?: string | undefined;
}

/**
 * The ledger of a project: who looked at sealed images, in order. Lines are only appended, each by
 * one write that is synced, and carry the digest of the line before. A lease keeps two runs from
 * appending at once. Where that fails, two lines follow the same one, which `faultsOf` finds: no
 * look is lost. A line that a kill cut off stays as it is, and the next one follows it.
 */
export class Ledger {
  readonly #root: string;
  #signature = '';
  #lines: readonly NumberedLine[] = [];
  #state: LedgerState = stateOf([]);

  constructor(root: string) {
    this.#root = root;
  }

  /** What stands in the file now. */
  get state(): LedgerState {
    this.#refresh();
    return this.#state;
  }

  get lines(): readonly NumberedLine[] {
    this.#refresh();
    return this.#lines;
  }

  /** The seals that are broken: their images are as any others. */
  get unsealed(): ReadonlySet<Digest> {
    return this.state.unsealed;
  }

  /**
   * Appends the events that `choose` gives for what stands in the ledger at that moment, when no
   * other process writes. Throws a `WriteError`, and a `UserError` for a key that others can read
   * and for a link or a folder in the place of the file.
   */
  async append(
    choose: (state: LedgerState) => readonly LedgerEvent[],
    writer: LedgerWriter,
  ): Promise<void> {
    if (choose(this.state).length === 0) return;
    await using _lease = await Lease.acquire(leasePath(cacheOf(this.#root), 'ledger'));
    const chosen = choose(this.state);
    if (chosen.length === 0) return;
    const key = readKey(keyFile(writer.env));
    let previous = headOf(this.#lines);
    const texts: string[] = [];
    for (const event of chosen) {
      const line = {
        ...event,
        time: new Date().toISOString(),
        ...(writer.run !== undefined && { run: writer.run }),
        ...(writer.commit !== undefined && { commit: writer.commit }),
        previous,
        ...(key !== undefined && { key: key.text }),
      };
      const unsigned = JSON.stringify(line);
      const text = key === undefined ? unsigned : await signedLine('ledger', unsigned, key);
      texts.push(text);
      previous = headOf([{ text }]);
    }
    this.#write(texts);
  }

  #write(texts: readonly string[]): void {
    const path = ledgerFile(this.#root);
    writing('ledger.jsonl', () => appendLines(path, texts));
  }

  #refresh(): void {
    const path = ledgerFile(this.#root);
    const stats = lstatSync(path, { throwIfNoEntry: false, bigint: true });
    // What is written through a link to a device would be lost.
    if (stats?.isFile() === false)
      throw new UserError('ledger.jsonl is no file: put the ledger in its place, or remove it.');
    const signature =
      stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
    if (signature === this.#signature) return;
    this.#lines = stats === undefined ? [] : readLines(readFileSync(path, 'utf8'));
    this.#state = stateOf(this.#lines);
    this.#signature = signature;
  }
}
