import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import type { Digest } from '../../digest.ts';
import { sealFile } from '../../seal-file.ts';
import type { InputArtifact } from '../../stage.ts';
import { safeWord } from '../config/file-names.ts';
import type { Input, InputItem, Stage } from '../config/pipeline.ts';
import { type DigestIndex, isUnsettled } from '../files/digest-index.ts';
import { linkOrCopy } from '../files/link-or-copy.ts';
import { partsDigest } from '../files/listing.ts';
import { linkTarget } from '../files/read-part.ts';
import { treeSignature } from '../files/walk-tree.ts';
import type { FingerprintInput } from '../fingerprint/fingerprint.ts';
import type { ExaminedWork, OutputsOf, PipelineGraph, Workspace } from '../plan/examine.ts';
import { CopyFault } from '../publishing/copy-or-link.ts';
import type { Lender, Loan, Misuse } from '../publishing/lender.ts';
import { hiddenParts, readArtifact, readParts } from '../seals/sealed-parts.ts';
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
  readonly linked: readonly Linked[];
}

/** A link of a view. */
interface Link {
  readonly path: string;
  readonly target: string;
}

/**
 * A file or folder of the user's in a view: one link, or one for each entry that is not hidden. Of
 * what was copied there is no link.
 */
interface Linked {
  readonly links: readonly Link[];
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
  const linked: Linked[] = [];
  const inputs: Record<string, readonly InputArtifact[]> = {};
  const name = viewName(workspace.store.local.folder, shownDigest(examined));
  if (stage.inputs.length > 0) {
    mkdirSync(folder);
    nameView(name, folder);
  }
  for (const input of stage.inputs) {
    const { port, list, items } = input;
    const keyed = examined.fingerprint.inputs[port]!;
    const names = viewNames(port, list, keyed);
    inputs[port] = items.map(({ labels }, index) => ({ path: join(name, names[index]!), labels }));
    for (const [index, item] of items.entries()) {
      const path = join(folder, names[index]!);
      originals.set(path, pathOf(item, workspace));
      mkdirSync(dirname(path), { recursive: true });
      if (item.from === 'path')
        linked.push(await link(item.path, path, { ...options, keyed: keyed[index]!, input }));
      else loans.push(await borrow(item, path, stage.name, { ...options, input }));
    }
  }
  return { folder, name, inputs, originals, loans, linked };
}

async function borrow(
  item: InputItem & { readonly from: 'stage' },
  to: string,
  borrower: string,
  { outputsOf, lender, workspace, input }: ViewOptions & { readonly input: Input },
): Promise<Loan> {
  const whole: StoredArtifact | undefined = outputsOf(item.stage)[item.port];
  if (whole === undefined)
    throw new Error(`Internal error: ${item.stage} left no output ${item.port}`);
  const artifact = readArtifact(whole, input, workspace.ledger.unsealed);
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
  readonly input: Input;
}

/**
 * Links to the user's file or folder. Of a folder with sealed parts that are hidden from the stage,
 * each of the others is linked.
 */
async function link(
  target: string,
  path: string,
  { examined, workspace, keyed, input }: LinkOptions,
): Promise<Linked> {
  const { unsealed } = workspace.ledger;
  const hidden = hasSeal(target)
    ? hiddenParts(await workspace.digests.list(target, { modes: false }), input, unsealed)
    : new Set<string>();
  const expected = examined.looked.get(target);
  const { signature } = treeSignature(target);
  const visible: Link[] = [];
  if (hidden.size === 0) visible.push({ path, target });
  else {
    mkdirSync(path);
    for (const name of readdirSync(target).filter((name) => !hidden.has(name)))
      visible.push({ path: join(path, name), target: join(target, name) });
  }
  const links = visible.filter(({ path, target }) => linkOrCopy(target, path) === 'link');
  if (signature === expected) return { links, target, signature, isOutdated: false };
  const listing = await workspace.digests.list(target, { modes: false });
  return {
    links,
    target,
    signature: listing.signature,
    ...(isUnsettled(listing) && { unsettled: listing.digest }),
    // Perhaps only its times changed, as by `touch`.
    isOutdated: partsDigest(listing, readParts(listing, input, unsealed)) !== keyed.digest,
  };
}

/** Whether a part of a folder has the file of a seal, broken or not. */
const hasSeal = (folder: string): boolean =>
  statSync(folder).isDirectory() &&
  readdirSync(folder, { withFileTypes: true }).some(
    (entry) => !entry.isFile() && existsSync(join(folder, entry.name, sealFile)),
  );

/**
 * Checks every input again. `misuses`: inputs that were written to; `edited`: the user's files that
 * changed meanwhile.
 */
export async function closeView(view: InputView, lender: Lender, digests: DigestIndex) {
  const lent: readonly Misuse[] = (
    await Promise.all(view.loans.map((loan) => lender.takeBack(loan)))
  ).flat();
  const replaced = view.linked
    .flatMap(({ links }) => links)
    .filter(({ path, target }) => linkTarget(path) !== target);
  const edited: string[] = [];
  for (const linked of view.linked)
    if (linked.isOutdated || (await isChanged(linked, digests))) edited.push(linked.target);
  return {
    misuses: [
      ...lent.map(({ path, others }) => ({ path: originalOf(view, path), others })),
      ...replaced.map(({ target }) => ({ path: target, others: [] })),
    ],
    edited,
  };
}

async function isChanged(
  { target, signature, unsettled }: Linked,
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
