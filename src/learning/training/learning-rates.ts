import { z } from 'zod';
import { toDigits } from '../../format-numbers.ts';
import type { NetworkParts } from '../models/layers/net-parts.ts';

/** The setting of learning rates of parts, relative to that of the optimizer. */
export const ratesSetting = z
  .strictObject({
    backbone: z
      .number()
      .positive()
      .exactOptional()
      .describe('What multiplies the learning rate of all layers before the head, such as 0.1.'),
    decay: z
      .number()
      .positive()
      .max(1)
      .exactOptional()
      .describe(
        'Layer-wise decay: the rate of the last block before the head is multiplied by this, that of the block before it twice, and so on, such as 0.75.',
      ),
  })
  .refine(({ backbone, decay }) => backbone !== undefined || decay !== undefined, {
    message: 'expected backbone, decay, or both',
  });
export type Rates = z.infer<typeof ratesSetting>;

/** What multiplies the learning rate of layers, by name; that of others is not changed. */
export type RateFactors = ReadonlyMap<string, number>;

/**
 * The factors of all layers before the head: `backbone * decay ** d`, where d counts blocks from
 * the head, 1 for the last one. This is layer-wise learning-rate decay (Clark et al. 2020,
 * "ELECTRA", section 3.1; Bao et al. 2022, "BEiT", appendix): with blocks for layers, as vision
 * transformers use it.
 */
export function rateFactors(parts: NetworkParts, { backbone = 1, decay = 1 }: Rates): RateFactors {
  const blocks = blocksOf(parts);
  return new Map(
    blocks.flatMap((names, i) => {
      const factor = backbone * decay ** (decay === 1 ? 0 : blocks.length - i);
      return names.map((name) => [name, factor] as const);
    }),
  );
}

/** A line for the log, on the rates of the first and the last layer before the head. */
export function describeRates(parts: NetworkParts, factors: RateFactors): string {
  const blocks = blocksOf(parts);
  const at = (name: string) => `${Number(toDigits(factors.get(name)!, 3))} at ${name}`;
  const first = at(blocks[0]![0]!);
  const last = at(blocks.at(-1)!.at(-1)!);
  return `Learning rates fall towards the image: times ${last}, ${first}, in ${blocks.length} blocks.`;
}

/**
 * The layers with weights before the head, block by block, from the image on. A block is what the
 * names of a module with a number say, such as `layer1.0` or `blocks.3`, or a block of the list of
 * layers. All before the first block is one. Any other layer is a block of its own, but a layer
 * that normalises belongs to the one before it.
 */
export function blocksOf({
  byName,
  backbone,
  norms,
}: NetworkParts): readonly (readonly string[])[] {
  const listed = [...byName.values()].filter((layers) => layers.length > 1);
  const keyOf = (name: string): string | undefined => {
    const module = numberedModule(name);
    if (module !== undefined) return module;
    return listed.find((layers) => layers.includes(name))?.join();
  };
  const normalises = new Set(norms);
  const firstBlock = backbone.findIndex((name) => keyOf(name) !== undefined);
  const blocks = new Map<string, string[]>();
  let last = '';
  for (const [i, name] of backbone.entries()) {
    const alone = i < firstBlock ? 'before blocks' : name;
    const joins = normalises.has(name) && i > 0;
    const key = keyOf(name) ?? (joins ? last : alone);
    blocks.set(key, [...(blocks.get(key) ?? []), name]);
    last = key;
  }
  return [...blocks.values()];
}

/**
 * The module of a layer by its name, up to its first number and the numbers that follow it:
 * `layer1.0` of `layer1.0.conv1`, `blocks.3` of `blocks.3.attn.qkv`; undefined where the name has
 * none.
 */
function numberedModule(name: string): string | undefined {
  const modules = name.split(/[./_]/).slice(0, -1);
  const start = modules.findIndex((part) => /\d/.test(part));
  if (start === -1) return undefined;
  let end = start + 1;
  while (end < modules.length && /^\d+$/.test(modules[end]!)) end++;
  return modules.slice(0, end).join('.');
}
