import type { LayersModel } from '@tensorflow/tfjs';
import type { ArchitectureName } from './architecture-names.ts';
import { simpleNet } from './simple-net.ts';

/** A network's form, without its weights. */
export interface Architecture {
  readonly summary: string;
  /**
   * A tfjs-layers model from images `[batch, imageSize, imageSize, 3]` to logits `[batch, 2]` (real, fake; no softmax).
   * Its weights are zeros: {@link initialiseWeights} or a file fills them.
   */
  readonly build: (imageSize: number) => LayersModel;
}

/** The table of networks. */
export const architectures: Readonly<Record<ArchitectureName, Architecture>> = {
  'simple-net': { summary: 'Three convolutions of 7 x 7 and three dense layers, from scratch.', build: simpleNet },
};
