import type { LayerItem, PlainItem } from '../layers/layer-items.ts';
import { normalised, padded } from './padded.ts';

/** Expansion, channels, blocks and the stride of the first one (table 2 of the paper). */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNet V2 (Sandler et al. 2018, "Inverted residuals and linear bottlenecks"): 52 convolutions
 * in 17 inverted blocks, down to 1280 features. 3,504,872 learnable parameters with ImageNet's
 * thousand classes. Layers have the names and the padding of torchvision.
 */
export function mobilenetV2(classes: number): readonly LayerItem[] {
  const stem = { conv: 32, stride: 2, bias: false, name: 'features/0/0' } as const;
  const blocks: LayerItem[] = [];
  let channels = 32;
  let index = 1;
  for (const [expansion, outputs, count, first] of stages) {
    for (let i = 0; i < count; i++) {
      const stride = i === 0 ? first : 1;
      blocks.push(...inverted(`features/${index++}`, { channels, expansion, outputs, stride }));
      channels = outputs;
    }
  }
  return [
    ...rectified(padded(1, stem), 'features/0'),
    ...blocks,
    ...rectified([{ conv: 1280, kernel: 1, bias: false, name: 'features/18/0' }], 'features/18'),
    { globalAveragePool: true, name: 'avgpool' },
    { dropout: 0.2, name: 'classifier/0' },
    { dense: classes, name: 'classifier/1' },
  ];
}

interface Block {
  readonly channels: number;
  readonly expansion: number;
  readonly outputs: number;
  readonly stride: number;
}

function inverted(
  name: string,
  { channels, expansion, outputs, stride }: Block,
): readonly LayerItem[] {
  const inner = channels * expansion;
  let position = 0;
  const next = () => `${name}/conv/${position++}`;
  const layers: PlainItem[] = [];
  if (expansion > 1) {
    const at = next();
    layers.push(...rectified([{ conv: inner, kernel: 1, bias: false, name: `${at}/0` }], at));
  }
  const at = next();
  const each = { depthwiseConv: 3, stride, bias: false, name: `${at}/0` } as const;
  layers.push(...rectified(stride === 1 ? [{ ...each, padding: 'same' }] : padded(1, each), at));
  layers.push({ conv: outputs, kernel: 1, bias: false, name: next() });
  layers.push({ batchNorm: true, epsilon: 1e-5, name: next() });
  return stride === 1 && channels === outputs ? [{ name, residual: layers }] : layers;
}

/** A convolution with batch normalisation and ReLU6, as torchvision numbers them. */
const rectified = (convolution: readonly PlainItem[], name: string): readonly PlainItem[] => [
  ...normalised(convolution, `${name}/1`),
  { activation: 'relu6', name: `${name}/2` },
];
