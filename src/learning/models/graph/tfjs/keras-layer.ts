import { z } from 'zod';
import type { Json } from '../../../../json.ts';
import type { StoredTensor as StoredWeight } from '../../weights/weight-files.ts';
import { Unsupported } from '../operators/operator.ts';

/** What a reader of JSON gave, which is looked at where it is used. */
export const anyJson = z.custom<Json>();
const config = z.record(z.string(), anyJson);
type Config = z.infer<typeof config>;

export const kerasLayer = z.object({
  class_name: z.string().min(1),
  name: z.string().min(1).optional(),
  config: z.union([config, z.array(anyJson)]).default({}),
  inbound_nodes: z.array(anyJson).default([]),
});
export type WrittenLayer = z.infer<typeof kerasLayer>;

/** A layer of Keras: its class, its settings, and its weights by their names in the layer. */
export class KerasLayer {
  readonly className: string;
  /** The tensor that it gives. */
  readonly output: string;
  readonly #config: Config;
  readonly #weightOf: (name: string) => StoredWeight | undefined;

  constructor(
    { class_name, config }: WrittenLayer,
    output: string,
    weightOf: (name: string) => StoredWeight | undefined,
  ) {
    this.className = class_name;
    this.output = output;
    this.#config = Array.isArray(config) ? {} : config;
    this.#weightOf = weightOf;
  }

  weight(name: string): StoredWeight {
    const weight = this.#weightOf(name);
    if (weight !== undefined) return weight;
    throw new Unsupported(`no weight "${name}" in the file`);
  }

  /** A weight that the settings may leave out, such as a bias. */
  optionalWeight(name: string, setting: string): StoredWeight | undefined {
    return this.flag(setting, true) ? this.weight(name) : undefined;
  }

  flag(name: string, usual: boolean): boolean {
    const value = this.#value(name);
    return typeof value === 'boolean' ? value : usual;
  }

  number(name: string, usual: number): number {
    return this.optionalNumber(name) ?? usual;
  }

  /** Undefined where it is left out or null. */
  optionalNumber(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number') return value;
    throw new Unsupported(`no number as "${name}"`);
  }

  text(name: string, usual: string): string {
    const value = this.#value(name);
    return typeof value === 'string' ? value : usual;
  }

  /** The name of an activation, which newer files write as an object. */
  activation(usual = 'linear'): string {
    const value = this.#value('activation');
    if (value === undefined || value === null) return usual;
    if (typeof value === 'string') return value;
    const named = value as { readonly class_name?: unknown; readonly name?: unknown };
    const name = named.class_name ?? named.name;
    if (typeof name === 'string') return name;
    throw new Unsupported('no name as "activation"');
  }

  /** Numbers, or one for both axes of an image. */
  pair(name: string, usual: number | readonly [number, number]): readonly [number, number] {
    return bothOf(this.#value(name) ?? usual, name);
  }

  /** A list of numbers; null is -1. */
  numbers(name: string): readonly number[] {
    const value = this.#value(name);
    const list = typeof value === 'number' ? [value] : value;
    if (!Array.isArray(list)) throw new Unsupported(`no list as "${name}"`);
    return list.map((each) => {
      if (each === null) return -1;
      if (typeof each === 'number') return each;
      throw new Unsupported(`no list of numbers as "${name}"`);
    });
  }

  /** The pads of an image: one number, one for each axis, or those before and after each. */
  pads(name: string): readonly (readonly [number, number])[] {
    const value = this.#value(name) ?? 0;
    const axes = Array.isArray(value) ? value : [value, value];
    return [[0, 0], bothOf(axes[0], name), bothOf(axes[1], name), [0, 0]];
  }

  /** Whether there is a value at all. */
  has(name: string): boolean {
    return (this.#value(name) ?? null) !== null;
  }

  /** Throws an {@link Unsupported} for images with their channels first. */
  expectChannelsLast(): void {
    const format = this.text('data_format', this.text('dataFormat', 'channels_last'));
    if (!/^channels_?last$/i.test(format)) throw new Unsupported(`the data_format ${format}`);
  }

  #value(name: string): Config[string] | undefined {
    return Object.hasOwn(this.#config, name) ? this.#config[name] : undefined;
  }
}

/** Two numbers, or one for both. */
function bothOf(value: Json | undefined, name: string): readonly [number, number] {
  const both = Array.isArray(value) ? value : [value, value];
  if (typeof both[0] === 'number' && typeof both[1] === 'number') return [both[0], both[1]];
  throw new Unsupported(`no two numbers as "${name}"`);
}
