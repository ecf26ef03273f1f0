import { mkdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { InputArtifact } from '../../stage.ts';
import { safeWord } from '../config/file-names.ts';
import type { InputItem, Stage } from '../config/pipeline.ts';
import { type DigestIndex, isUnsettled } from '../files/digest-index.ts';
import { partsDigest } from '../files/listing.ts';
import { linkTarget } from '../files/read-part.ts';
import { treeSignature } from '../files/walk-tree.ts';
import type { FingerprintInput } from '../fingerprint/fingerprint.ts';
import type { ExaminedWork, OutputsOf, PipelineGraph, Workspace } from '../plan/examine.ts';
import { CopyFault } from '../publishing/copy-or-link.ts';
import type { Lender, Loan, Misuse } from '../publishing/lender.ts';
import { nameView, viewName } from '../store/input-view-name.ts';
import { type StoredArtifact, shownDigest } from '../store/stage-result.ts';
import { StageFailure } from './stage-failures.ts';

/**
 * A stage's private folder of inputs, named by its fingerprint: lent objects, and links to the
 * user's files.
 */
export interface InputView {
  readonly folder: string;
  /** Another path of the folder, the same in every run, which the stage gets. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, readonly InputArtifact[]>>;
  /** The path in the project of each item, by its path in the folder. */
  readonly originals: ReadonlyMap<string, string>;
  readonly loans: readonly Loan[];
  readonly links: readonly Link[];
}

interface Link {
  readonly path: string;
  readonly target: string;
  readonly signature: string;
  /** The digest of a target that changed so recently that its signature proves nothing. */
  readonly unsettled?: Digest;
  /** Whether the parts that the stage reads had changed since the decision. */
  readonly isOutdated: boolean;
}

export interface ViewOptions {
  readonly examined: ExaminedWork;
  readonly workspace: Workspace;
  readonly outputsOf: OutputsOf;
  readonly lender: Lender;
  readonly folder: string;
}

/**
 * Makes the view of a stage that is about to run, until {@link closeView}. Throws a
 * {@link StageFailure}.
 */
export async function openView(stage: Stage, options: ViewOptions): Promise<InputView> {
  const { workspace, folder, examined } = options;
  const originals = new Map<string, string>();
  const loans: Loan[] = [];
  const links: Link[] = [];
  const inputs: Record<string, readonly InputArtifact[]> = {};
  const name = viewName(workspace.store.local.folder, shownDigest(examined));
  if (stage.inputs.length > 0) {
    mkdirSync(folder);
    nameView(name, folder);
  }
  for (const { port, list, items, parts } of stage.inputs) {
    const keyed = examined.fingerprint.inputs[port]!;
    const names = viewNames(port, list, keyed);
    inputs[port] = items.map(({ labels }, index) => ({ path: join(name, names[index]!), labels }));
    for (const [index, item] of items.entries()) {
      const path = join(folder, names[index]!);
      originals.set(path, pathOf(item, workspace));
      mkdirSync(dirname(path), { recursive: true });
      if (item.from === 'path')
        links.push(await link(item.path, path, { ...options, keyed: keyed[index]!, parts }));
      else loans.push(await borrow(item, path, stage.name, options));
    }
  }
  return { folder, name, inputs, originals, loans, links };
}

async function borrow(
  item: InputItem & { readonly from: 'stage' },
  to: string,
  borrower: string,
  { outputsOf, lender, workspace }: ViewOptions,
): Promise<Loan> {
  const artifact: StoredArtifact | undefined = outputsOf(item.stage)[item.port];
  if (artifact === undefined)
    throw new Error(`Internal error: ${item.stage} left no output ${item.port}`);
  const published = pathOf(item, workspace);
  try {
    return await lender.lend(artifact, to, borrower, published);
  } catch (error) {
    if (!(error instanceof CopyFault)) throw error;
    throw new StageFailure(
      `${published} changed before it could be read, and the store does not hold it: run again`,
    );
  }
}

interface LinkOptions extends ViewOptions {
  readonly keyed: FingerprintInput;
  readonly parts: readonly string[] | undefined;
}

async function link(
  target: string,
  path: string,
  { examined, workspace, keyed, parts }: LinkOptions,
): Promise<Link> {
  const expected = examined.looked.get(target);
  const { signature } = treeSignature(target);
  symlinkSync(target, path);
  if (signature === expected) return { path, target, signature, isOutdated: false };
  const listing = await workspace.digests.list(target, { modes: false });
  return {
    path,
    target,
    signature: listing.signature,
    ...(isUnsettled(listing) && { unsettled: listing.digest }),
    // Perhaps only its times changed, as by `touch`.
    isOutdated: partsDigest(listing, parts) !== keyed.digest,
  };
}

/**
 * Checks every input again. `misuses`: inputs that were written to; `edited`: the user's files that
 * changed meanwhile.
 */
export async function closeView(view: InputView, lender: Lender, digests: DigestIndex) {
  const lent: readonly Misuse[] = (
    await Promise.all(view.loans.map((loan) => lender.takeBack(loan)))
  ).flat();
  const replaced = view.links.filter(({ path, target }) => linkTarget(path) !== target);
  const edited: string[] = [];
  for (const link of view.links)
    if (link.isOutdated || (await isChanged(link, digests))) edited.push(link.target);
  return {
    misuses: [
      ...lent.map(({ path, others }) => ({ path: originalOf(view, path), others })),
      ...replaced.map(({ target }) => ({ path: target, others: [] })),
    ],
    edited,
  };
}

async function isChanged(
  { target, signature, unsettled }: Link,
  digests: DigestIndex,
): Promise<boolean> {
  try {
    if (treeSignature(target).signature !== signature) return true;
  } catch {
    return true;
  }
  return (
    unsettled !== undefined && (await digests.list(target, { modes: false })).digest !== unsettled
  );
}

/** A text of a stage with the project's own paths instead of those of the view. */
export function withOriginals({ folder, name, originals }: InputView, text: string): string {
  const readable = text.replaceAll(name, folder);
  if (!readable.includes(folder)) return readable;
  const byLength = [...originals].sort(([a], [b]) => b.length - a.length);
  return byLength.reduce(
    (readable, [path, original]) => readable.replaceAll(path, original),
    readable,
  );
}

function originalOf({ originals }: InputView, path: string): string {
  for (let base = path; base.length > 1; base = dirname(base)) {
    const original = originals.get(base);
    if (original !== undefined) return original + path.slice(base.length);
  }
  throw new Error(`Internal error: ${path} is in no view`);
}

/** The absolute path of an input item in the project. */
export function pathOf(item: InputItem, workspace: PipelineGraph): string {
  if (item.from === 'path') return item.path;
  const output = workspace.graph.stage(item.stage).outputs.find(({ port }) => port === item.port);
  if (output === undefined)
    throw new Error(`Internal error: ${item.stage} has no output ${item.port}`);
  return join(workspace.pipeline.root, output.path);
}

/** The paths of a port's items in the view, which only the fingerprint decides. */
function viewNames(
  port: string,
  list: boolean,
  items: readonly FingerprintInput[],
): readonly string[] {
  if (!list) return items.map(({ extension = '' }) => port + extension);
  const names = items.map(labelName);
  return isTree(names)
    ? names.map((name) => `${port}/${name}`)
    : names.map((name, index) => `${port}/${index + 1}/${name}`);
}

function labelName({ labels = {}, extension = '', name }: FingerprintInput, index: number): string {
  if (name !== undefined) return name;
  const { path } = labels;
  if (path !== undefined) {
    const normal = posix.normalize(path);
    // The copy lies in the port's own folder.
    return normal.includes(':') ? basename(normal) : normal.replace(/^(?:\.\.\/)+/, '');
  }
  const words = Object.entries(labels).map(([name, value]) =>
    name === 'stage' ? value : `${name}=${value}`,
  );
  return (words.length > 0 ? safeWord(words.join(',')) : String(index + 1)) + extension;
}

/** Whether all names fit into one folder: none occurs twice, and none is a folder of another. */
function isTree(names: readonly string[]): boolean {
  const all = new Set(names);
  const isBelowAnother = (name: string) => {
    for (let folder = dirname(name); folder !== '.'; folder = dirname(folder))
      if (all.has(folder)) return true;
    return false;
  };
  return all.size === names.length && !names.some(isBelowAnother);
}
