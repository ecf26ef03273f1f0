import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Message, Metafile, Plugin } from 'esbuild';
import { sha256 } from '../../digest.ts';
import type { Diagnostic, Span } from '../../engine/diagnostics/diagnostic.ts';
import { KindImports } from './kind-imports.ts';

/**
 * esbuild's messages about modules that are known only at run time. It reports them only where
 * `logOverride` asks for it.
 */
const computed: Readonly<Record<string, string>> = {
  'unsupported-dynamic-import': 'imports a module whose name is computed',
  'unsupported-require-call': 'requires a module whose name is computed',
  'indirect-require': 'passes `require` on',
};

/**
 * Bundles a kind whose `spec` and `run` are files of its folder. Throws esbuild's `BuildFailure`
 * for a mistake in the code. `version` is the SHA-256 of `sources`: contents of `files` and
 * versions of packages. `looked` are absolute paths that decided which these are; `modules` hold
 * absolute paths, and so belong to this machine's project folder; `warnings` name what is loaded
 * without being in the version.
 */
export async function buildKind(
  name: string,
  entryPoints: { readonly spec: string; readonly run: string },
  root: string,
) {
  const { build } = await import('esbuild');
  const imports = new KindImports(root);
  const locations = new SourceLocations();
  // The code resolves modules as Node does, from the folder of its source. Where the bundle lies
  // does not matter.
  const require = `import { createRequire as restageRequire } from 'node:module'; const require = restageRequire(${JSON.stringify(entryPoints.run)});`;
  const { metafile, outputFiles, warnings } = await build({
    // Relative, since esbuild takes an absolute path with "*" in a folder's name for a pattern.
    entryPoints: {
      spec: `./${relative(root, entryPoints.spec)}`,
      run: `./${relative(root, entryPoints.run)}`,
    },
    absWorkingDir: root,
    // Stack traces name sources relative to this folder. Nothing is written there: the contents
    // decide where the files go.
    outdir: root,
    sourcemap: 'inline',
    sourceRoot: `${pathToFileURL(root).href}/`,
    sourcesContent: false,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    plugins: [imports.plugin, locations.plugin],
    define: locations.define,
    banner: { js: require },
    conditions: [],
    mainFields: ['main'],
    platform: 'node',
    target: 'node20',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
    logOverride: Object.fromEntries(Object.keys(computed).map((id) => [id, 'warning'])),
  });
  const files = [
    ...Object.keys(metafile.inputs).map((path) => join(root, path)),
    ...imports.addOns,
  ];
  const digests = files.map((path) => [relative(root, path), sha256(readFileSync(path))] as const);
  const contents = digests.map(([path, digest]) => `${path} ${digest}`).sort();
  const textOf = (name: string) => outputFiles.find(({ path }) => basename(path) === name)!.text;
  const run = textOf('run.mjs');
  const spec = textOf('spec.mjs');
  return {
    version: sha256([...contents, ...imports.packages].join('\n')),
    modules: { spec, run },
    sources: {
      ...Object.fromEntries(digests),
      ...Object.fromEntries(imports.packages.map((id) => [id, ''])),
    },
    files,
    looked: [...imports.looked, ...globbedFolders(metafile, root)],
    warnings: [
      ...warnings
        .filter(({ id }) => computed[id] !== undefined)
        .map((warning) => describeComputed(name, warning, root)),
      ...locations.usedIn(run + spec, root).map((at) => describeLocation(name, at)),
    ],
  };
}

/**
 * The folders in which a new file could fit the template of an import, which takes all files that
 * fit.
 */
function globbedFolders({ inputs }: Metafile, root: string): readonly string[] {
  return Object.entries(inputs).flatMap(([importer, { imports }]) =>
    imports
      .filter(({ path, external }) => external && path.includes('*'))
      .flatMap(({ path }) => {
        const top = join(root, dirname(importer), dirname(`${path.slice(0, path.indexOf('*'))}x`));
        const below = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) =>
          entry.isDirectory(),
        );
        return [top, ...below.map((entry) => join(entry.parentPath, entry.name))];
      }),
  );
}

const asksForLocation = /\bimport\.meta\b|\b__(?:dirname|filename)\b/;
/** Skips lines that are comments, which are less likely to be the use. */
const askedOutsideComments = new RegExp(
  `(?<=^(?!\\s*(?://|/?\\*)).*)(?:${asksForLocation.source})`,
  'm',
);

/** Gives bundled code the `import.meta` and `__dirname` of its source. */
class SourceLocations {
  readonly define = {
    'import.meta': 'sourceLocation',
    __dirname: 'sourceLocation.dirname',
    __filename: 'sourceLocation.filename',
  };
  readonly #asking = new Map<string, Span>();

  readonly plugin: Plugin = {
    name: 'source-locations',
    setup: (build) =>
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const question = askedOutsideComments.exec(text) ?? asksForLocation.exec(text);
        if (question === null) return undefined;
        this.#asking.set(path, {
          file: { path, text },
          start: question.index,
          end: question.index + question[0].length,
        });
        const location = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path };
        // On the first line, so that stacks still count the lines of the source.
        const contents = text.replace(
          /^(#!.*\n)?/,
          `$1const sourceLocation = ${JSON.stringify(location)}; `,
        );
        return { contents, loader: 'default' };
      }),
  };

  /**
   * Where files ask for their location and a bundle uses the answer; it does not where only a
   * comment names it.
   */
  usedIn(bundles: string, root: string): readonly Span[] {
    return [...this.#asking.values()]
      .filter(({ file }) => bundles.includes(pathToFileURL(file.path).href))
      .map((at) => ({ ...at, file: { ...at.file, path: relative(root, at.file.path) } }));
  }
}

function describeComputed(kind: string, { id, location }: Message, root: string): Diagnostic {
  const { file: path, line, column, length, lineText } = location!;
  const file = { path, text: readFileSync(join(root, path), 'utf8') };
  const lines = file.text.split('\n');
  // Counted from the end of the line, since source-locations inserts text at the start of the
  // first; esbuild counts bytes.
  const after = Buffer.from(lineText).subarray(column).toString().length;
  const content = lines[line - 1]!.replace(/\r$/, '');
  const start =
    lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) +
    content.length -
    after;
  return {
    code: 'unkeyed-import',
    message: `The kind "${kind}" ${computed[id]}: a change of that module will not rerun its stages`,
    at: { file, start, end: start + length },
    hint: 'Write the name out, or as a template such as `./parts/${name}.ts`, which takes every file that fits.',
  };
}

const describeLocation = (kind: string, at: Span): Diagnostic => ({
  code: 'unkeyed-place',
  message: `The code of the kind "${kind}" depends on its own location: editing files that it finds from there will not rerun its stages`,
  at,
  hint: 'Import that file, or make it an input.',
});
