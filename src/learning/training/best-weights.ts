import type { LayersModel } from '@tensorflow/tfjs';
import type { EpochRecord, SplitValues } from './history.ts';
import { allWeights } from './model-weights.ts';
import { selectionSplit } from './split-names.ts';
import { assignValues, readValues } from './tensor-values.ts';

/** The weights of the best epoch so far, kept outside the backend. */
export class BestWeights {
  readonly #model: LayersModel;
  #values: SplitValues | undefined;
  #weights: readonly Float32Array[] = [];

  constructor(model: LayersModel) {
    this.#model = model;
  }

  /** Takes a copy when this epoch is the best so far: accuracy first, then loss, then the earlier. Says whether it is. */
  async offer(values: SplitValues): Promise<boolean> {
    if (this.#values !== undefined && !isBetter(values, this.#values)) return false;
    this.#values = values;
    this.#weights = await readValues(allWeights(this.#model));
    return true;
  }

  /** Of the best epoch so far, in the order of `allWeights`; empty before the first. */
  get weights(): readonly Float32Array[] {
    return this.#weights;
  }

  /** Goes on from where an earlier one was: with this best epoch. */
  resume(values: SplitValues, weights: readonly Float32Array[]): void {
    this.#values = values;
    this.#weights = weights;
  }

  /** Puts the best weights back into the model. */
  restore(): void {
    assignValues(allWeights(this.#model), this.#weights);
  }
}

/** The better of two epochs, the earlier of equal ones. */
export function betterOf(earlier: EpochRecord, later: EpochRecord): EpochRecord {
  return isBetter(later.splits[selectionSplit]!, earlier.splits[selectionSplit]!) ? later : earlier;
}

function isBetter(values: SplitValues, than: SplitValues): boolean {
  return values.accuracy > than.accuracy || (values.accuracy === than.accuracy && values.loss < than.loss);
}
