/** The environment as stages ask for it, remembering what was asked. */
export class Environment {
  readonly #values: Readonly<Record<string, string | undefined>>;
  readonly #asked = new Map<string, string | null>();

  constructor(values: Readonly<Record<string, string | undefined>>) {
    this.#values = values;
  }

  get(name: string): string | undefined {
    const value = this.#values[name];
    this.#asked.set(name, value ?? null);
    return value;
  }

  /** Every variable that was asked for, null where it is unset; undefined when none was. */
  get asked(): Readonly<Record<string, string | null>> | undefined {
    return this.#asked.size === 0 ? undefined : Object.fromEntries(this.#asked);
  }
}
