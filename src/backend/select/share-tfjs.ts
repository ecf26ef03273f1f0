import { createRequire } from 'node:module';

const ours = createRequire(import.meta.url);

/** The packages of tfjs that hold state of their own, or register kernels when they are loaded. */
const parts = ['core', 'backend-cpu', 'backend-webgl', 'data', 'layers', 'converter'].map(
  (part) => `@tensorflow/tfjs-${part}`,
);

/**
 * Makes the file `main` of another package, and what it loads, compute with our copy of tfjs, wherever its own would come
 * from.
 *
 * Two copies share one engine and one table of kernels through `globalThis`, but the second to load registers the cpu
 * kernels and the gradients anew, over those of the first, with a warning for each.
 */
export function shareTfjs(main: string): void {
  const theirs = createRequire(main);
  for (const name of ['@tensorflow/tfjs', ...parts]) {
    const other = resolved(theirs, name);
    const own = resolved(ours, name);
    if (other === undefined || own === undefined || other === own) continue;
    ours(name);
    theirs.cache[other] = ours.cache[own];
  }
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined; // it does without this one
  }
}
