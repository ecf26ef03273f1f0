import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';

/**
 * The settings without those at their default: what the file leaves out, and what it could leave out without changing
 * anything. So a default written out keys the same work as one that is not. Inside lists nothing is left out.
 *
 * `given` is what the file says, `settings` what the schema made of it.
 */
export function keyedSettings(schema: z.ZodType, given: JsonObject, settings: JsonObject): JsonObject {
  const minimal = withoutDefaults(given, (candidate) => {
    const parsed = schema.safeParse(candidate);
    return parsed.success && isDeepStrictEqual(JSON.parse(JSON.stringify(parsed.data)), settings);
  });
  return pick(minimal, settings);
}

/** Leaves out one key after another, as long as what is left still `means` the same. */
function withoutDefaults(given: JsonObject, means: (candidate: JsonObject) => boolean): JsonObject {
  let left = given;
  for (const key of Object.keys(given)) {
    const { [key]: value, ...rest } = left;
    if (means(rest)) left = rest;
    else if (isJsonObject(value)) {
      const around = left;
      left = { ...around, [key]: withoutDefaults(value, (inner) => means({ ...around, [key]: inner })) };
    }
  }
  return left;
}

/** The settings at the keys of `minimal`. A schema that renames keys gives no way to tell: then all are kept. */
function pick(minimal: JsonObject, settings: JsonObject): JsonObject {
  const picked: Record<string, Json> = {};
  for (const [key, value] of Object.entries(minimal)) {
    const parsed = settings[key];
    if (parsed === undefined) return settings;
    picked[key] = isJsonObject(value) && isJsonObject(parsed) ? pick(value, parsed) : parsed;
  }
  return picked;
}
