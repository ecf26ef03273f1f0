import type { PlainItem } from '../layers/layer-items.ts';

// PyTorch pads windows by the same number of pixels on every side; `padding: same` does so only at
// a stride of 1.

type Named = { readonly name: string };

/** Zeros around the image, then a layer without padding of its own. */
export const padded = (pixels: number, layer: PlainItem & Named): readonly PlainItem[] => [
  { zeroPad: pixels, name: `${layer.name}/pad` },
  layer,
];

/** A convolution and its batch normalisation. */
export const normalised = (
  convolution: readonly PlainItem[],
  name: string,
  epsilon = 1e-5,
): readonly PlainItem[] => [...convolution, { batchNorm: true, epsilon, name }];
