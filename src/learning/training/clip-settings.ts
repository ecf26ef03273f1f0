import { z } from 'zod';

const bound = z.number().positive();

/** How gradients are kept from being large; light, since a spec has it. */
export const clipSettings = z.union(
  [
    z.strictObject({
      norm: bound.describe('Largest norm of all gradients together; larger ones are scaled down to it.'),
    }),
    z.strictObject({ value: bound.describe('Largest size of each number of a gradient.') }),
  ],
  { error: '{ norm: … } or { value: … }, a number above 0' },
);
export type ClipSettings = z.infer<typeof clipSettings>;
