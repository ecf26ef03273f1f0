import type { Input, InputItem } from './pipeline.ts';

/** The items that an input may have: of one that depends on a slot, those of every candidate. */
export const possibleItems = ({
  items,
  bySlot,
}: Pick<Input, 'items' | 'bySlot'>): readonly InputItem[] =>
  bySlot === undefined ? items : [...bySlot.values()].flat();
