import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const pipeline = fileURLToPath(new URL('../../bin/pipeline.js', import.meta.url));

/** A folder of files in the temporary folder, removed with `using`. */
export class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'restage-bench-'));

  write(name: string, data: string | Uint8Array): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, data);
  }

  /** Writes files of random bytes: `data/<folder>/<file>`. */
  writeData(folders: number, files: number, bytes: number): void {
    for (let folder = 0; folder < folders; folder += 1) {
      for (let file = 0; file < files; file += 1)
        this.write(`data/${folder}/${file}`, randomBytes(bytes));
    }
  }

  run(...argv: readonly string[]): string {
    return execFileSync(argv[0]!, argv.slice(1), {
      cwd: this.path,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A project of `command` stages, `stages[i]` being the YAML of stage `s<i>` in flow style. */
export function writePipeline(folder: Folder, stages: readonly string[]): void {
  folder.write('pipelines/bench.yaml', pipelineText(stages));
}

export function pipelineText(stages: readonly string[]): string {
  return `stages:\n${stages.map((stage, i) => `  s${i}: ${stage}\n`).join('')}`;
}

/**
 * The same work for turbo: a workspace with a package for each stage, `inputs[i]` being what its
 * task reads.
 */
export function writeTurbo(
  folder: Folder,
  stages: number,
  inputs: (stage: number) => readonly string[],
): void {
  folder.write(
    'package.json',
    JSON.stringify({
      name: 'bench',
      private: true,
      packageManager: 'npm@10.8.2',
      workspaces: ['packages/*'],
    }),
  );
  folder.write('turbo.json', JSON.stringify({ tasks: { build: { outputs: ['out.txt'] } } }));
  const packages: Record<string, unknown> = { '': { name: 'bench', workspaces: ['packages/*'] } };
  for (let i = 0; i < stages; i += 1) {
    const scripts = { build: `echo ${i} > out.txt` };
    const extended = {
      extends: ['//'],
      tasks: { build: { outputs: ['out.txt'], inputs: inputs(i) } },
    };
    folder.write(
      `packages/s${i}/package.json`,
      JSON.stringify({ name: `s${i}`, version: '1.0.0', scripts }),
    );
    folder.write(`packages/s${i}/turbo.json`, JSON.stringify(extended));
    folder.write(`packages/s${i}/out.txt`, `${i}\n`);
    packages[`packages/s${i}`] = { name: `s${i}`, version: '1.0.0' };
    packages[`node_modules/s${i}`] = { resolved: `packages/s${i}`, link: true };
  }
  folder.write(
    'package-lock.json',
    JSON.stringify({ name: 'bench', lockfileVersion: 3, requires: true, packages }),
  );
  folder.write('.gitignore', 'node_modules\n.turbo\nout.txt\n');
  // The first run only fills turbo's cache: an npm that does nothing replaces a thousand real ones.
  folder.write('bin/npm', '#!/bin/sh\nexit 0\n');
  chmodSync(join(folder.path, 'bin/npm'), 0o755);
}

/**
 * Installs turbo, which needs no install script, in a folder of its own. Returns the path of its
 * program.
 */
export function installTurbo(folder: Folder): string {
  folder.write('package.json', '{"private":true}');
  folder.run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', 'turbo@2');
  return join(folder.path, 'node_modules/.bin/turbo');
}
