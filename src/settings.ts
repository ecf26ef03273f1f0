import { z } from 'zod';

/** Settings that several kinds share; light, since specs read them. */

/** A list that has nothing twice; `what` names an item in the message. */
export const uniqueList = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item).refine((list) => new Set(list).size === list.length, `expected every ${what} once`);

export const confidenceOf = (intervals: string) =>
  z.number().gt(0).lt(1).default(0.95).describe(`Confidence of ${intervals}.`);
