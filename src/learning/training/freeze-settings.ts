import { z } from 'zod';

const names = z
  .array(z.string().min(1).max(100))
  .min(1)
  .describe('Names of layers or residual blocks, as `pipeline model` lists them; * stands for any characters.');

/** What does not train; light, since a spec has it. */
export const freezeSetting = z.union([z.literal('backbone'), names], { error: 'backbone, or a list of layers' });

/** What of it trains after all, and from when on. */
export const unfreezeSetting = z
  .array(
    z.strictObject({
      epoch: z.int().min(2).describe('The first epoch in which they train, counted from 1.'),
      layers: z
        .union([z.literal('all'), names], { error: 'all, or a list of layers' })
        .describe('All that are frozen, or a list of names as under `freeze`.'),
    }),
  )
  .min(1);

export interface FreezeSettings {
  readonly freeze?: z.infer<typeof freezeSetting>;
  readonly unfreeze?: z.infer<typeof unfreezeSetting>;
}
