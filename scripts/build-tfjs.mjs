// Builds the part of TensorFlow.js that Restage uses into one file: tfjs-core with its gradients,
// tfjs-layers and the cpu kernels. The packages would bring 270 MB of builds for browsers, and
// Node loads them from files of a form that takes ten times as long.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/** Exports what `@tensorflow/tfjs` does, without its data, its graph models and WebGL. */
const parts = `
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import { version_core } from '@tensorflow/tfjs-core';
import { version_layers } from '@tensorflow/tfjs-layers';
import { version as tfjs } from './dist/version.js';

export * from '@tensorflow/tfjs-backend-cpu';
export * from '@tensorflow/tfjs-core';
export * from '@tensorflow/tfjs-layers';
export const version = {
  'tfjs-core': version_core,
  'tfjs-backend-cpu': version_cpu,
  'tfjs-layers': version_layers,
  tfjs,
};
`;

const require = createRequire(import.meta.url);
const tfjs = dirname(require.resolve('@tensorflow/tfjs/package.json'));

/** What the page of a model loads: no gradients, and the kernels of WebAssembly. */
const partsOfPage = `
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';

export * from '@tensorflow/tfjs-core';
export * from '@tensorflow/tfjs-layers';
`;

/** The glue of the build for threads, which need headers that a file has not. */
const threadless = {
  name: 'threadless',
  setup({ onLoad }) {
    onLoad({ filter: /tfjs-backend-wasm-threaded-simd(\.worker)?\.js$/ }, () => {
      return { contents: 'export default undefined; export const wasmWorkerContents = "";' };
    });
  },
};

/** Writes the network script of the page of a model, and its WebAssembly. */
export async function buildModelNetwork(root) {
  const folder = join(root, 'dist/page');
  await build({
    absWorkingDir: root,
    entryPoints: { 'model-network': 'stages/export/page/browser/network.ts' },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'restageNetwork',
    target: 'es2022',
    mainFields: ['module', 'main'],
    legalComments: 'eof',
    plugins: [
      threadless,
      {
        name: 'tfjs-of-page',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^@tensorflow\/tfjs$/ }, ({ path }) => {
            return { path, namespace: 'tfjs-of-page' };
          });
          onLoad({ filter: /./, namespace: 'tfjs-of-page' }, () => {
            return { contents: partsOfPage, resolveDir: tfjs };
          });
        },
      },
    ],
  });
  const wasm = 'tfjs-backend-wasm-simd.wasm';
  const kernels = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  copyFileSync(join(kernels, 'wasm-out', wasm), join(folder, wasm));
}

/** Writes `tfjs.js` and `tfjs.LICENSE.txt` into a folder. */
export async function buildTfjs(folder, options) {
  await build({
    ...options,
    stdin: { contents: parts, resolveDir: tfjs },
    outfile: join(folder, 'tfjs.js'),
    bundle: true,
    // Not the packages' files for Node, which are transpiled for its version 6.
    mainFields: ['module', 'main'],
    // tfjs takes fetch from Node, and this package only where there is none.
    external: ['node-fetch'],
    minifyWhitespace: true,
    legalComments: 'eof',
  });
  writeFileSync(join(folder, 'tfjs.LICENSE.txt'), licences());
}

function licences() {
  const apache = fileOf('long', 'LICENSE');
  const readme = fileOf('seedrandom', 'README.md');
  const mit = readme.slice(readme.indexOf('Permission is hereby granted'));
  return `tfjs.js and page/model-network.js hold parts of these packages:

  @tensorflow/tfjs-core, @tensorflow/tfjs-backend-cpu, @tensorflow/tfjs-backend-wasm: Copyright 2017-2023 Google LLC,
    Apache-2.0
  @tensorflow/tfjs-layers: Copyright 2018-2023 Google LLC and CodeSmith LLC, MIT, and Apache-2.0
  long: Daniel Wirtz, from Google's Closure Library, Apache-2.0
  seedrandom: Copyright 2019 David Bau, Copyright 2010 Johannes Baagøe and others, MIT

Comments at the end of the two name the files. The files are unchanged, but joined.

The MIT licence:

${mit.trim()}

The Apache licence 2.0:

${apache.trimEnd()}
`;
}

function fileOf(name, file) {
  return readFileSync(join(dirname(require.resolve(`${name}/package.json`)), file), 'utf8');
}
