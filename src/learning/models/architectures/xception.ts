import type { LayerItem, PlainItem } from '../layers/layer-items.ts';

/**
 * Xception's 36 convolutions in 14 modules with linear residuals around all but the first and the
 * last, down to 2048 features (Chollet 2017, "Xception: Deep learning with depthwise separable
 * convolutions", figure 5). Layers have the names and settings of Keras, so that its weights fit,
 * except that the moving statistics, 54,528 of them, adapt within tens of steps. 20,806,952
 * learnable parameters.
 */
export function xceptionBackbone(): readonly LayerItem[] {
  return [
    ...normalised({ conv: 32, stride: 2, bias: false, name: 'block1_conv1' }),
    { activation: 'relu', name: 'block1_conv1_act' },
    ...normalised({ conv: 64, bias: false, name: 'block1_conv2' }),
    { activation: 'relu', name: 'block1_conv2_act' },
    // The first of these modules follows a ReLU and begins without its own.
    halvingModule(2, [128, 128], { activateFirst: false }),
    halvingModule(3, [256, 256]),
    halvingModule(4, [728, 728]),
    ...[5, 6, 7, 8, 9, 10, 11, 12].map(middleModule),
    halvingModule(13, [728, 1024]),
    ...separable(1536, 'block14_sepconv1'),
    { activation: 'relu', name: 'block14_sepconv1_act' },
    ...separable(2048, 'block14_sepconv2'),
    { activation: 'relu', name: 'block14_sepconv2_act' },
    { globalAveragePool: true, name: 'avg_pool' },
  ];
}

/**
 * Xception with a linear classifier: 22,855,952 learnable parameters with ImageNet's thousand
 * classes, as in the paper.
 */
export const xception = (classes: number): readonly LayerItem[] => [
  ...xceptionBackbone(),
  { dense: classes, name: 'logits' },
];

/**
 * The study's network: after the thousand outputs of Xception's classifier, dense layers of 256, 64
 * and the classes, ReLU between.
 */
export function xceptionBased(classes: number): readonly LayerItem[] {
  const dense = [1000, 256, 64].flatMap((units): LayerItem[] => [{ dense: units }, 'relu']);
  return [...xceptionBackbone(), ...dense, { dense: classes, name: 'logits' }];
}

type Filters = readonly [inner: number, outer: number];

function halvingModule(
  block: number,
  [inner, outer]: Filters,
  { activateFirst = true } = {},
): LayerItem {
  const name = `block${block}_shortcut`;
  const around = { conv: outer, kernel: 1, stride: 2, padding: 'same', bias: false, name } as const;
  const first: PlainItem = { activation: 'relu', name: `block${block}_sepconv1_act` };
  return {
    name: `block${block}`,
    residual: [
      ...(activateFirst ? [first] : []),
      ...separable(inner, `block${block}_sepconv1`),
      { activation: 'relu', name: `block${block}_sepconv2_act` },
      ...separable(outer, `block${block}_sepconv2`),
      { maxPool: 3, stride: 2, padding: 'same', name: `block${block}_pool` },
    ],
    shortcut: normalised(around),
  };
}

function middleModule(block: number): LayerItem {
  const convolution = (i: number): PlainItem[] => [
    { activation: 'relu', name: `block${block}_sepconv${i}_act` },
    ...separable(728, `block${block}_sepconv${i}`),
  ];
  return { name: `block${block}`, residual: [1, 2, 3].flatMap(convolution) };
}

/** Depthwise 3 x 3, then 1 x 1, then BatchNorm. */
const separable = (filters: number, name: string): PlainItem[] =>
  normalised({ separableConv: filters, padding: 'same', bias: false, name });

const normalised = (convolution: PlainItem & { readonly name: string }): PlainItem[] => [
  convolution,
  { batchNorm: true, epsilon: 1e-3, name: `${convolution.name}_bn` },
];
