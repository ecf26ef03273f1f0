import type { LayersModel } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';
import type { SplitValues } from './history.ts';
import { allWeights } from './model-weights.ts';

/** The weights of the best epoch so far, kept outside the backend. */
export class BestWeights {
  readonly #model: LayersModel;
  #values: SplitValues | undefined;
  #weights: Float32Array[] = [];

  constructor(model: LayersModel) {
    this.#model = model;
  }

  /** Takes a copy when this epoch is the best so far: accuracy first, then loss, then the earlier. Says whether it is. */
  async offer(values: SplitValues): Promise<boolean> {
    if (this.#values !== undefined && !isBetter(values, this.#values)) return false;
    this.#values = values;
    // A backend may hand out its own memory, which the next step overwrites.
    const copies = allWeights(this.#model).map(async (weight) => (await weight.data<'float32'>()).slice());
    this.#weights = await Promise.all(copies);
    return true;
  }

  /** Puts the best weights back into the model. */
  restore(): void {
    tidy(() => {
      for (const [i, weight] of allWeights(this.#model).entries())
        weight.assign(tensor(this.#weights[i]!, weight.shape));
    });
  }
}

function isBetter(values: SplitValues, than: SplitValues): boolean {
  return values.accuracy > than.accuracy || (values.accuracy === than.accuracy && values.loss < than.loss);
}
