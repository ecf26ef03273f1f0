import { isJsonObject, type Json, type JsonObject, parseJson } from '../../json.ts';
import { err, ok, type Result } from '../../result.ts';

/** Numbers by name, in the order of the file; null where undefined. */
export type MetricValues = ReadonlyMap<string, number | null>;

/** The content of a `metrics` artifact. */
export interface Metrics {
  readonly values: MetricValues;
  /** Lower and upper end of the intervals, by the name of their number. */
  readonly intervals: ReadonlyMap<string, readonly [low: number, high: number]>;
  /** The file's `confidence`, above 0 and below 1; absent where it has none. */
  readonly confidence?: number;
}

/**
 * Reads the text of a `metrics` file: any JSON object. The name of a number is its path, joined by
 * dots, without a `splits` at the top: `test.accuracy`, `test.confusion.truePositives`. Its
 * interval stands in a map `intervals` beside it:
 *
 *     {
 *       "confidence": 0.95,
 *       "splits": { "test": { "auc": 0.75, "intervals": { "auc": [0.7, 0.8] } } }
 *     }
 *
 * Texts and other lists are ignored. The error is one sentence.
 */
export function parseMetrics(text: string): Result<Metrics, string> {
  const json = parseJson(text, 'metrics');
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) return err('Expected metrics as a JSON object');
  const { splits, confidence, ...others } = json.value;
  const parts = [isJsonObject(splits) ? splits : {}, others];
  return ok({
    values: new Map(parts.flatMap((part) => [...numbersOf(part, '')])),
    intervals: new Map(parts.flatMap((part) => [...intervalsOf(part, '')])),
    ...(typeof confidence === 'number' && { confidence }),
  });
}

function* numbersOf(map: JsonObject, path: string): Generator<[string, number | null]> {
  for (const [key, value] of Object.entries(map)) {
    if (typeof value === 'number' || value === null) yield [path + key, value];
    else if (isJsonObject(value) && key !== 'intervals') yield* numbersOf(value, `${path}${key}.`);
  }
}

/**
 * The pairs inside maps `intervals` at any depth; a map within one is a step of the number's name.
 */
function* intervalsOf(
  map: JsonObject,
  path: string,
  isInside = false,
): Generator<[string, readonly [number, number]]> {
  for (const [key, value] of Object.entries(map)) {
    if (isInside && isInterval(value)) yield [path + key, value];
    else if (!isInside && key === 'intervals' && isJsonObject(value))
      yield* intervalsOf(value, path, true);
    else if (isJsonObject(value)) yield* intervalsOf(value, `${path}${key}.`, isInside);
  }
}

const isInterval = (value: Json): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((end) => typeof end === 'number');
