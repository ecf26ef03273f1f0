import { err, ok, type Result } from './result.ts';

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a JSON text; the error is one sentence that expects `what`, such as `metrics`. */
export function parseJson(text: string, what: string): Result<Json, string> {
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return err(`Expected ${what} as JSON: ${(error as Error).message}`);
  }
}
