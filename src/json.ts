import { err, ok, type Result } from './result.ts';

/** A value that JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nested maps that are still being filled. */
export type JsonTree = { [key: string]: Json | JsonTree };

/** Sets the value at a path, and adds the maps that lead there. */
export function setAt(tree: JsonTree, [key = '', ...deeper]: readonly string[], value: Json): void {
  if (deeper.length === 0) tree[key] = value;
  else {
    tree[key] ??= {};
    setAt(tree[key] as JsonTree, deeper, value);
  }
}

/**
 * Characters that JSON need not escape, and a terminal obeys: C1 controls, and those that turn the
 * direction of a text.
 */
const obeyed = /[\u007f-\u009f]|\p{Bidi_Control}/gu;

/**
 * A value as JSON of printable characters: a terminal shows it as it is, and a reader gets every
 * character back.
 */
export const printableJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, undefined, indent) ?? 'null').replace(
    obeyed,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The value of a JSON text, of which nobody checks the type; undefined for any other text. */
export function jsonOf<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/**
 * The value of a JSON text; the error is one sentence, in which `what` names the content, such as
 * `metrics`.
 */
export function parseJson(text: string, what: string): Result<Json, string> {
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return err(`Expected ${what} as JSON: ${(error as Error).message}`);
  }
}
