import { createRequire, isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts the worker thread `<name>.ts` that lies beside the module `from`, its `import.meta.url`.
 * In `dist/` all of them lie beside each other.
 */
export function startWorker(from: string, name: string, workerData: unknown): Worker {
  if (!from.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, from), { workerData });
  const code = bundledSource(new URL(`./${name}.ts`, from).href);
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData });
}

/** By the address of a worker's source: its code in JavaScript. */
const bundled = new Map<string, string>();

/**
 * The code of a worker with all that it imports of ours, for tests, which run sources. Threads of
 * Node 20 do not inherit tsx; registering it in each would double the time of its start.
 */
function bundledSource(worker: string): string {
  const known = bundled.get(worker);
  if (known !== undefined) return known;
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const { outputFiles, metafile } = buildSync({
    entryPoints: [fileURLToPath(worker)],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const packages = new Set(imports.map(({ path }) => path).filter((path) => !isBuiltin(path)));
  // Code in a data URL finds packages by their whole addresses alone.
  const code = Array.from(packages).reduce(
    (text, name) =>
      text.replaceAll(
        new RegExp(`(from |import\\()"${name}"`, 'g'),
        (_, before: string) => before + JSON.stringify(import.meta.resolve(name)),
      ),
    outputFiles[0]!.text,
  );
  bundled.set(worker, code);
  return code;
}
