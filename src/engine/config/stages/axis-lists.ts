import type { KnownList, KnownLists, ListOutput } from '../pipeline.ts';
import type { AxisList } from './axis.ts';

/** The name of a list, such as `videos.list`. */
export const listName = ({ stage, port }: ListOutput): string => `${stage}.${port}`;

/** Why a stage is left out whose axis takes its values from an empty list, after its name. */
export const noValues = 'has no values';

/** Lists of stages from which axes take their values: those that are known, and all asked for. */
export class AxisLists {
  readonly #known: KnownLists;
  readonly #asked: AxisList[] = [];

  constructor(known: KnownLists) {
    this.#known = known;
  }

  /** Undefined before its stage has made it. */
  find(list: AxisList): KnownList | undefined {
    this.#asked.push(list);
    return this.#known.get(listName(list));
  }

  /** A list for each axis that takes its values from one. */
  get asked(): readonly AxisList[] {
    return this.#asked;
  }
}
