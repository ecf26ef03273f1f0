import { lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { InputArtifact } from '../../stage.ts';
import { safeWord } from '../config/paths/safe-name.ts';
import type { InputItem, Stage } from '../config/pipeline.ts';
import { type DigestIndex, isUnsettled } from '../files/digest-index.ts';
import { signTree } from '../files/sign-tree.ts';
import type { FingerprintInput } from '../fingerprint/fingerprint.ts';
import type { Examined, OutputsOf, World } from '../plan/examine.ts';
import type { Lender, Loan } from '../publishing/lender.ts';
import { CopyFault } from '../publishing/verified-copy.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { nameView, viewName } from '../store/view-name.ts';
import { StageFailure } from './place.ts';

/**
 * What a stage reads: its inputs under names that hold nothing but what is in its fingerprint, in a folder of its own.
 * What other stages made is lent from the store. The user's files are symbolic links.
 */
export interface InputView {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** The folder's other path, which is the same in every run, and which the stage is given. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, readonly InputArtifact[]>>;
  /** The path of the project that each path in the folder stands for. */
  readonly originals: ReadonlyMap<string, string>;
  readonly loans: readonly Loan[];
  readonly links: readonly Link[];
}

/** A symbolic link of a view, and how its target looked when the link was made. */
interface Link {
  readonly path: string;
  readonly target: string;
  readonly signature: string;
  /** Of what was only just put in place: its signature alone does not say that it stays. */
  readonly unsettled?: Digest;
  /** The target is already not what the decision was made about. */
  readonly isOutdated: boolean;
}

export interface ViewOptions {
  readonly examined: Examined;
  readonly world: World;
  readonly outputsOf: OutputsOf;
  readonly lender: Lender;
  /** Absolute path of the folder to make it in, which must not exist. */
  readonly folder: string;
}

/** Makes the view of a stage that is about to run. {@link closeView} ends it. */
export async function openView(stage: Stage, options: ViewOptions): Promise<InputView> {
  const { world, folder, lender, outputsOf } = options;
  const originals = new Map<string, string>();
  const loans: Loan[] = [];
  const links: Link[] = [];
  const inputs: Record<string, readonly InputArtifact[]> = {};
  const name = viewName(world.cache.folder, options.examined.digest);
  mkdirSync(folder);
  if (stage.inputs.length > 0) nameView(name, folder);
  for (const input of stage.inputs) {
    const names = viewNames(input.port, input.list, options.examined.fingerprint.inputs[input.port]!);
    const artifacts: InputArtifact[] = [];
    for (const [index, item] of input.items.entries()) {
      const path = join(folder, names[index]!);
      artifacts.push({ path: join(name, names[index]!), labels: item.labels });
      originals.set(path, pathOf(item, world));
      mkdirSync(dirname(path), { recursive: true });
      if (item.from === 'path') links.push(await link(item.path, path, options));
      else loans.push(await borrow(outputOf(item, outputsOf), path, stage, pathOf(item, world), lender));
    }
    inputs[input.port] = artifacts;
  }
  return { folder, name, inputs, originals, loans, links };
}

async function borrow(
  artifact: StoredArtifact,
  to: string,
  { name }: Stage,
  published: string,
  lender: Lender,
): Promise<Loan> {
  try {
    return await lender.lend(artifact, to, name, published);
  } catch (error) {
    if (!(error instanceof CopyFault)) throw error;
    throw new StageFailure(`${published} changed before it could be read, and the cache does not hold it: run again`);
  }
}

async function link(target: string, path: string, { examined, world }: ViewOptions): Promise<Link> {
  const listing = await world.digests.list(target, { modes: false });
  symlinkSync(target, path);
  return {
    path,
    target,
    signature: listing.signature,
    ...(isUnsettled(listing) && { unsettled: listing.digest }),
    isOutdated: listing.signature !== examined.looked.get(target),
  };
}

/** An input that a stage, or one of the `others` that read it at the same time, wrote to. */
export interface MisusedInput {
  /** Its path in the project. */
  readonly path: string;
  readonly others: readonly string[];
}

/** What happened to the inputs while a stage ran. */
export interface ViewEnd {
  readonly written: readonly MisusedInput[];
  /** The user's files whose content or times are others now: an edit that was taken back is one as well. */
  readonly edited: readonly string[];
}

/** Looks at every input again. To be called once for every view, whatever the end of its stage. */
export async function closeView(view: InputView, lender: Lender, digests: DigestIndex): Promise<ViewEnd> {
  const original = (path: string) => originalOf(view, path);
  const misuses = (await Promise.all(view.loans.map((loan) => lender.takeBack(loan)))).flat();
  const replaced = view.links.filter(({ path, target }) => linkTarget(path) !== target);
  const edited: string[] = [];
  for (const link of view.links) if (link.isOutdated || (await isChanged(link, digests))) edited.push(link.target);
  return {
    written: [
      ...misuses.map(({ path, others }) => ({ path: original(path), others })),
      ...replaced.map(({ target }) => ({ path: target, others: [] })),
    ],
    edited,
  };
}

async function isChanged({ target, signature, unsettled }: Link, digests: DigestIndex): Promise<boolean> {
  if (signatureOf(target) !== signature) return true;
  return unsettled !== undefined && (await digests.list(target, { modes: false })).digest !== unsettled;
}

/** Puts the project's own paths in place of those of the view, in what a stage says. */
export function withOriginals({ folder, name, originals }: InputView, text: string): string {
  const told = text.replaceAll(name, folder);
  if (!told.includes(folder)) return told;
  const byLength = [...originals].sort(([a], [b]) => b.length - a.length);
  return byLength.reduce((told, [path, original]) => told.replaceAll(path, original), told);
}

/** The path of the project that a file of the view, or of a folder in it, stands for. */
function originalOf({ originals }: InputView, path: string): string {
  for (let base = path; base.length > 1; base = dirname(base)) {
    const original = originals.get(base);
    if (original !== undefined) return original + path.slice(base.length);
  }
  throw new Error(`Internal error: ${path} is in no view`);
}

/**
 * Paths of a port's items below the view's folder, which the fingerprint alone decides. A single item is named by its port
 * and extension. In a list, a file of the user's keeps its path or, where it is the only one, its name, and a stage's output is named by its labels.
 */
function viewNames(port: string, list: boolean, items: readonly FingerprintInput[]): readonly string[] {
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
    return normal.startsWith('../../') || normal.includes(':') ? basename(normal) : normal;
  }
  const words = Object.entries(labels).map(([name, value]) => (name === 'stage' ? value : `${name}=${value}`));
  return (words.length > 0 ? safeWord(words.join(',')) : String(index + 1)) + extension;
}

/** Whether all names can lie side by side: none comes twice, and none is a folder of another. */
function isTree(names: readonly string[]): boolean {
  const all = new Set(names);
  const isBelowAnother = (name: string) => {
    for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) if (all.has(folder)) return true;
    return false;
  };
  return all.size === names.length && !names.some(isBelowAnother);
}

function outputOf(item: InputItem & { readonly from: 'stage' }, outputsOf: OutputsOf): StoredArtifact {
  const artifact = outputsOf(item.stage)[item.port];
  if (artifact === undefined) throw new Error(`Internal error: ${item.stage} left no output ${item.port}`);
  return artifact;
}

/** Where an input item lies in the project. */
export function pathOf(item: InputItem, world: Pick<World, 'graph' | 'pipeline'>): string {
  if (item.from === 'path') return item.path;
  const output = world.graph.stage(item.stage).outputs.find(({ port }) => port === item.port);
  if (output === undefined) throw new Error(`Internal error: ${item.stage} has no output ${item.port}`);
  return join(world.pipeline.root, output.path);
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

/** Undefined for a path that went away meanwhile: that, too, is a change. */
function signatureOf(path: string): string | undefined {
  try {
    return signTree(path).signature;
  } catch {
    return undefined;
  }
}
