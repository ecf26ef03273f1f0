import { z } from 'zod';
import { Unsupported } from '../operators/operator.ts';

/** An attribute of a node, as TensorFlow's AttrValue is written in JSON: texts are base64. */
const attribute = z
  .object({
    s: z.string(),
    i: z.union([z.string(), z.number()]),
    f: z.number(),
    b: z.boolean(),
    list: z.object({
      s: z.array(z.string()).optional(),
      i: z.array(z.union([z.string(), z.number()])).optional(),
    }),
    shape: z.object({
      dim: z.array(z.object({ size: z.union([z.string(), z.number()]).optional() })).optional(),
      unknownRank: z.boolean().optional(),
    }),
  })
  .partial();

export const graphNode = z.object({
  name: z.string().min(1),
  op: z.string().min(1),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attribute).default({}),
});
type Written = z.infer<typeof graphNode>;

/** A node of a tfjs graph model. */
export class TfjsNode {
  readonly name: string;
  readonly operation: string;
  /** The tensors that it takes: a node's name, with `:1` for its second output. */
  readonly inputs: readonly string[];
  readonly #attributes: Written['attr'];

  constructor({ name, op, input, attr }: Written) {
    this.name = name;
    this.operation = op;
    // `^name` only says that a node is computed before.
    this.inputs = input
      .filter((each) => !each.startsWith('^'))
      .map((each) => each.replace(/:0$/, ''));
    this.#attributes = attr;
  }

  int(name: string, usual: number): number {
    const value = this.#attribute(name)?.i;
    return value === undefined ? usual : Number(value);
  }

  float(name: string, usual: number): number {
    return this.#attribute(name)?.f ?? usual;
  }

  flag(name: string, usual = false): boolean {
    return this.#attribute(name)?.b ?? usual;
  }

  ints(name: string): readonly number[] {
    return (this.#attribute(name)?.list?.i ?? []).map(Number);
  }

  text(name: string, usual: string): string {
    const value = this.#attribute(name)?.s;
    return value === undefined ? usual : decoded(value);
  }

  texts(name: string): readonly string[] {
    return (this.#attribute(name)?.list?.s ?? []).map(decoded);
  }

  /**
   * The lengths of a placeholder; -1 is free. Undefined where the file leaves their number free.
   */
  shape(name: string): readonly number[] | undefined {
    const shape = this.#attribute(name)?.shape;
    if (shape === undefined || shape.unknownRank === true) return undefined;
    return (shape.dim ?? []).map(({ size = 0 }) => Number(size));
  }

  /** Throws an {@link Unsupported} for images with their channels first. */
  expectChannelsLast(): void {
    const format = this.text('data_format', 'NHWC');
    if (format !== 'NHWC') throw new Unsupported(`the data_format ${format}`);
  }

  #attribute(name: string): Written['attr'][string] | undefined {
    return Object.hasOwn(this.#attributes, name) ? this.#attributes[name] : undefined;
  }
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString();
