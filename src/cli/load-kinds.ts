import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, Plugin } from 'esbuild';
import { kinds as builtIn } from '../../stages/index.ts';
import { writeAtomic } from '../cache/write-atomic.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { sha256 } from '../fingerprint/digest.ts';
import { err, ok, type Result } from '../result.ts';
import type { KindSpec } from '../stage.ts';
import { importedPackages } from './imported-packages.ts';
import { packageRoot } from './package-info.ts';
import { specMistakes } from './spec-mistakes.ts';

/** A kind as pipelines are checked against it. */
export interface LoadedKind {
  readonly spec: KindSpec;
  readonly version: number | string;
  /** Absolute paths of the code of a project's own kind and its packages' package.json; empty for a built-in one. */
  readonly sources: readonly string[];
  /** The built file to run, of a project's own kind. */
  readonly module?: string;
}

/** Every kind by name: the built-in ones, and the project's own in its `stages/` folder. */
export async function loadKinds(root: string): Promise<Result<ReadonlyMap<string, LoadedKind>, readonly Diagnostic[]>> {
  const kinds = new Map<string, LoadedKind>();
  for (const [name, entry] of Object.entries(builtIn)) {
    const spec = await entry.spec();
    kinds.set(name, { spec, version: spec.version, sources: [] });
  }
  const mistakes: Diagnostic[] = [];
  for (const { name, folder } of ownKinds(root)) {
    try {
      kinds.set(name, await loadOwnKind(name, folder, root));
    } catch (error) {
      const message = `The kind ${name} in ${join('stages', name)} cannot be loaded: ${describe(error)}`;
      mistakes.push({ code: 'broken-kind', message });
    }
  }
  return mistakes.length > 0 ? err(mistakes) : ok(kinds);
}

function ownKinds(root: string): readonly { name: string; folder: string }[] {
  const parent = join(root, 'stages');
  if (root === packageRoot || !existsSync(parent)) return []; // Restage's own are in its table
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && sourceOf(join(parent, entry.name), 'spec') !== undefined)
    .map(({ name }) => ({ name, folder: join(parent, name) }));
}

const sourceOf = (folder: string, stem: string): string | undefined =>
  ['.ts', '.js', '.mjs'].map((extension) => join(folder, `${stem}${extension}`)).find((path) => existsSync(path));

/** Of a mistake in the code, its place and text. */
function describe(error: unknown): string {
  const { errors, message } = error as Partial<BuildFailure> & Error;
  const [first] = errors ?? [];
  if (first === undefined) return message;
  const { file, line, column } = first.location ?? { file: '', line: 0, column: 0 };
  return `${file}:${line}:${column + 1}: ${first.text}`;
}

/**
 * The two modules that a kind shares with Restage instead of having its own: its errors must be known for ours, its
 * settings for schemas, and a project need not have installed them.
 */
const shared: Readonly<Record<string, string>> = {
  restage: pathToFileURL(join(packageRoot, 'dist', 'src', 'index.js')).href,
  zod: import.meta.resolve('zod'),
};
const shareModules: Plugin = {
  name: 'share-modules',
  setup: (build) =>
    build.onResolve({ filter: /^(restage|zod)$/ }, ({ path }) => ({ path: shared[path]!, external: true })),
};

/** Bundles the project's code into one file per side; it is keyed by what went into them and by the packages that did not. */
async function loadOwnKind(name: string, folder: string, root: string): Promise<LoadedKind> {
  const spec = sourceOf(folder, 'spec')!;
  const run = sourceOf(folder, 'run');
  if (run === undefined) throw new Error(`it has a spec but no run.ts or run.js`);
  const { build } = await import('esbuild');
  const { metafile, outputFiles } = await build({
    entryPoints: { spec, run },
    absWorkingDir: root,
    outdir: join(root, 'cache', 'kinds'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    plugins: [shareModules],
    platform: 'node',
    target: 'node20',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const files = Object.keys(metafile.inputs).map((path) => join(root, path));
  const packages = importedPackages(root, metafile.inputs);
  const contents = files.map((path) => `${relative(root, path)} ${sha256(readFileSync(path))}`).sort();
  const version = sha256([...contents, ...packages.map(({ id }) => id)].join('\n'));
  const sources = [...files, ...packages.flatMap(({ manifest }) => manifest ?? [])];
  const built = join(root, 'cache', 'kinds', `${name}-${version.slice(0, 16)}`);
  for (const { path, text } of outputFiles) await writeAtomic(join(built, basename(path)), text, { sync: false });
  const loaded = (await import(pathToFileURL(join(built, 'spec.mjs')).href)) as { spec?: KindSpec };
  if (loaded.spec === undefined) throw new Error('its spec.ts exports no `spec`');
  const mistakes = specMistakes(loaded.spec);
  if (mistakes.length > 0) throw new Error(mistakes.join('; '));
  if (loaded.spec.name !== name) throw new Error(`its spec is named ${loaded.spec.name}, its folder ${name}`);
  return { spec: loaded.spec, version, sources, module: join(built, 'run.mjs') };
}
