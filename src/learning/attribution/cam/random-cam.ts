import { Random } from '../../../random.ts';
import type { LayerView } from './layer-view.ts';
import { weighChannels } from './weigh-channels.ts';

/**
 * RandomCAM: a layer's maps with weights drawn from -1 to 1, the control. It knows the activations and nothing of the class: a
 * method that does no better than this says nothing of why the net decided so.
 */
export function randomCam(view: LayerView, seed: number): Float32Array {
  const random = new Random('random-cam', seed);
  return weighChannels(
    view,
    Float64Array.from({ length: view.channels }, () => random.between(-1, 1)),
  );
}
