import type { LayerItem, PlainItem } from '../layers/layer-items.ts';

/**
 * TinyXception, the small Xception of the npm package `@vladmandic/face-api`, which predicts age
 * and gender with it: one convolution, six modules with linear residuals and one more convolution,
 * with biases instead of BatchNorm, down to 512 features. 421,218 parameters with two classes.
 * Layers have the names of the package's weight manifest. The package feeds it faces of 112 x 112,
 * padded with black to a square, as (RGB - [122.782, 117.001, 104.298]) / 255.
 */
export function tinyXception(classes: number): readonly LayerItem[] {
  return [
    { conv: 32, stride: 2, padding: 'same', name: 'entry_flow/conv_in' },
    'relu',
    // As in Xception, the first of these modules follows a ReLU and begins without its own.
    reductionBlock('entry_flow/reduction_block_0', 64, { activateFirst: false }),
    reductionBlock('entry_flow/reduction_block_1', 128),
    mainBlock('middle_flow/main_block_0'),
    mainBlock('middle_flow/main_block_1'),
    reductionBlock('exit_flow/reduction_block', 256),
    { separableConv: 512, padding: 'same', name: 'exit_flow/separable_conv' },
    'relu',
    'globalAveragePool',
    { dense: classes, name: 'logits' },
  ];
}

function reductionBlock(block: string, filters: number, { activateFirst = true } = {}): LayerItem {
  return {
    name: block,
    residual: [
      ...(activateFirst ? (['relu'] as const) : []),
      separable(block, 0, filters),
      'relu',
      separable(block, 1, filters),
      { maxPool: 3, stride: 2, padding: 'same' },
    ],
    shortcut: [
      { conv: filters, kernel: 1, stride: 2, padding: 'same', name: `${block}/expansion_conv` },
    ],
  };
}

function mainBlock(block: string): LayerItem {
  return {
    name: block,
    residual: [0, 1, 2].flatMap((i): PlainItem[] => ['relu', separable(block, i, 128)]),
  };
}

const separable = (block: string, index: number, separableConv: number): PlainItem => {
  return { separableConv, padding: 'same', name: `${block}/separable_conv${index}` };
};
