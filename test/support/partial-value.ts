import type { Json } from '../../src/json.ts';

/** Parts of a value at any depth; a text instead of one of a narrower type, such as a digest. */
type Parts<T> = [Json] extends [T] ? T : PartsOf<T>;
type PartsOf<T> = T extends string
  ? string
  : T extends number | boolean | null | undefined | ((...input: never) => unknown)
    ? T
    : { readonly [Key in keyof T]?: Parts<T[Key]> | undefined };

/** A value of a large type, of which a test reads only these parts. */
export const partialValue = <T>(parts: Parts<T>): T => parts as T;

/**
 * A value as another type: wrong on purpose, as damage makes it, or a view that its own type hides.
 */
export const asType = <T>(value: unknown): T => value as T;
