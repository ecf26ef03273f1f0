import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Project } from './rig.ts';

const python = '/usr/bin/python3';

/** Why programs in Python cannot be run here; undefined where they can. */
export const noPython: string | undefined =
  spawnSync(python, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']).status === 0
    ? undefined
    : 'There is no Python 3.10 with venv: apt-get install python3-venv';

/** Makes a virtual environment in a folder of a project; returns the folder of its packages. */
export function makeVenv(project: Project, folder: string): string {
  execFileSync(python, ['-m', 'venv', '--without-pip', project.path(folder)]);
  const code = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const packages = execFileSync(project.path(folder, 'bin/python'), ['-c', code], {
    encoding: 'utf8',
  }).trim();
  return packages.slice(project.root.length + 1);
}

/** Installs a package of one module, instead of another version of it. */
export function install(
  project: Project,
  packages: string,
  [name, version]: readonly [string, string],
  needs = '',
): void {
  const old = readdirSync(project.path(packages)).filter((folder) => folder.startsWith(`${name}-`));
  for (const folder of old) project.remove(`${packages}/${folder}`);
  const info = `${packages}/${name}-${version}.dist-info`;
  project.write(`${packages}/${name}.py`, `version = '${version}'\n`);
  const requires = needs === '' ? '' : `Requires-Dist: ${needs}\n`;
  project.write(
    `${info}/METADATA`,
    `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${requires}`,
  );
  project.write(`${info}/RECORD`, `${name}.py,,\n`);
}
