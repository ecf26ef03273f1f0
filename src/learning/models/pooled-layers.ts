import { concat, type LayersModel, type Tensor, model as tfjsModel, tidy } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { thereAre } from '../../suggest.ts';
import type { Size } from '../vision/resample.ts';
import { inputOf, readValues } from './model-output.ts';
import type { Pool } from './pools.ts';

/** Layers of a network whose outputs, pooled over their positions, make one row for each image. */
export interface PooledLayers {
  /** The network up to these layers, with shared weights. */
  readonly part: LayersModel;
  /** The length of a row. */
  readonly values: number;
  /**
   * The rows of a batch of images, `[batch, values]`: layer after layer, pool after pool. `size` as
   * for `outputOf`.
   */
  rowsOf(images: Float32Array, size?: Size): Promise<Float32Array>;
}

/**
 * Opens layers by name. Throws a {@link StageError} for a name that the network does not have. The
 * output of a layer without positions is taken as it is.
 */
export function poolLayers(
  model: LayersModel,
  names: readonly string[],
  pooled: readonly Pool[],
): PooledLayers {
  const known = model.layers.map(({ name }) => name);
  const chosen = names.map((name) => {
    const layer = model.layers.find((candidate) => candidate.name === name);
    if (layer === undefined)
      throw new StageError(
        `Expected a layer of the network, got "${name}". ${thereAre(name, known)}`,
      );
    return layer;
  });
  const outputs = chosen.flatMap(({ output }) => output);
  const part = tfjsModel({ inputs: model.inputs, outputs });
  const values = chosen.reduce((sum, { outputShape }) => {
    const shape = outputShape as readonly number[];
    return sum + shape.at(-1)! * (shape.length === 2 ? 1 : pooled.length);
  }, 0);
  return {
    part,
    values,
    rowsOf: async (images, size) => {
      const rows = tidy(() => {
        const answer = part.apply(inputOf(part, images, size), { training: false });
        return concat(
          [answer as Tensor | Tensor[]].flat().flatMap((output) => pool(output, pooled)),
          1,
        );
      });
      const [result] = await readValues([rows]);
      rows.dispose();
      return result!;
    },
  };
}

function pool(output: Tensor, pooled: readonly Pool[]): readonly Tensor[] {
  if (output.rank === 2) return [output];
  const positions = Array.from({ length: output.rank - 2 }, (_, i) => i + 1);
  const mean = output.mean(positions, true);
  const batch = output.shape[0]!;
  const channels = output.shape.at(-1)!;
  const results: Readonly<Record<Pool, () => Tensor>> = {
    mean: () => mean.reshape([batch, channels]),
    deviation: () => output.sub(mean).square().mean(positions).sqrt(),
  };
  return pooled.map((name) => results[name]());
}
