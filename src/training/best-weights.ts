import type { LayersModel } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';
import type { SplitValues } from './history.ts';

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
    const copies = this.#model.getWeights().map(async (weight) => (await weight.data<'float32'>()).slice());
    this.#weights = await Promise.all(copies);
    return true;
  }

  /** Puts the best weights back into the model. */
  restore(): void {
    tidy(() => {
      const shapes = this.#model.getWeights().map(({ shape }) => shape);
      this.#model.setWeights(this.#weights.map((values, i) => tensor(values, shapes[i]!)));
    });
  }
}

function isBetter(values: SplitValues, than: SplitValues): boolean {
  return values.accuracy > than.accuracy || (values.accuracy === than.accuracy && values.loss < than.loss);
}
