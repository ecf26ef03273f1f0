import type { z } from 'zod';

/** One form of something that a file configures, such as one scheduler, with keys of its own. */
interface Form {
  readonly keys: z.ZodRawShape;
}

/** `A & B` of `A | B`: functions that take A and B are functions of both. */
type Intersection<T> = (T extends unknown ? (value: T) => void : never) extends (
  value: infer Both,
) => void
  ? Both
  : never;

export type MergedKeys<F extends Form> = Intersection<F['keys']>;

/** The keys of all forms, in their order, for a schema that takes any of them. */
export const mergeKeys = <F extends Form>(forms: readonly F[]): MergedKeys<F> =>
  Object.assign({}, ...forms.map(({ keys }) => keys));
