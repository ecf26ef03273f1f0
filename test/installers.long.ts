import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inRepository } from './support/pages.ts';
import { noRegistry, registry } from './support/registry.ts';
import { writeFiles } from './support/temporary-folder.ts';

const pipeline = `
stages:
  drawn: { kind: make-faces, with: { size: 64, images: { train: 8, val: 6, test: 6 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with:
      epochs: 1
      imageSize: 32
      model: { layers: [{ conv: 4, stride: 2 }, relu, globalAveragePool, { dense: 2 }] }
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  roc: { kind: roc-det, inputs: { scores: scores.scores } }
  # An input in a package, which Plug'n'Play keeps in an archive.
  text: { kind: write-up, inputs: { template: npm:restage/README.md } }
`;

/** A way to install the packed package, besides npm. */
interface Installer {
  readonly name: string;
  /** The path of its program below `node_modules`. */
  readonly program: string;
  /** Its settings, as files in the project. */
  readonly files: Readonly<Record<string, string>>;
  /** How a project asks for the package in this file. */
  readonly add: (tarball: string) => readonly string[];
  readonly exec: readonly string[];
  /** How `init` says that Restage is started. */
  readonly started: string;
}

function yarn(linker: 'node-modules' | 'pnp', started: string): Installer {
  const settings = [
    `nodeLinker: ${linker}`,
    'cacheFolder: ../yarn-cache',
    'enableGlobalCache: false',
    'enableTelemetry: false',
    `npmRegistryServer: ${registry}`,
  ];
  return {
    name: `Yarn with ${linker}`,
    program: '@yarnpkg/cli-dist/bin/yarn.js',
    files: { '.yarnrc.yml': `${settings.join('\n')}\n`, 'yarn.lock': '' },
    add: (tarball) => ['add', `restage@file:${tarball}`],
    exec: [],
    started,
  };
}

const installers: readonly Installer[] = [
  {
    name: 'pnpm',
    program: 'pnpm/bin/pnpm.cjs',
    files: {},
    add: (tarball) => ['add', '--store-dir', '../pnpm-store', tarball],
    exec: ['exec'],
    started: 'npx restage',
  },
  yarn('node-modules', 'npx restage'),
  yarn('pnp', 'yarn restage'),
];

const skip = noRegistry ?? false;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'restage-installers-')));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(argv: readonly string[], cwd: string): string {
  return execFileSync(argv[0]!, argv.slice(1), {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    // CUDA libraries are of no use here.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
}

/** The packed package. Installs the installers, too. */
function pack(): string {
  const words = ['--silent', '--ignore-scripts', '--pack-destination', folder];
  run(['npm', 'pack', ...words], inRepository('.'));
  const programs = ['pnpm@10', '@yarnpkg/cli-dist@4'];
  run(['npm', 'install', '--silent', '--no-audit', '--no-fund', ...programs], folder);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!);
}

let tarball: string;
before(() => {
  if (!skip) tarball = pack();
});

for (const installer of installers) {
  const { name, files, exec, started } = installer;
  test(`the packed package, installed by ${name}, trains a network and plans the study`, {
    skip,
  }, () => {
    const program = [process.execPath, join(folder, 'node_modules', installer.program)];
    const project = writeFiles(join(folder, name), {
      'package.json': '{ "private": true }',
      'pipelines/small.yaml': pipeline,
      ...files,
    });
    run([...program, ...installer.add(tarball)], project);
    const restage = (...words: readonly string[]): string =>
      run([...program, ...exec, 'restage', ...words], project);
    assert.match(restage('init'), new RegExp(`\nNow: {3}${started} run first.yaml\n`));
    assert.match(restage('run', 'small.yaml'), /\n✓ small: 6 ran /);
    assert.match(restage('run', 'small.yaml'), /small: 6 stages up to date/);
    // It has weights from another package.
    writeFiles(project, { 'pipelines/whole.yaml': 'extends: npm:restage/study.yaml\n' });
    assert.match(restage('plan', 'whole.yaml'), /\n\d+ run, \d+ may run\n$/);
  });
}
