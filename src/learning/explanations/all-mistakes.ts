import { StageError } from '../../stage.ts';

/**
 * The results of checks that do not hang on each other. Throws one {@link StageError} with the message of every check that threw
 * one, so that a first mistake hides no second; anything else is thrown as it is.
 */
export function expectAll<T extends readonly unknown[]>(...checks: { readonly [K in keyof T]: () => T[K] }): T {
  const mistakes: StageError[] = [];
  const results = checks.map((check) => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      mistakes.push(error);
      return undefined;
    }
  });
  if (mistakes.length === 1) throw mistakes[0];
  if (mistakes.length > 1) throw new StageError(mistakes.map(({ message }) => message).join('\n'));
  return results as unknown as T;
}
