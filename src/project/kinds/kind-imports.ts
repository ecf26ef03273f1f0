import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnResolveArgs, Plugin, PluginBuild } from 'esbuild';
import { packageFolders } from '../../engine/config/find-package.ts';
import { upwards } from '../../engine/files/upwards.ts';
import { readJson } from '../../engine/files/write-atomic.ts';
import { packageRoot } from '../../package-root.ts';
import { tsconfigPaths } from './tsconfig-paths.ts';

/**
 * Modules that kinds share with Restage: our errors and schemas must be recognised, and need not be
 * installed.
 */
export const sharedModules: Readonly<Record<string, string>> = {
  restage: join(packageRoot, 'dist', 'index.js'),
  zod: join(packageRoot, 'dist', 'zod.js'),
};

/** Marks a question of this plugin to esbuild, which asks every plugin first, this one included. */
const ourQuestion = Symbol('asked by kind-imports');

/**
 * Resolves a kind's imports from its source. Packages stay outside the bundle, by the absolute path
 * of their version.
 */
export class KindImports {
  /**
   * Absolute paths that decided what was found: manifests, folders by the names in them, places
   * where nothing is.
   */
  readonly looked = new Set<string>();
  /** Absolute paths of own native add-ons, which cannot be bundled. */
  readonly addOns = new Set<string>();
  readonly #root: string;
  readonly #packages: { readonly importer: string; readonly name: string; readonly id: string }[] =
    [];

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Every package outside the bundle as `name@version`, or by its name alone where it is not
   * installed.
   */
  get packages(): readonly string[] {
    const ids = new Set(this.#packages.map(({ id }) => id));
    const names = new Set(this.#packages.map(({ name }) => name));
    // With two versions of one package, it matters which file imports which.
    const several = ids.size > names.size;
    return [
      ...new Set(this.#packages.map(({ importer, id }) => (several ? `${importer} ${id}` : id))),
    ].sort();
  }

  readonly plugin: Plugin = {
    name: 'kind-imports',
    setup: (build) => build.onResolve({ filter: /.*/ }, (args) => this.#resolve(build, args)),
  };

  async #resolve(build: PluginBuild, args: OnResolveArgs) {
    const { path, kind, importer, resolveDir, namespace } = args;
    if (args.pluginData === ourQuestion || kind === 'entry-point' || isBuiltin(path))
      return undefined;
    if (Object.hasOwn(sharedModules, path)) return outside(sharedModules[path]!, kind);
    const question = {
      kind,
      importer,
      resolveDir,
      namespace,
      with: args.with,
      pluginData: ourQuestion,
    };
    const resolved = await build.resolve(path, question);
    const name = /^(@[^/:]+\/)?[^@./#:][^/:]*(?=\/|$)/.exec(path)?.[0];
    this.#look(name, path, resolveDir);
    if (resolved.errors.length > 0) {
      // As in Node, a static import fails where the code is loaded, another one where it is run.
      if (name === undefined || kind === 'import-statement') return undefined;
      this.#packages.push({ importer: relative(this.#root, importer), name, id: name });
      return outside(join(resolveDir, 'node_modules', path), kind);
    }
    if (resolved.external) return undefined;
    const folder = packageFolderOf(resolved.path, this.#root);
    const manifest =
      folder === undefined ? undefined : readJson<Manifest>(join(folder, 'package.json'));
    if (folder !== undefined && manifest?.version !== undefined) {
      const { name = basename(folder), version } = manifest;
      this.looked.add(join(folder, 'package.json'));
      this.#packages.push({
        importer: relative(this.#root, importer),
        name,
        id: `${name}@${version}`,
      });
      return outside(resolved.path, kind);
    }
    this.looked.add(dirname(resolved.path));
    if (extname(resolved.path) !== '.node') return undefined;
    this.addOns.add(resolved.path);
    return outside(resolved.path, kind);
  }

  /**
   * Where a nearer file or package, or another configuration, would change what an import finds.
   */
  #look(name: string | undefined, path: string, folder: string): void {
    if (name === undefined) {
      const imported = join(folder, path);
      this.looked.add(dirname(imported));
      this.#lookAtManifest(imported);
    } else {
      const candidates = packageFolders(name, folder);
      const first = candidates.findIndex((candidate) => existsSync(candidate));
      for (const candidate of first < 0 ? candidates : candidates.slice(0, first + 1)) {
        this.looked.add(candidate);
        this.#lookAtManifest(candidate);
        this.#lookAtManifest(join(candidate, path.slice(name.length)));
      }
    }
    for (const above of upwards(folder)) {
      for (const file of ['tsconfig.json', 'package.json']) this.looked.add(join(above, file));
      if (/^\.{0,2}\//.test(path)) continue;
      for (const target of tsconfigPaths(join(above, 'tsconfig.json'), path))
        this.looked.add(target);
    }
  }

  /** The manifest of an imported folder says which file is meant. */
  #lookAtManifest(imported: string): void {
    const manifest = join(imported, 'package.json');
    this.looked.add(manifest);
    const { main } = readJson<Manifest>(manifest) ?? {};
    if (typeof main !== 'string') return;
    const file = join(imported, main);
    this.looked.add(file);
    this.looked.add(dirname(file));
  }
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly main?: string;
}

/** A file that the bundle loads at run time: `import` takes a URL, `require` a path. */
const outside = (file: string, kind: string) => ({
  path: kind.startsWith('require') ? file : pathToFileURL(file).href,
  external: true,
});

function packageFolderOf(file: string, root: string): string | undefined {
  if (!relative(root, file).split(sep).includes('node_modules')) return undefined;
  const mark = `${sep}node_modules${sep}`;
  const inside = file.lastIndexOf(mark) + mark.length;
  const parts = file.slice(inside).split(sep);
  return join(file.slice(0, inside), ...parts.slice(0, parts[0]!.startsWith('@') ? 2 : 1));
}
