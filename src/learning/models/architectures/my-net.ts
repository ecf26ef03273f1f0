import type { LayerItem } from '../layers/layer-items.ts';

/**
 * MyNet, the study's small net: five convolutions without padding, each followed by a halving max-pool and ReLU, then
 * dropout and one dense layer. 34,850 parameters at 256 x 256, with two classes.
 */
export function myNet(classes: number): readonly LayerItem[] {
  const convolution = (filters: number, kernel: number): readonly LayerItem[] => [
    { conv: filters, kernel },
    { maxPool: 2 },
    'relu',
  ];
  return [
    ...convolution(6, 7),
    ...convolution(16, 7),
    ...convolution(24, 7),
    ...convolution(16, 3),
    ...convolution(16, 5),
    'flatten',
    { dropout: 0.35 },
    { dense: classes, name: 'logits' },
  ];
}
