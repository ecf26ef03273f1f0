import { type Digest, isDigest } from '../../../digest.ts';
import { readJson, writeJson } from '../../files/write-atomic.ts';
import { writing } from '../../files/write-error.ts';
import { isDataKey, type Location } from './envelope.ts';

/** A place in a shared store that was said to hold an object. */
export interface Place extends Location {
  readonly digest: Digest;
}

/** A text that identifies a place. */
export const placeText = ({ digest, key, start, length }: Place): string =>
  [digest, key, start, length].join(' ');

/**
 * Places where a fetch or `store verify` found other bytes than those of the object, or none. A
 * push relies on none of them. They are kept in a file of the cache, since the bytes may be sent
 * again much later.
 */
export class KnownDamage {
  readonly #file: string | undefined;
  readonly #places: Map<string, Place>;

  /** Without a file, nothing is known yet, and nothing is kept. */
  constructor(file?: string) {
    this.#file = file;
    const known = file === undefined ? [] : (readJson<readonly Place[]>(file) ?? []);
    this.#places = new Map(known.filter(isPlace).map((place) => [placeText(place), place]));
  }

  has(digest: Digest, location: Location): boolean {
    return this.#places.has(placeText({ ...location, digest }));
  }

  /** Whether any bytes under a key are damaged. */
  hasKey(key: string): boolean {
    return [...this.#places.values()].some((place) => place.key === key);
  }

  add(places: readonly Place[]): void {
    const before = this.#places.size;
    for (const place of places) this.#places.set(placeText(place), place);
    if (this.#places.size > before) this.#keep();
  }

  /** Forgets what was known before: the whole store was read. */
  replace(places: readonly Place[]): void {
    if (this.#places.size + places.length === 0) return;
    this.#places.clear();
    for (const place of places) this.#places.set(placeText(place), place);
    this.#keep();
  }

  /** Forgets the places under a key, whose bytes were sent again. */
  forget(key: string): void {
    const under = [...this.#places].filter(([, place]) => place.key === key);
    for (const [text] of under) this.#places.delete(text);
    if (under.length > 0) this.#keep();
  }

  #keep(): void {
    const file = this.#file;
    if (file !== undefined)
      writing(`to ${file}`, () => writeJson(file, [...this.#places.values()]));
  }
}

function isPlace({ digest, key, start, length }: Place): boolean {
  return (
    isDigest(digest) &&
    isDataKey(key) &&
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(length)
  );
}
