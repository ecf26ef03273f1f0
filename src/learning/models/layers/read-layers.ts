import type { Around, BlockLayer, Layer, PlainForm, PlainLayer } from './layer.ts';
import { scalings } from './layer.ts';
import type { BlockItem, LayerItem, PlainItem } from './layer-items.ts';
import { layerKind } from './layer-kinds.ts';

type ItemPath = PlainLayer['at'];

/**
 * Turns items into layers: fills in defaults and names (`conv5` is the fifth), and joins anonymous
 * activations to their layer.
 */
export function readLayers(items: readonly LayerItem[]): readonly Layer[] {
  const numbers = new Map<string, number>();
  const nameOf = (item: LayerItem, stem: string): string => {
    const number = (numbers.get(stem) ?? 0) + 1;
    numbers.set(stem, number);
    return (typeof item === 'object' ? item.name : undefined) ?? `${stem}${number}`;
  };
  const append = (list: Layer[], item: PlainItem, at: ItemPath) => {
    const form = formOf(item);
    const last = list.at(-1);
    if (
      form.kind === 'activation' &&
      isAnonymous(item) &&
      last !== undefined &&
      takesActivation(last)
    ) {
      list[list.length - 1] = { ...last, activation: form.activation };
    } else list.push({ ...form, name: nameOf(item, layerKind(form).stem(form)), at });
  };
  const blockOf = (item: BlockItem, at: ItemPath): BlockLayer => {
    if ('residual' in item) {
      const name = nameOf(item, 'residual');
      const body = listOf(item.residual, [...at, 'residual']);
      const shortcut = listOf(item.shortcut ?? [], [...at, 'shortcut']);
      return { kind: 'residual', name, at, body, shortcut };
    }
    if ('gate' in item) {
      const name = nameOf(item, 'gate');
      return { kind: 'gate', name, at, body: listOf(item.gate, [...at, 'gate']) };
    }
    const name = nameOf(item, 'concat');
    const branches = item.concat.map((branch, i) => listOf(branch, [...at, 'concat', i]));
    return { kind: 'concat', name, at, branches };
  };
  const listOf = (list: readonly LayerItem[], at: ItemPath): readonly Layer[] => {
    const layers: Layer[] = [];
    for (const [i, item] of list.entries()) {
      if (isBlockItem(item)) layers.push(blockOf(item, [...at, i]));
      else append(layers, item, [...at, i]);
    }
    return layers;
  };
  return listOf(items, []);
}

const isBlockItem = (item: LayerItem): item is BlockItem =>
  typeof item === 'object' && ('residual' in item || 'gate' in item || 'concat' in item);

const isAnonymous = (item: PlainItem): boolean =>
  typeof item === 'string' || item.name === undefined;

type Weighted = Extract<PlainLayer, { readonly bias: boolean }>;

const takesActivation = (layer: Layer): layer is Weighted =>
  'bias' in layer && layer.activation === undefined;

const activationWords = ['relu', 'relu6', 'hardSwish', 'gelu'] as const;

function formOf(item: PlainItem): PlainForm {
  if (item === 'batchNorm') return formOf({ batchNorm: true });
  if (item === 'layerNorm') return formOf({ layerNorm: true });
  const activation = activationWords.find((word) => word === item);
  if (activation !== undefined) return { kind: 'activation', activation };
  const by = scalings.find((word) => word === item);
  if (by !== undefined) return { kind: 'scaling', by };
  return typeof item === 'string' ? { kind: item as PlainWord } : formOfMap(item);
}

/** Words whose layers have no settings. */
type PlainWord = 'flatten' | 'globalAveragePool' | 'pixel' | 'tokens' | 'classToken';

function formOfMap(item: Exclude<PlainItem, string>): PlainForm {
  if ('conv' in item) return { kind: 'conv', filters: item.conv, ...convolution(item) };
  if ('separableConv' in item)
    return { kind: 'separableConv', filters: item.separableConv, ...convolution(item) };
  if ('depthwiseConv' in item)
    return { kind: 'depthwiseConv', ...convolution({ ...item, kernel: item.depthwiseConv }) };
  if ('zeroPad' in item) return { kind: 'zeroPad', around: aroundOf(item.zeroPad) };
  if ('maxPool' in item)
    return { kind: 'maxPool', size: item.maxPool, ...window(item, item.maxPool) };
  if ('averagePool' in item)
    return { kind: 'averagePool', size: item.averagePool, ...window(item, item.averagePool) };
  // PyTorch's defaults, whose momentum is that of the new value: 0.1. Keras's 0.99 needs hundreds
  // of steps to settle.
  if ('batchNorm' in item)
    return { kind: 'batchNorm', momentum: item.momentum ?? 0.9, epsilon: item.epsilon ?? 1e-5 };
  if ('layerNorm' in item) return { kind: 'layerNorm', epsilon: item.epsilon ?? 1e-5 };
  if ('layerScale' in item) return { kind: 'layerScale', initial: item.layerScale };
  if ('attention' in item) return { kind: 'attention', heads: item.attention };
  if ('activation' in item) return { kind: 'activation', activation: item.activation };
  if ('dropout' in item) return { kind: 'dropout', rate: item.dropout };
  if ('dense' in item) {
    const pixelwise = item.pixelwise ?? false;
    return { kind: 'dense', units: item.dense, pixelwise, bias: item.bias ?? true };
  }
  const words = ['flatten', 'globalAveragePool', 'pixel', 'tokens', 'classToken'] as const;
  return { kind: words.find((word) => word in item)! };
}

const aroundOf = (pad: number | Around): Around =>
  typeof pad === 'number' ? [pad, pad, pad, pad] : pad;

type Window = {
  readonly stride?: number | undefined;
  readonly padding?: 'valid' | 'same' | undefined;
};

function window({ stride, padding }: Window, usualStride: number) {
  return { stride: stride ?? usualStride, padding: padding ?? 'valid' } as const;
}

type Sides = number | readonly [number, number];

function convolution(
  item: Window & { readonly kernel?: Sides | undefined; readonly bias?: boolean | undefined },
) {
  const { kernel = 3, bias = true } = item;
  const sides = typeof kernel === 'number' ? ([kernel, kernel] as const) : kernel;
  return { kernel: sides, ...window(item, 1), bias };
}
