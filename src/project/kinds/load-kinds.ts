import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { BuildFailure } from 'esbuild';
import { kinds as builtIn } from '../../../stages/index.ts';
import type { KnownKind, UnloadedKind } from '../../engine/config/load-context.ts';
import type { Diagnostic } from '../../engine/diagnostics/diagnostic.ts';
import { cacheOf } from '../../engine/files/cache-paths.ts';
import { kindBuild, writeKindModule, writeKindSources } from '../../engine/store/kind-build.ts';
import { packageRoot } from '../../package-root.ts';
import type { InputPort, KindSpec } from '../../stage.ts';
import { buildKind } from './build-kind.ts';
import { importSpec } from './import-spec.ts';
import { specMistakes } from './spec-form.ts';

/** A kind, built-in or of the project, whose spec is loaded. */
export interface LoadedKind extends KnownKind {
  readonly spec: KindSpec;
  /** The built file to run, of a project's own kind. */
  readonly module?: string;
  /** Warnings about what the code of a project's own kind loads and its version does not cover. */
  readonly warnings?: readonly Diagnostic[];
}

export interface ProjectKinds {
  /**
   * The built-in ones, and the project's own in its `stages/` folder, which replace a built-in one
   * of the same name.
   */
  readonly kinds: ReadonlyMap<string, LoadedKind>;
  /** Folders in `stages/` that are no kind yet, by name. */
  readonly unloaded: ReadonlyMap<string, UnloadedKind>;
  /** Names of the built-in kinds that the project's own replace. */
  readonly replaced: ReadonlySet<string>;
}

/** Tells whoever opened a project what no mistake is. */
type Warn = (message: string) => void;

/** Loads every kind. A broken one affects only the pipelines that use it. */
export async function loadKinds(root: string, warn: Warn): Promise<ProjectKinds> {
  const kinds = new Map<string, LoadedKind>();
  for (const [name, { spec }] of Object.entries(builtIn)) {
    kinds.set(name, {
      spec,
      version: spec.version,
      files: [],
      looked: [join(root, 'stages', name)],
    });
  }
  const unloaded = new Map<string, UnloadedKind>();
  const replaced = new Set<string>();
  for (const { name, folder } of ownFolders(root)) {
    const folderName = `stages/${name}`;
    if (root === packageRoot || sourceOf(folder, 'spec') === undefined) {
      if (!kinds.has(name)) unloaded.set(name, noKind(name, folderName, root === packageRoot));
      continue;
    }
    if (kinds.has(name)) replaced.add(name);
    try {
      kinds.set(name, await loadOwnKind(name, folder, root, warn));
    } catch (error) {
      kinds.delete(name);
      const message = `The kind ${name} in ${folderName} cannot be loaded: ${describe(error)}`;
      unloaded.set(name, { code: 'broken-kind', message });
    }
  }
  return { kinds, unloaded, replaced };
}

function noKind(name: string, folderName: string, inTable: boolean): UnloadedKind {
  const hint = inTable
    ? `There is a folder ${folderName}, but Restage's own kinds are those in stages/index.ts: add a line there and build.`
    : `There is a folder ${folderName}, but no spec.ts in it.`;
  return { code: 'unknown-kind', message: `Unknown kind "${name}"`, hint };
}

function ownFolders(root: string): readonly { name: string; folder: string }[] {
  const parent = join(root, 'stages');
  if (!existsSync(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, folder: join(parent, name) }));
}

/**
 * The warnings about broken kinds, and about those kinds among `used` that replace built-in ones or
 * load code outside their version.
 */
export function kindWarnings(
  { kinds, unloaded, replaced }: ProjectKinds,
  used: Iterable<string>,
): readonly Diagnostic[] {
  const broken = [...unloaded.values()].filter(({ code }) => code === 'broken-kind');
  const ofUsed = [...new Set(used)].flatMap((name) => {
    const message = `The project's own kind in stages/${name} replaces the built-in kind "${name}"`;
    const replacement: Diagnostic[] = replaced.has(name)
      ? [{ code: 'replaced-kind', message }]
      : [];
    return [...replacement, ...(kinds.get(name)?.warnings ?? [])];
  });
  return [...broken, ...ofUsed];
}

const sourceOf = (folder: string, stem: string): string | undefined =>
  ['.ts', '.js', '.mjs']
    .map((extension) => join(folder, `${stem}${extension}`))
    .find((path) => existsSync(path));

/** The first error of a failed build with its place, or the error's message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${inspect(error)}`;
  const { errors, message } = error as Partial<BuildFailure> & Error;
  const [first] = errors ?? [];
  if (first === undefined) return message;
  const { file, line, column } = first.location ?? { file: '', line: 0, column: 0 };
  return `${file}:${line}:${column + 1}: ${first.text}`;
}

async function loadOwnKind(
  name: string,
  folder: string,
  root: string,
  warn: Warn,
): Promise<LoadedKind> {
  if (root.includes('\\')) {
    throw new Error(
      `Node loads no module from a folder with a backslash in its name: rename ${root}`,
    );
  }
  const spec = sourceOf(folder, 'spec')!;
  const run = sourceOf(folder, 'run');
  if (run === undefined) throw new Error(`it has a spec but no run.ts or run.js`);
  const { version, modules, sources, files, looked, warnings } = await buildKind(
    name,
    { spec, run },
    root,
  );
  const build = kindBuild(cacheOf(root), name, version);
  const built = writeKindModule(build, 'spec', modules.spec);
  const module = writeKindModule(build, 'run', modules.run);
  writeKindSources(build, sources);
  const { exports, effects } = await importSpec(name, pathToFileURL(built).href, warn);
  const loaded = exports as { spec?: KindSpec };
  if (loaded.spec === undefined) throw new Error('its spec.ts exports no `spec`');
  const mistakes = specMistakes(loaded.spec);
  if (mistakes.length > 0) throw new Error(mistakes.join('; '));
  if (loaded.spec.name !== name)
    throw new Error(`its spec is named ${loaded.spec.name}, its folder ${name}`);
  const stray = effects.map((effect) => describeEffect(name, effect));
  return {
    spec: measuring(loaded.spec),
    version,
    files,
    looked: [folder, ...looked],
    module,
    warnings: [...stray, ...warnings],
  };
}

/**
 * A spec whose stages measure sealed images wherever they may have them: what code of the project
 * keeps of images is not known, so that each of its readings is a look.
 */
const measuring = (spec: KindSpec): KindSpec => ({
  ...spec,
  inputs: Object.fromEntries(
    Object.entries(spec.inputs).map(([name, port]) => [
      name,
      {
        ...port,
        ...(port.sealed !== undefined && {
          sealed: (settings) =>
            port.sealed!(settings) === undefined ? undefined : ('measures' as const),
        }),
      } satisfies InputPort,
    ]),
  ),
});

const describeEffect = (name: string, effect: string): Diagnostic => ({
  code: 'spec-effect',
  message: `The spec of the kind ${name} ${effect}`,
  hint: 'That has no effect: a spec only describes its kind. Move it to run.ts.',
});
