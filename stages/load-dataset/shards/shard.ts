/** The settings of `load-dataset` that decide which facts of a record count. */
export interface ShardSettings {
  /** The columns of images and of classes; by default the usual names. */
  readonly columns?: { readonly image?: string; readonly label?: string };
  /** Further columns that stay with each image. */
  readonly slices: readonly string[];
}

/**
 * What a record of a shard says of its image: texts by column, among them `label`, `group`,
 * `source` and slices where it has them.
 */
export type Facts = Readonly<Partial<Record<string, string>>>;

/**
 * Takes one record: its name in messages, its facts, and its encoded image with a name that is
 * unique in the shard.
 */
export type TakeRecord = (
  record: string,
  facts: Facts,
  image: { readonly name: string; readonly bytes: Uint8Array },
) => void;

/**
 * Reads the records of a shard, in order. Throws a {@link ShardError} for what Restage cannot take.
 */
export type ShardReader = (
  file: string,
  settings: ShardSettings,
  take: TakeRecord,
) => Promise<void>;

/** Why a shard that can be read has no labelled images that Restage can take, as a sentence. */
export class ShardError extends Error {}

/** What columns, extensions and JSON keys of labels are called; the first that there is counts. */
export const labelNames = ['label', 'labels', 'cls', 'class'] as const;

/**
 * A value as the text of a cell; undefined for none. Throws a {@link ShardError} for one that is no
 * text, whole number or truth value.
 */
export function textOf(value: unknown, name: string, record: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const isPlain =
    typeof value === 'number'
      ? Number.isFinite(value)
      : ['string', 'bigint', 'boolean'].includes(typeof value);
  if (isPlain) return String(value).trim();
  throw new ShardError(
    `expected text or a number as ${name} of ${record}, got ${describeType(value)}.`,
  );
}

function describeType(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value instanceof Uint8Array ? 'bytes' : `a ${typeof value}`;
}
