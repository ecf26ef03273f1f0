import { normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, Plugin } from 'esbuild';
import { z } from 'zod';
import { sha256 } from '../digest.ts';
import { cacheOf, inCache } from '../engine/files/cache-paths.ts';
import { writeIfOther } from '../engine/files/write-atomic.ts';
import type { OwnForm } from '../engine/places/place-file.ts';
import type { SchedulerForm } from '../scheduler.ts';
import { describeError, UserError } from '../user-error.ts';
import { sharedModules } from './kinds/kind-imports.ts';

/** What every form has, checked since no compiler has seen the code. */
const formShape = z.object(
  {
    title: z.string('a string'),
    keys: z.record(z.string(), z.instanceof(z.ZodType, { error: 'a zod schema' }), {
      error: 'a map of zod schemas',
    }),
    open: z.instanceof(Function, { error: 'a function' }),
    queue: z.instanceof(Function, { error: 'a function' }),
    identify: z.instanceof(Function, { error: 'a function' }),
  },
  'what `defineScheduler` returns',
);

/** Opens the schedulers that the project brings, by the `engine` of a place. */
export const schedulersOf = (root: string) => async (engine: string) =>
  await buildScheduler(engine, root);

/**
 * Builds the scheduler that `engine` of a place names, `./schedulers/pbs.ts` or `npm:restage-pbs`,
 * and loads it. The build lies in the cache, where jobs find it. Throws a `UserError` for a mistake
 * in the code.
 */
async function buildScheduler(engine: string, root: string): Promise<OwnForm> {
  if (/^(artifacts|cache)\//.test(normalize(engine)))
    throw new UserError('it lies where stages and pulls publish what others may have made');
  const text = await bundle(engine.replace(/^npm:/, ''), root);
  const module = inCache(cacheOf(root), 'kinds', `scheduler-${sha256(text).slice(0, 16)}.mjs`);
  writeIfOther(module, text);
  return { form: await importScheduler(module), module };
}

/** Leaves what a scheduler shares with Restage outside its build. */
const ours: Plugin = {
  name: 'shared-modules',
  setup: (build) =>
    build.onResolve({ filter: /^(restage|zod)$/ }, ({ path }) => ({
      path: pathToFileURL(sharedModules[path]!).href,
      external: true,
    })),
};

/** Packages of the older form, which are bundled, load Node's own modules by `require`. */
const requireOfPackages = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** The code of a scheduler with all that it imports, except what it shares with Restage. */
async function bundle(imported: string, root: string): Promise<string> {
  const { build } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      stdin: {
        contents: `export { scheduler } from ${JSON.stringify(imported)};`,
        resolveDir: root,
        sourcefile: 'places.yaml',
      },
      absWorkingDir: root,
      plugins: [ours],
      banner: { js: requireOfPackages },
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      write: false,
      logLevel: 'silent',
    });
    return outputFiles[0]!.text;
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (first === undefined) throw error;
    const { file, line, column } = first.location ?? { file: imported, line: 1, column: 0 };
    throw new UserError(`${file}:${line}:${column + 1}: ${first.text}`);
  }
}

/** Loads the built code of a scheduler. Throws a `UserError` where it exports none. */
export async function importScheduler(module: string): Promise<SchedulerForm> {
  let exported: { readonly scheduler?: unknown };
  try {
    exported = await import(pathToFileURL(module).href);
  } catch (error) {
    throw new UserError(`its code fails: ${describeError(error)}`);
  }
  const { scheduler } = exported;
  const checked = formShape.safeParse(scheduler);
  if (checked.success) return scheduler as SchedulerForm;
  const [issue] = checked.error.issues;
  const path = ['scheduler', ...issue!.path].join('.');
  throw new UserError(`Expected \`${path}\` to be ${issue!.message}`);
}
