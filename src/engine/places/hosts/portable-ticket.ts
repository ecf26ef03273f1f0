import { existsSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { Digest } from '../../../digest.ts';
import type { JobClass } from '../../../scheduler.ts';
import type { PublishedFile } from '../../../stage.ts';
import type {
  Input,
  InputItem,
  Output,
  Stage,
  StageCode,
  StageName,
} from '../../config/pipeline.ts';
import type { Attempt } from '../../execution/execution.ts';
import { StageFailure } from '../../execution/stage-failures.ts';
import { hashFile } from '../../files/hash-file.ts';
import type { ListedFile, Listing } from '../../files/listing.ts';
import { sealedParts } from '../../seals/sealed-parts.ts';
import { readKindSources } from '../../store/kind-build.ts';
import type { StoredArtifact } from '../../store/stage-result.ts';
import type { Ticket } from '../batch-folder.ts';
import { type Software, ticketOf } from '../ticket.ts';

/**
 * A stage for a machine that shares no disk with this one: its code and all that it reads are named
 * by content. Plain data.
 */
export interface PortableTicket {
  /** Its path inputs are outputs of stages without a kind, except the program that it runs. */
  readonly ticket: Ticket;
  /** The root of the project where the stage was decided, for messages. */
  readonly root: string;
  /** What it reads, by the digests in the ticket. */
  readonly artifacts: Readonly<Record<Digest, StoredArtifact>>;
  /** The files of the project that are its code, by their paths from the root. */
  readonly files: readonly ListedFile[];
  /** Whether `files` build its kind, which is the project's own. */
  readonly hasOwnKind: boolean;
  /** Published files, such as weights, by their names among downloads. */
  readonly downloads: readonly ListedFile[];
  /** Variables of the caller's environment that travel with it. */
  readonly env: Readonly<Record<string, string>>;
}

/** A portable ticket, and where its contents lie here. */
export interface PackedTicket {
  readonly ticket: PortableTicket;
  /** The absolute path of each object that the host may ask for. */
  readonly sources: ReadonlyMap<Digest, string>;
}

/** What packing a ticket needs besides the attempt. */
export interface PackingFacts {
  readonly software: Software;
  /** The built code of a project's own kind. */
  readonly module: string | undefined;
  readonly needs: JobClass;
  /** Names of variables that travel. */
  readonly env: readonly string[];
  /** How often its host was lost, or its process killed there, in this run. */
  readonly losses: number;
  /** The published files that the stage asks for. */
  readonly downloads: readonly PublishedFile[];
}

/** Input files outside of the project lie here on a host, by their absolute paths. */
export const outsideFolder = '.outside';

/**
 * Packs an attempt for another machine. Throws a {@link StageFailure} where it reads what must not
 * or cannot leave this one.
 */
export async function packTicket(attempt: Attempt, facts: PackingFacts): Promise<PackedTicket> {
  const { workspace, stage } = attempt;
  const { root } = workspace.pipeline;
  const { software, module, needs, losses } = facts;
  // A forced stage begins without a checkpoint, but resumes after a loss from that of this run.
  const tries = { lost: losses, idle: 0, memory: 0 };
  const { ticket, artifacts } = ticketOf(attempt, { software, module, tries, needs });
  const sources = new Map<Digest, string>();
  for (const item of stage.inputs.flatMap(({ items }) => items)) {
    if (item.from !== 'stage') continue;
    const { path } = outputOf(workspace.graph.stage(item.stage), item.port);
    const artifact = attempt.outputsOf(item.stage)[item.port]!;
    for (const file of artifact.files) {
      const object = workspace.store.local.objectPath(file.digest);
      const published = join(root, path, file.path);
      sources.set(file.digest, existsSync(object) ? object : published);
    }
  }
  const packed = await packPaths(attempt, ticket, sources);
  const all = new Map([...artifacts, ...packed.artifacts]);
  for (const artifact of all.values()) refuseSealed(artifact);
  const files = await codeFiles(stage, module, root);
  const downloads = await fetchDownloads(facts.downloads, attempt);
  for (const { file, path } of [...files, ...downloads.files, ...downloads.ofPackages])
    sources.set(file.digest, path);
  return {
    sources,
    ticket: {
      ticket: {
        ...ticket,
        ...packed.ticket,
        looked: {},
        module: undefined,
        stage: { ...packed.stage, ...relocatedCode(stage, root) },
      },
      root,
      artifacts: Object.fromEntries(all),
      files: [...files, ...downloads.ofPackages].map(({ file }) => file),
      hasOwnKind: module !== undefined,
      downloads: downloads.files.map(({ file }) => file),
      env: Object.fromEntries(
        facts.env.flatMap((name) => {
          const value = workspace.env[name];
          return value === undefined ? [] : [[name, value] as const];
        }),
      ),
    },
  };
}

/** A program's code without what holds for this machine alone. */
const relocatedCode = ({ code }: Stage, root: string): { readonly code?: StageCode } =>
  code === undefined
    ? {}
    : {
        code: {
          ...code,
          program: code.program === '' ? '' : relative(root, code.program),
          signatures: {},
        },
      };

/**
 * Replaces path inputs by outputs of stages that only hold a file or folder: a host lends these
 * from its own objects. The program that a stage runs stays a path, since its place counts.
 */
async function packPaths(attempt: Attempt, ticket: Ticket, sources: Map<Digest, string>) {
  const { workspace, stage } = attempt;
  const { root } = workspace.pipeline;
  const artifacts = new Map<Digest, StoredArtifact>();
  const holders: Stage[] = [];
  const read: Record<string, Record<string, Digest>> = { ...ticket.artifacts };
  const packItem = async (item: InputItem): Promise<InputItem> => {
    if (item.from !== 'path') return item;
    const { from: _, path, shown: _s, ...labelled } = item;
    if (path === stage.code?.program) return { ...item, path: relative(root, path) };
    const listing = await (workspace.listings.get(path) ??
      workspace.digests.list(path, { modes: false }));
    const { folder, files, digest, parts } = listing;
    for (const file of files)
      if (!sources.has(file.digest)) sources.set(file.digest, join(path, file.path));
    artifacts.set(digest, { type: 'files', folder, files, digest, parts });
    const name = `input ${holders.length + 1}` as StageName;
    holders.push(holderOf(ticket.stage, name, placeOnHost(path, root)));
    read[name] = { item: digest };
    return { ...labelled, from: 'stage', stage: name, port: 'item' };
  };
  const inputs: Input[] = [];
  for (const input of ticket.stage.inputs) {
    const items: InputItem[] = [];
    for (const item of input.items) items.push(await packItem(item));
    inputs.push({ ...input, items });
  }
  return {
    artifacts,
    stage: { ...ticket.stage, inputs },
    ticket: { artifacts: read, sources: [...ticket.sources, ...holders] },
  };
}

/** The path of a user's file from the root of the project on a host, where nothing need lie. */
function placeOnHost(path: string, root: string): string {
  const inside = relative(root, path);
  return isOutside(inside) ? `${outsideFolder}${path}` : inside;
}

const isOutside = (path: string): boolean => path.startsWith('..') || isAbsolute(path);

/** A stage of which only its output counts: where a user's file would lie. */
function holderOf(like: Stage, name: StageName, path: string): Stage {
  const output: Output = { port: 'item', type: 'files', path };
  const { code: _, ...rest } = like;
  return { ...rest, name, inputs: [], outputs: [output] };
}

const outputOf = ({ name, outputs }: Stage, port: string): Output => {
  const output = outputs.find((output) => output.port === port);
  if (output === undefined) throw new Error(`Internal error: ${name} has no output ${port}`);
  return output;
};

/** Sealed images stay on this machine: a host is not watched by the ledger. */
function refuseSealed(artifact: Listing): void {
  const [first] = sealedParts(artifact, new Set());
  if (first === undefined) return;
  throw new StageFailure(
    `reads an artifact whose part ${first.part} is sealed, or was: it does not leave this machine, so give the stage \`place: local\``,
  );
}

/** A file to send, and where it lies here. */
interface SentFile {
  readonly file: ListedFile;
  readonly path: string;
}

/** The files of the project that are the code of a stage. Throws a {@link StageFailure}. */
async function codeFiles(
  { code }: Stage,
  module: string | undefined,
  root: string,
): Promise<readonly SentFile[]> {
  const ofKind = module === undefined ? [] : Object.keys(kindFiles(module));
  const settings = module === undefined ? [] : ['package.json', 'tsconfig.json'];
  const ofProgram = code === undefined ? [] : [...Object.keys(code.signatures), code.program];
  const paths = new Set([
    ...ofKind.map((path) => join(root, path)),
    ...settings.map((name) => join(root, name)).filter((path) => existsSync(path)),
    ...ofProgram.filter((path) => path !== ''),
  ]);
  const files: SentFile[] = [];
  for (const path of paths) {
    const inside = relative(root, path);
    if (isOutside(inside))
      throw new StageFailure(
        `${path} is part of its code and lies outside of the project: hosts get only files of the project`,
      );
    files.push({ file: await listFile(inside, path), path });
  }
  return files;
}

/** The files that a project's own kind was built from; packages have no digest. */
export function kindFiles(module: string): Readonly<Record<string, string>> {
  const entries = Object.entries(readKindSources(dirname(module)) ?? {});
  return Object.fromEntries(entries.filter(([, digest]) => digest !== ''));
}

async function listFile(name: string, path: string): Promise<ListedFile> {
  const { size, mode } = statSync(path);
  const digest = await hashFile(path);
  return { path: name, digest, size, ...((mode & 0o111) !== 0 && { executable: true as const }) };
}

/**
 * What a stage downloads, fetched here, since hosts often have no internet; and files of npm
 * packages, by their paths from the root.
 */
async function fetchDownloads(published: readonly PublishedFile[], { workspace }: Attempt) {
  const { store, env, pipeline } = workspace;
  const files: SentFile[] = [];
  const ofPackages: SentFile[] = [];
  if (published.length === 0) return { files, ofPackages };
  const { download } = await import('../../store/download.ts');
  const { isInPackage, packageFile } = await import('../../store/package-file.ts');
  for (const file of published) {
    if (isInPackage(file)) {
      const path = await packageFile(file, pipeline.root);
      const name = path.slice(path.lastIndexOf('/node_modules/') + 1);
      ofPackages.push({ file: await listFile(name, path), path });
    } else {
      const path = await download(store.local.folder, file, env);
      files.push({ file: await listFile(basename(path), path), path });
    }
  }
  return { files, ofPackages };
}
