import { z } from 'zod';

/** A list without duplicates, as a setting; `what` names an item in the message. */
export const uniqueList = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item).refine((list) => new Set(list).size === list.length, `expected every ${what} once`);
