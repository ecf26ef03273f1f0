import { z } from 'zod';

/** A value for red, green and blue. */
export const triple = z.tuple([z.number(), z.number(), z.number()]);
