import type { LayerItem, PlainItem } from '../layers/layer-items.ts';
import { normalised, padded } from './padded.ts';

/** Expansion, kernel, stride of the first block, channels and blocks (table 1 of the paper). */
const stages = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

/**
 * EfficientNet-B0 (Tan and Le 2019, "Rethinking model scaling"): 16 inverted blocks with squeeze
 * and excitation, down to 1280 features. 5,288,548 learnable parameters with ImageNet's thousand
 * classes. Layers have the names and the padding of torchvision. Blocks are never left out in
 * training: torchvision's stochastic depth is not part of this network.
 */
export function efficientnetB0(classes: number): readonly LayerItem[] {
  const stem = { conv: 32, stride: 2, bias: false, name: 'features/0/0' } as const;
  const blocks: LayerItem[] = [];
  let channels = 32;
  for (const [stage, [expansion, kernel, first, outputs, count]] of stages.entries()) {
    for (let i = 0; i < count; i++) {
      const stride = i === 0 ? first : 1;
      const name = `features/${stage + 1}/${i}`;
      blocks.push(...inverted(name, { channels, expansion, kernel, outputs, stride }));
      channels = outputs;
    }
  }
  return [
    ...activated(padded(1, stem), 'features/0'),
    ...blocks,
    ...activated([{ conv: 1280, kernel: 1, bias: false, name: 'features/8/0' }], 'features/8'),
    { globalAveragePool: true, name: 'avgpool' },
    { dropout: 0.2, name: 'classifier/0' },
    { dense: classes, name: 'classifier/1' },
  ];
}

interface Block {
  readonly channels: number;
  readonly expansion: number;
  readonly kernel: 3 | 5;
  readonly outputs: number;
  readonly stride: number;
}

function inverted(name: string, block: Block): readonly LayerItem[] {
  const { channels, expansion, kernel, outputs, stride } = block;
  const inner = channels * expansion;
  let position = 0;
  const next = () => `${name}/block/${position++}`;
  const layers: LayerItem[] = [];
  if (expansion > 1) {
    const at = next();
    layers.push(...activated([{ conv: inner, kernel: 1, bias: false, name: `${at}/0` }], at));
  }
  const at = next();
  const each = { depthwiseConv: kernel, stride, bias: false, name: `${at}/0` } as const;
  const isSame = stride === 1;
  layers.push(
    ...activated(isSame ? [{ ...each, padding: 'same' }] : padded((kernel - 1) / 2, each), at),
    excitation(next(), Math.max(1, Math.floor(channels / 4)), inner),
  );
  const end = next();
  const project: PlainItem = { conv: outputs, kernel: 1, bias: false, name: `${end}/0` };
  layers.push(...normalised([project], `${end}/1`));
  return stride === 1 && channels === outputs ? [{ name, residual: layers }] : layers;
}

/** Squeeze and excitation (Hu et al. 2018, "Squeeze-and-excitation networks", figure 2). */
const excitation = (name: string, squeezed: number, channels: number): LayerItem => ({
  name,
  gate: [
    { globalAveragePool: true, name: `${name}/avgpool` },
    { pixel: true, name: `${name}/pixel` },
    { conv: squeezed, kernel: 1, name: `${name}/fc1` },
    { activation: 'swish', name: `${name}/activation` },
    { conv: channels, kernel: 1, name: `${name}/fc2` },
    { activation: 'sigmoid', name: `${name}/scale_activation` },
  ],
});

/** A convolution with batch normalisation and swish, as torchvision numbers them. */
const activated = (convolution: readonly PlainItem[], name: string): readonly PlainItem[] => [
  ...normalised(convolution, `${name}/1`),
  { activation: 'swish', name: `${name}/2` },
];
