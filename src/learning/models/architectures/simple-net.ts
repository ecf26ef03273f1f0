import type { LayerItem } from '../layers/layer-items.ts';

/**
 * SimpleNet, the study's network from scratch: convolutions of 7 x 7 without padding to 6, 16 and 24 channels, each with
 * ReLU and a halving max-pool, then dense layers of 1024, 256 and the classes with ReLU between. 16,901,762 parameters at
 * 256 x 256, all but 26,928 of them dense.
 */
export function simpleNet(classes: number): readonly LayerItem[] {
  const convolution = (filters: number): readonly LayerItem[] => [{ conv: filters, kernel: 7 }, 'relu', { maxPool: 2 }];
  return [
    ...[6, 16, 24].flatMap(convolution),
    { flatten: true, name: 'flatten' },
    { dense: 1024 },
    'relu',
    { dense: 256 },
    'relu',
    { dense: classes, name: 'logits' },
  ];
}
