import { util } from '@tensorflow/tfjs';
import { kernel } from '../kernel.ts';

interface TfCumprod {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

type CumprodAttributes = { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };

/**
 * Running products along an axis, for which ONNX has no operator: every element is multiplied by the one 1, then 2,
 * then 4 places before it, which each by then hold the product of as many (W. D. Hillis and G. L. Steele, 1986).
 */
export const cumprod = kernel<TfCumprod, CumprodAttributes>({
  name: 'Cumprod',
  inputs: ['x'],
  plan([x], { axis, exclusive, reverse }) {
    const { shape, dtype } = x!;
    if (dtype === 'bool' || shape.length === 0) return undefined;
    const [own = 0] = util.parseAxisParam(axis, [...shape]);
    return { outputs: [{ shape, dtype }], attributes: { axis: own, exclusive, reverse } };
  },
  lower(lowering, { operands: [x], attributes: { axis, exclusive, reverse } }) {
    const { graph } = lowering;
    const rank = x!.shape.length;
    const length = x!.shape[axis] as number;
    const one = graph.scalar(1, x!.value.dtype);
    /** All elements some places later (earlier when reversed), ones moving in. */
    const shifted = (name: string, places: number): string => {
      const pads = Array.from({ length: 2 * rank }, () => 0);
      pads[axis] = reverse ? -places : places;
      pads[rank + axis] = -(pads[axis] as number);
      return graph.node('Pad', [name, graph.ints(pads), one]);
    };
    let products = lowering.logical(x!);
    if (exclusive) products = shifted(products, 1);
    for (let places = 1; places < length; places *= 2) {
      products = graph.node('Mul', [products, shifted(products, places)]);
    }
    return { logical: products };
  },
});
