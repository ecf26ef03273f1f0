import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';

/** The numbers of a `metrics` artifact by name, in the order of the file; null where one is undefined. */
export type MetricValues = ReadonlyMap<string, number | null>;

/**
 * Reads the text of a `metrics` file: any JSON object. A number's name is its path, steps joined by dots, a `splits` at
 * the top left out: `test.accuracy`, `auc.difference`. Texts and lists are passed over. The error is one sentence.
 */
export function parseMetrics(text: string): Result<MetricValues, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return err(`Expected metrics as JSON: ${(error as Error).message}`);
  }
  if (!isMap(value)) return err('Expected metrics as a JSON object');
  const { splits, ...others } = value;
  return ok(new Map([...numbersOf(isMap(splits) ? splits : {}, ''), ...numbersOf(others, '')]));
}

function* numbersOf(map: Readonly<Record<string, unknown>>, path: string): Generator<[string, number | null]> {
  for (const [key, value] of Object.entries(map)) {
    if (typeof value === 'number' || value === null) yield [path + key, value];
    else if (isMap(value)) yield* numbersOf(value, `${path}${key}.`);
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
