import { z } from 'zod';

/** The setting of a list that has nothing twice; `what` names an item in the message. */
export const uniqueList = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item).refine((list) => new Set(list).size === list.length, `expected every ${what} once`);
