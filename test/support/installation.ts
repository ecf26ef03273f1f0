import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inRepository, read } from './pages.ts';
import type { Project } from './rig.ts';

/**
 * Copies Restage, as an installer would, to a folder of a project; its packages stay where this
 * checkout has them.
 */
export function install(project: Project, folder: string): string {
  const target = project.path(folder);
  mkdirSync(target, { recursive: true });
  for (const part of ['bin', 'dist', 'pipelines', 'package.json']) {
    cpSync(inRepository(part), join(target, part), { recursive: true });
  }
  return target;
}

/**
 * Links the packages that an install brings, from this checkout into a folder of packages: not
 * those that only development needs.
 */
export function linkPackages(into: string): void {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  for (const [path, { dev }] of Object.entries(packages)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (name === undefined || dev === true || !existsSync(inRepository(path))) continue;
    mkdirSync(dirname(join(into, name)), { recursive: true });
    symlinkSync(inRepository(path), join(into, name));
  }
}
