import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { reportPath } from '../../engine/config/published-paths.ts';
import { makeFolder } from '../../engine/files/new-path.ts';
import { diskError, writing } from '../../engine/files/write-error.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import type { RunManifest } from '../../engine/store/runs/run-manifest.ts';
import { crateMetadata, metadataFile } from '../../reporting/crate/crate-metadata.ts';
import type { CrateFile } from '../../reporting/crate/crate-run.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { UsageError, UserError } from '../../user-error.ts';
import { findTarget } from '../find-target.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake } from '../pipeline-error.ts';
import { type HeldFile, stagesOfCrate } from './crate-stages.ts';
import { lastRunOf } from './last-run.ts';
import { licenseAddress } from './license-address.ts';
import { stagesOf } from './pull.ts';

/** A run in a new folder. */
interface WrittenCrate {
  readonly pipeline: string;
  readonly stages: readonly string[];
  /** Outputs that the project does not keep, so that the crate only names them. */
  readonly leftOut: readonly string[];
}

/**
 * Writes the last results of a pipeline as an RO-Crate, a new folder that is whole or absent: its
 * outputs where they are published, the files of the pipeline, the report, and the metadata. The
 * words name the pipeline, and its stages if only some are written: then without the report, which
 * shows all of them.
 */
export async function exportCrate(
  project: OpenedProject,
  path: string,
  { words, license }: { readonly words: readonly string[]; readonly license?: string | undefined },
): Promise<WrittenCrate> {
  const { root, folder, warn } = project;
  const target = resolve(folder, path);
  if (existsSync(target))
    throw new UsageError(`${path} is there already: name another folder, or remove it`);
  const address = licenseAddress(root, license);
  const { file, stages: stageWords } = findTarget({ words }, project);
  const { pipeline: loaded } = (await project.loadFile(file)).checked;
  const store = new LocalStore(root, warn);
  const pipeline = pipelineName(file, root);
  const chosen = { store, pipeline, words: stageWords };
  const manifest = await chosenStages(project, chosen);
  const { stages, files } = stagesOfCrate(manifest, store);
  const outputs = stages.flatMap((stage) => stage.outputs);
  refuseTaken(files);
  const report = stageWords.length === 0 ? join(root, reportPath(pipeline)) : undefined;
  const fill = async (crate: string) => {
    await copyOutputs(chosen, files, crate);
    const sources = [file, ...loaded.sources.files.filter((source) => source !== file)];
    const copied = sources.map((source, i) =>
      copyInto(crate, placeOfSource(root, source, i), source),
    );
    // A link in its place may lead to anything that only its owner should read.
    const hasReport =
      report !== undefined && lstatSync(report, { throwIfNoEntry: false })?.isFile() === true;
    const metadata = crateMetadata({
      pipeline,
      description: loaded.description,
      license: address,
      sources: copied,
      ...(hasReport && { report: copyInto(crate, reportFile, report) }),
      ...(manifest.gitCommit !== undefined && { gitCommit: manifest.gitCommit }),
      stages,
    });
    const text = `${JSON.stringify(metadata, undefined, 2)}\n`;
    writing(path, () => writeFileSync(join(crate, metadataFile), text, { flag: 'wx' }));
  };
  try {
    await makeFolder(target, fill);
  } catch (error) {
    throw diskError(error);
  }
  return {
    pipeline,
    stages: stages.map(({ name }) => name),
    leftOut: outputs.filter(({ isHeld }) => !isHeld).map((output) => output.path),
  };
}

/** The report of a crate. */
const reportFile = 'report.html';

/** Refuses outputs that lie where a crate has a file of its own, or another output. */
function refuseTaken(files: readonly HeldFile[]): void {
  const taken = new Set([reportFile, metadataFile]);
  for (const { stage, path } of files) {
    if (taken.has(path))
      throw new UserError(
        `${path} of ${stage} cannot be in a crate, which has another file of this name: publish it below artifacts/`,
      );
    taken.add(path);
  }
}

interface ChosenRun {
  readonly store: LocalStore;
  readonly pipeline: string;
  readonly words: readonly string[];
}

/** The last results of the stages that the words choose. */
async function chosenStages(
  { root }: OpenedProject,
  { store, pipeline, words }: ChosenRun,
): Promise<RunManifest> {
  const { manifest } = await lastRunOf(root, store, pipeline);
  const chosen = stagesOf(manifest, words);
  if (chosen.length === 0)
    throw mistake('never-ran', `${pipeline} has no results yet`, 'Run it first.');
  const stages = Object.fromEntries(chosen.map((name) => [name, manifest.stages[name]!]));
  return { ...manifest, stages };
}

/** Copies the objects of outputs, and throws where one is lost or damaged. */
async function copyOutputs(
  { store, pipeline }: ChosenRun,
  files: readonly HeldFile[],
  crate: string,
): Promise<void> {
  const lost = new Set<string>();
  const checked = new Map<Digest, boolean>();
  for (const { stage, path, digest, isExecutable } of files) {
    const isWhole = checked.get(digest) ?? (await store.checkObject(digest));
    checked.set(digest, isWhole);
    if (!isWhole) lost.add(stage);
    else copyFile(store.objectPath(digest), within(crate, path), isExecutable ? 0o755 : 0o644);
  }
  if (lost.size === 0) return;
  const command = `restage run ${shellQuote(`${pipeline}.yaml`)} --fetch all`;
  throw new UserError(
    `The outputs of ${[...lost].join(', ')} are not all here: \`${command}\` brings them`,
  );
}

/** The path of a file in the crate. Throws for one that leads out of it. */
function within(crate: string, path: string): string {
  const target = join(crate, path);
  const way = relative(crate, target);
  if (way === '' || way.startsWith('..') || isAbsolute(way))
    throw new UserError(`The published path ${path} leads out of the project`);
  return target;
}

/** Where a file of the pipeline lies: as in the project, or beside it for one of a package. */
function placeOfSource(root: string, source: string, i: number): string {
  const way = relative(root, source);
  const isOwn = !way.startsWith('..') && !isAbsolute(way) && !way.startsWith('node_modules');
  return isOwn ? way : join('extended', `${i}-${basename(source)}`);
}

/** Copies a file of the project to a path in the crate. */
function copyInto(crate: string, path: string, from: string): CrateFile {
  copyFile(from, within(crate, path), 0o644);
  const bytes = readFileSync(join(crate, path));
  return { path, size: bytes.length, digest: sha256(bytes) };
}

function copyFile(from: string, to: string, mode: number): void {
  writing(to, () => {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    chmodSync(to, mode);
  });
}
