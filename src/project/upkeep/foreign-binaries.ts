import { existsSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { writing } from '../../engine/files/write-error.ts';
import { UserError } from '../../user-error.ts';

/** Binaries that this machine cannot load. */
export interface ForeignBinaries {
  /** Absolute paths of their folders, one for each platform, such as `…/darwin/arm64`. */
  readonly folders: readonly string[];
  /** The platforms, such as `darwin-arm64`. */
  readonly platforms: readonly string[];
  readonly bytes: number;
}

/** The platform whose binaries this machine loads, such as `linux-x64`. */
export const platform = `${process.platform}-${process.arch}`;

/**
 * Finds the binaries of other platforms in `onnxruntime-node`, which holds those of all. Throws a
 * UserError where no installer put the package there, or where it has none for this platform.
 */
export function findForeignBinaries(): ForeignBinaries {
  const folder = findRuntime();
  // Where onnxruntime-node looks, by a path that is private to it: hence its exact version.
  const binaries = join(folder, 'bin', 'napi-v6');
  const native = join(binaries, process.platform, process.arch);
  if (!existsSync(join(native, 'onnxruntime_binding.node'))) {
    throw new UserError(
      `${folder} has no binaries for ${platform}, so the others stay. Install the packages again.`,
    );
  }
  const folders = subfolders(binaries)
    .flatMap(subfolders)
    .filter((each) => each !== native);
  const bytes = folders.flatMap(filesBelow).reduce((sum, file) => sum + statSync(file).size, 0);
  const platforms = folders.map((folder) => folder.split(sep).slice(-2).join('-'));
  return { folders, platforms, bytes };
}

/** Removes what {@link findForeignBinaries} found. Throws a `WriteError`. */
export function removeForeignBinaries({ folders }: ForeignBinaries): void {
  writing('in the packages', () => {
    for (const folder of folders) {
      rmSync(folder, { recursive: true, force: true });
      const system = dirname(folder);
      if (readdirSync(system).length === 0) rmSync(system, { recursive: true });
    }
  });
}

function findRuntime(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const folder = dirname(realpathSync(main));
  if (!folder.endsWith(join(sep, 'node_modules', 'onnxruntime-node'))) {
    throw new UserError(
      `${folder} is not a package in a folder node_modules: nothing is removed there.`,
    );
  }
  return folder;
}

function subfolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
