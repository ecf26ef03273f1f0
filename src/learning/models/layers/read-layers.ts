import type { Layer, PlainForm, PlainLayer } from './layer.ts';
import type { LayerItem, PlainItem, ResidualItem } from './layer-items.ts';
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
  const layers: Layer[] = [];
  const append = <T extends Layer>(list: T[], item: PlainItem, at: ItemPath) => {
    const form = formOf(item);
    const last = list.at(-1);
    if (
      form.kind === 'activation' &&
      isAnonymous(item) &&
      last !== undefined &&
      takesActivation(last)
    ) {
      list[list.length - 1] = { ...last, activation: form.activation };
    } else list.push({ ...form, name: nameOf(item, layerKind(form).stem(form)), at } as T);
  };
  const block = (items: readonly PlainItem[] | undefined, at: ItemPath): readonly PlainLayer[] => {
    const list: PlainLayer[] = [];
    for (const [i, item] of (items ?? []).entries()) append(list, item, [...at, i]);
    return list;
  };
  for (const [i, item] of items.entries()) {
    if (!isResidual(item)) append(layers, item, [i]);
    else {
      const name = nameOf(item, 'residual');
      const body = block(item.residual, [i, 'residual']);
      const shortcut = block(item.shortcut, [i, 'shortcut']);
      layers.push({ kind: 'residual', name, at: [i], body, shortcut });
    }
  }
  return layers;
}

const isResidual = (item: LayerItem): item is ResidualItem =>
  typeof item === 'object' && 'residual' in item;

const isAnonymous = (item: PlainItem): boolean =>
  typeof item === 'string' || item.name === undefined;

function takesActivation(layer: Layer): boolean {
  const isWeighted =
    layer.kind === 'conv' || layer.kind === 'separableConv' || layer.kind === 'dense';
  return isWeighted && layer.activation === undefined;
}

function formOf(item: PlainItem): PlainForm {
  if (item === 'relu') return { kind: 'activation', activation: 'relu' };
  if (item === 'batchNorm') return formOf({ batchNorm: true });
  if (typeof item === 'string') return { kind: item };
  if ('conv' in item) return { kind: 'conv', filters: item.conv, ...convolution(item) };
  if ('separableConv' in item)
    return { kind: 'separableConv', filters: item.separableConv, ...convolution(item) };
  if ('maxPool' in item)
    return { kind: 'maxPool', size: item.maxPool, ...window(item, item.maxPool) };
  if ('averagePool' in item)
    return { kind: 'averagePool', size: item.averagePool, ...window(item, item.averagePool) };
  // PyTorch's defaults, whose momentum is that of the new value: 0.1. Keras's 0.99 needs hundreds
  // of steps to settle.
  if ('batchNorm' in item)
    return { kind: 'batchNorm', momentum: item.momentum ?? 0.9, epsilon: item.epsilon ?? 1e-5 };
  if ('activation' in item) return { kind: 'activation', activation: item.activation };
  if ('dropout' in item) return { kind: 'dropout', rate: item.dropout };
  if ('dense' in item) return { kind: 'dense', units: item.dense, bias: item.bias ?? true };
  return { kind: 'flatten' in item ? 'flatten' : 'globalAveragePool' };
}

type Window = {
  readonly stride?: number | undefined;
  readonly padding?: 'valid' | 'same' | undefined;
};

function window({ stride, padding }: Window, usualStride: number) {
  return { stride: stride ?? usualStride, padding: padding ?? 'valid' } as const;
}

function convolution(
  item: Window & { readonly kernel?: number | undefined; readonly bias?: boolean | undefined },
) {
  return { kernel: item.kernel ?? 3, ...window(item, 1), bias: item.bias ?? true };
}
