import { err, ok, type Result } from './result.ts';

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Maps in maps that are still being filled. */
export type JsonTree = { [key: string]: Json | JsonTree };

/** Sets the value at a path, through maps that it adds where there are none. */
export function setAt(tree: JsonTree, [key = '', ...deeper]: readonly string[], value: Json): void {
  if (deeper.length === 0) tree[key] = value;
  else {
    tree[key] ??= {};
    setAt(tree[key] as JsonTree, deeper, value);
  }
}

/** The value of a JSON text; the error is one sentence that expects `what`, such as `metrics`. */
export function parseJson(text: string, what: string): Result<Json, string> {
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return err(`Expected ${what} as JSON: ${(error as Error).message}`);
  }
}
