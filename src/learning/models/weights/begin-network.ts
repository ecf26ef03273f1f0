import type { LayersModel } from '@tensorflow/tfjs';
import type { StageContext } from '../../../stage.ts';
import { type Normalization, usualNormalization } from '../../vision/pixels-to-floats.ts';
import { buildNet } from '../build-net.ts';
import { initialiseWeights } from '../initial-weights.ts';
import type { Net } from '../layers/layer.ts';
import type { ImageInput } from '../model-info.ts';
import { type ModelSetting, netOf } from '../model-setting.ts';
import { beginWithWeights } from './begin-with-weights.ts';
import type { PretrainedSetting } from './pretrained.ts';
import { weightPaths } from './weight-inputs.ts';

/** What settings say of a network that sees images, and of how it begins. */
interface NetworkSettings extends Pick<ImageInput, 'fit' | 'kernel'> {
  readonly model: ModelSetting;
  /** Pixels a side. */
  readonly imageSize: number;
  /** As the weights need it when left out. */
  readonly normalise?: Normalization;
  readonly pretrained?: PretrainedSetting | 'none';
  /** Decides the weights that are random. */
  readonly seed: number;
}

/** A network as it begins, and how an image becomes its input. */
interface BegunNetwork {
  readonly net: Net;
  readonly model: LayersModel;
  readonly input: ImageInput;
  /** Layers of the head that a file of weights does not have, each with the reason; empty without one. */
  readonly random: readonly string[];
}

/**
 * Builds a stage's network on a backend that runs, with random weights or those of its inputs or settings. Throws a
 * `StageError` where these do not fit.
 */
export async function beginNetwork(
  context: Pick<StageContext, 'inputs' | 'download' | 'log'>,
  { model: architecture, imageSize: size, fit, kernel, normalise, pretrained, seed }: NetworkSettings,
): Promise<BegunNetwork> {
  const net = netOf(architecture);
  const model = buildNet(net, size);
  initialiseWeights(model, seed);
  const paths = await weightPaths(context, pretrained);
  const beginning = paths && (await beginWithWeights(model, { net, imageSize: size }, paths, context.log));
  const { mean, deviation } = normalise ?? beginning?.normalise ?? usualNormalization;
  return {
    ...{ net, model },
    input: { size, fit, kernel, normalise: { mean: [...mean], deviation: [...deviation] } },
    random: beginning?.random ?? [],
  };
}
