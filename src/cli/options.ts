import { InvalidArgumentError, Option } from 'commander';
import { type BackendName, backendNames, isBackendName } from '../backend/select/backend-names.ts';
import { type Method, methods } from '../learning/attribution/methods.ts';
import { closest } from '../suggest.ts';
import { commandName } from './own-command.ts';

// Options that commands share, and parsers for the values of options.

export const setOption = () =>
  new Option('--set <name=value>', 'set a parameter: --set params.epochs=5; repeatable')
    .default([], 'none')
    .argParser(collect);
export const backendOption = () =>
  new Option('--backend <name>', `what stages with tensors compute on: ${backendNames.join(', ')}`)
    .argParser(backendName)
    .default('auto');
export const forceOption = () =>
  new Option('--force [stage]', 'run this stage, or all, as if the store had no result; repeatable').argParser(collect);
export const downstreamOption = () => new Option('--downstream', 'also bring everything that reads the named stages');

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`Expected a whole number from 1, got "${text}".`);
  return value;
}

function methodName(text: string): Method {
  const method = methods.find((name) => name === text);
  if (method !== undefined) return method;
  const near = closest(text, methods);
  throw new InvalidArgumentError(
    `Expected ${methods.join(', ')}.${near === undefined ? '' : ` Did you mean "${near}"?`}`,
  );
}

function backendName(text: string): BackendName {
  if (isBackendName(text)) return text;
  const near = closest(text, backendNames);
  const suggestion = near === undefined ? '' : ` Did you mean "${near}"?`;
  throw new InvalidArgumentError(`Expected ${backendNames.join(', ')}.${suggestion}`);
}

/** Examples for a command's help. They are written with `restage`, and shown with the name that the user typed. */
export const example = (...lines: readonly string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`.replaceAll(
    'restage ',
    `${commandName} `,
  );

/** Gathers the values of a repeatable option. For `--force` alone, commander gives `true`. */
export const collect = (value: string, before: unknown): readonly string[] => [
  ...(Array.isArray(before) ? before : []),
  value,
];

/** Chooses a method; repeat it for several. */
export const methodOption = () =>
  new Option('--method <name>', `method: ${methods.join(', ')}; repeatable`)
    .default([], 'gradient and grad-cam')
    .argParser((name: string, before: readonly Method[]) => [...before, methodName(name)]);
