import type { LayerItem, PlainItem } from '../layers/layer-items.ts';

const width = 384;

/**
 * ViT-S/16 (Dosovitskiy et al. 2021, "An image is worth 16x16 words"; the size of Touvron et al.
 * 2021, "Training data-efficient image transformers", table 1): patches of 16 x 16 pixels and 12
 * layers of attention with 6 heads. 22,050,664 learnable parameters with ImageNet's thousand
 * classes at 224 x 224, on which the number of positions depends. Layers have the names of timm's
 * `vit_small_patch16_224`; its DeiT-S is the same network.
 */
export function vitSmall(classes: number): readonly LayerItem[] {
  return [
    { conv: width, kernel: 16, stride: 16, name: 'patch_embed/proj' },
    { tokens: true, name: 'tokens' },
    ...Array.from({ length: 12 }, (_, i) => layer(`blocks/${i}`)).flat(),
    norm('norm'),
    { classToken: true, name: 'class_token' },
    { dense: classes, name: 'head' },
  ];
}

const norm = (name: string): PlainItem => ({ layerNorm: true, epsilon: 1e-6, name });

const layer = (name: string): readonly LayerItem[] => [
  {
    name: `${name}/attention`,
    residual: [norm(`${name}/norm1`), { attention: 6, name: `${name}/attn` }],
  },
  {
    name: `${name}/mlp`,
    residual: [
      norm(`${name}/norm2`),
      { dense: 4 * width, name: `${name}/mlp/fc1` },
      { activation: 'gelu', name: `${name}/mlp/act` },
      { dense: width, name: `${name}/mlp/fc2` },
    ],
  },
];
