// Builds dist/: all code in a few files, since Node takes about a millisecond for each that it
// loads, and the types of the package.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import { buildModelNetwork, buildTfjs } from './build-tfjs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { dependencies, peerDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

/**
 * Packages of many small files that every command loads go into dist/; the others are loaded by the
 * stages that need them.
 */
const bundled = [
  '@hono/node-server',
  'commander',
  'hono',
  'p-queue',
  'picocolors',
  'slice-ansi',
  'string-width',
  'tinyglobby',
  'yaml',
  'zod',
];
const external = Object.keys({ ...dependencies, ...peerDependencies }).filter(
  (name) => !bundled.includes(name),
);

/**
 * Bundles only zod's English messages: all languages would be half of the largest file that every
 * command loads.
 */
const english = {
  name: 'english',
  setup({ onLoad, onEnd }) {
    let isFound = false;
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => {
      isFound = true;
      return { contents: "export { default as en } from './en.js';" };
    });
    onEnd(() =>
      isFound
        ? {}
        : { errors: [{ text: 'zod has its languages elsewhere: change the filter above' }] },
    );
  },
};

/** The file that stands for `@tensorflow/tfjs` in all others, so that a process has one tfjs. */
const ownTfjs = {
  name: 'own-tfjs',
  setup({ onResolve }) {
    onResolve({ filter: /^@tensorflow\/tfjs$/ }, () => ({ path: './tfjs.js', external: true }));
  },
};

/** What `start.cjs` loads only where it cannot answer. */
const loadedLater = {
  name: 'loaded-later',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './main.js', external: true }));
    onResolve({ filter: /^tinyglobby$/ }, () => ({ path: './glob.js', external: true }));
  },
};

/** What the files for Node have in common. */
const forNode = {
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // `yaml` and others are CommonJS, and require modules of Node.
  banner: {
    js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`,
  },
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
await buildTfjs(join(root, 'dist'), forNode);
await build({
  ...forNode,
  absWorkingDir: root,
  entryPoints: {
    main: 'src/cli/main.ts',
    'stage-main': 'src/project/stage-main.ts',
    'job-main': 'src/project/job-main.ts',
    'batch-worker': 'src/learning/vision/batches/batch-worker.ts',
    'keras-check-worker': 'src/learning/models/weights/keras-check-worker.ts',
    'examine-worker': 'stages/load-dataset/examine-worker.ts',
    'look-worker': 'stages/audit/look-worker.ts',
    'measure-worker': 'stages/features/measure-worker.ts',
    'forge-worker': 'stages/forge/forge-worker.ts',
    'draw-split-worker': 'stages/evaluate/draw-split-worker.ts',
    'draw-curves-worker': 'stages/roc-det/draw-curves-worker.ts',
    // Only `start.cjs` loads it so.
    glob: 'tinyglobby',
    // What a project's own kinds share with Restage: its classes, and the schemas of settings.
    index: 'src/index.ts',
    zod: 'zod',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  external,
  plugins: [english, ownTfjs],
});
// CommonJS, without any other file: it answers before Node loads ES modules.
await build({
  absWorkingDir: root,
  platform: 'node',
  target: 'node20',
  entryPoints: { start: 'src/cli/start.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: `const moduleUrl = require('node:url').pathToFileURL(__filename).href;` },
  plugins: [loadedLater],
});
// What browsers load from `restage serve`.
await build({
  absWorkingDir: root,
  entryPoints: [
    'live-updates.ts',
    'runs-table.tsx',
    'gallery.tsx',
    'compare-grid.tsx',
    'run-notes.tsx',
    'graph-view.ts',
  ].map((name) => `src/reporting/serve/page/${name}`),
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
});
// The page of a model, which the kind `export` puts together.
await buildModelNetwork(root);
await build({
  absWorkingDir: root,
  entryPoints: { 'model-page': 'stages/export/page/browser/main.ts' },
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
});
copyFileSync(
  join(root, 'stages/export/page/model-page.css'),
  join(root, 'dist/page/model-page.css'),
);
writeTypes();

/**
 * Writes the types of the package: those of src/index.ts, and of what they name. `openProject`
 * loads nearly all of Restage, whose types nobody needs: tsc would write them all.
 */
function writeTypes() {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail };
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.build.json'),
    {},
    host,
  );
  const compiler = ts.createCompilerHost(options);
  const cache = ts.createModuleResolutionCache(root, (path) => path, options);
  // What a file imports on demand has no part in its types, so it is neither read nor checked.
  compiler.resolveModuleNameLiterals = (literals, importer, redirect, settings) => {
    const skipped = onDemand(importer);
    return literals.map(({ text }) =>
      skipped.has(text)
        ? { resolvedModule: undefined }
        : ts.resolveModuleName(text, importer, settings, compiler, cache, redirect),
    );
  };
  const program = ts.createProgram(fileNames, options, compiler);
  const named = new Set([join(root, 'src/index.ts')]);
  for (const file of named) {
    const write = (path, text) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      for (const [, name] of text.matchAll(/(?:from|import\() ?['"](\.[^'"]+)['"]/g))
        named.add(join(dirname(file), name.replace(/\.js$/, '.ts')));
    };
    const { diagnostics } = program.emit(program.getSourceFile(file), write, undefined, true);
    diagnostics.forEach(fail);
  }
}

/** The modules that a file of ours imports by `await import(…)`. */
function onDemand(file) {
  if (!file.startsWith(join(root, 'src'))) return new Set();
  const text = readFileSync(file, 'utf8');
  return new Set(Array.from(text.matchAll(/await import\('([^']+)'\)/g), ([, name]) => name));
}

function fail(diagnostic) {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}
