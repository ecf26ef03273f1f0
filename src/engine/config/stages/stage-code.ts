import { statSync } from 'node:fs';
import { StageError } from '../../../stage.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { KnownKind, LoadContext } from '../load-context.ts';
import type { Input, Stage } from '../pipeline.ts';

/** The code of a stage whose kind finds it; undefined for another kind, `wrong` for a mistake, which is reported. */
export async function resolveCode(
  { findCode, root, env, codes, report }: LoadContext,
  stage: Pick<Stage, 'settings' | 'inputs' | 'env'> & { readonly kind: KnownKind },
): Promise<
  | { readonly stage: Pick<Stage, 'code' | 'kindVersion'>; readonly warnings: readonly Diagnostic[] }
  | 'wrong'
  | undefined
> {
  const { spec } = stage.kind;
  if (spec.code === undefined || findCode === undefined) return undefined;
  const input = stage.inputs.find(({ port }) => spec.inputs[port]?.code);
  const program = input && programOf(input, report);
  if (program === undefined) return 'wrong'; // a missing port is reported
  const settings = Object.fromEntries(spec.code.settings.flatMap((name) => pick(stage.settings, name)));
  const key = JSON.stringify([spec.name, program, settings, stage.env]);
  try {
    const found =
      codes.get(key) ?? (await findCode(spec, { program, root, settings, env: { ...env, ...asSeen(stage.env) } }));
    codes.set(key, found);
    const { version, looked: _, warnings, ...code } = found;
    return {
      stage: { code, kindVersion: version },
      warnings: warnings.map((warning) => ({
        code: 'unkeyed-import',
        message: `${warning}: a change of what it loads will not rerun its stages`,
        at: input!.at,
      })),
    };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    report({ code: 'broken-program', message: error.message, at: input!.at });
    return 'wrong';
  }
}

function programOf({ port, items, at }: Input, report: LoadContext['report']): string | undefined {
  const [item] = items;
  if (item?.from === 'path' && statSync(item.path, { throwIfNoEntry: false })?.isFile()) return item.path;
  const message = `The input "${port}" takes a file of the project: its imports are read before anything runs`;
  if (item?.from !== 'path' || statSync(item.path, { throwIfNoEntry: false })) {
    report({ code: 'wrong-reference', message, at });
  }
  return undefined;
}

const pick = (settings: Stage['settings'], name: string) =>
  settings[name] === undefined ? [] : [[name, settings[name]] as const];

/** As the program will see them: a variable that is declared and unset is absent. */
export const asSeen = (env: Stage['env']): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? undefined]));
