import { StageError } from '../../stage.ts';

/**
 * The results of independent checks. Throws one {@link StageError} with the messages of all that
 * failed; bugs as they are.
 */
export async function expectAll<T extends readonly unknown[]>(
  ...checks: { readonly [K in keyof T]: () => T[K] | Promise<T[K]> }
): Promise<T> {
  const settled = await Promise.allSettled(checks.map(async (check) => check()));
  const faults = settled.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as Error] : [],
  );
  const bug = faults.find((fault) => !(fault instanceof StageError));
  if (bug !== undefined || faults.length === 1) throw bug ?? faults[0];
  if (faults.length > 1) throw new StageError(faults.map(({ message }) => message).join('\n'));
  const values: unknown = settled.map((check) => (check as PromiseFulfilledResult<unknown>).value);
  return values as T;
}
