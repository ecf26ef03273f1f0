import { type Digest, isDigest } from '../../../digest.ts';
import { readJson, writeJson } from '../../files/write-atomic.ts';
import { writing } from '../../files/write-error.ts';
import { isDataKey, type Location } from './envelope.ts';

/** Where an object is said to lie in a shared store. */
export interface ObjectLocation extends Location {
  readonly digest: Digest;
}

/** A text that identifies a location. */
export const locationText = ({ digest, key, start, length }: ObjectLocation): string =>
  [digest, key, start, length].join(' ');

/**
 * Locations where a fetch or `store verify` found other bytes than those of the object, or none. A
 * push relies on none of them. They are kept in a file of the cache, since the bytes may be sent
 * again much later.
 */
export class KnownDamage {
  readonly #file: string | undefined;
  readonly #locations: Map<string, ObjectLocation>;

  /** Without a file, nothing is known yet, and nothing is kept. */
  constructor(file?: string) {
    this.#file = file;
    const known = file === undefined ? [] : (readJson<readonly ObjectLocation[]>(file) ?? []);
    this.#locations = new Map(
      known.filter(isLocation).map((location) => [locationText(location), location]),
    );
  }

  has(digest: Digest, location: Location): boolean {
    return this.#locations.has(locationText({ ...location, digest }));
  }

  /** Whether any bytes under a key are damaged. */
  hasKey(key: string): boolean {
    return [...this.#locations.values()].some((location) => location.key === key);
  }

  add(locations: readonly ObjectLocation[]): void {
    const before = this.#locations.size;
    for (const location of locations) this.#locations.set(locationText(location), location);
    if (this.#locations.size > before) this.#keep();
  }

  /** Forgets what was known before: the whole store was read. */
  replace(locations: readonly ObjectLocation[]): void {
    if (this.#locations.size + locations.length === 0) return;
    this.#locations.clear();
    for (const location of locations) this.#locations.set(locationText(location), location);
    this.#keep();
  }

  /** Forgets the locations under a key, whose bytes were sent again. */
  forget(key: string): void {
    const under = [...this.#locations].filter(([, location]) => location.key === key);
    for (const [text] of under) this.#locations.delete(text);
    if (under.length > 0) this.#keep();
  }

  #keep(): void {
    const file = this.#file;
    if (file !== undefined)
      writing(`to ${file}`, () => writeJson(file, [...this.#locations.values()]));
  }
}

function isLocation({ digest, key, start, length }: ObjectLocation): boolean {
  return (
    isDigest(digest) &&
    isDataKey(key) &&
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(length)
  );
}
