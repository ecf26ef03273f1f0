import { Worker } from 'node:worker_threads';

/**
 * Starts the worker thread `<name>.ts` that lies beside the module `from`, its `import.meta.url`.
 * In `dist/` all of them lie beside each other. Sources first need tsx, which threads of Node 20 do
 * not inherit.
 */
export function startWorker(from: string, name: string, workerData: unknown): Worker {
  if (!from.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, from), { workerData });
  const tsx = import.meta.resolve('tsx/esm/api');
  const worker = new URL(`./${name}.ts`, from).href;
  const code = `import { register } from ${JSON.stringify(tsx)}; register(); await import(${JSON.stringify(worker)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData });
}
