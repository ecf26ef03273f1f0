import { err, ok, type Result, unreachable } from '../../../result.ts';
import type { PlainLayer, Shape } from './layer.ts';

/** What a layer leaves of an input of this shape, or in a sentence why it cannot take it. */
export function outputShape(layer: PlainLayer, input: Shape): Result<Shape, string> {
  switch (layer.kind) {
    case 'conv':
    case 'separableConv':
      return slide(layer, input, layer.kernel, layer.filters);
    case 'maxPool':
    case 'averagePool':
      return slide(layer, input, layer.size);
    case 'batchNorm':
    case 'activation':
    case 'dropout':
      return ok(input);
    case 'flatten':
    case 'globalAveragePool': {
      if (input.length === 1) return err(needsImage(layer, input));
      const [height, width, channels] = input;
      return ok([layer.kind === 'flatten' ? height * width * channels : channels]);
    }
    case 'dense':
      if (input.length === 1) return ok([layer.units]);
      return err(
        `${layer.name} needs a flat input, gets ${showShape(input)}: put flatten or globalAveragePool before it`,
      );
    default:
      return unreachable(layer);
  }
}

/** Sizes after a window has gone over the image, as TensorFlow counts them. */
function slide(
  layer: Extract<PlainLayer, { readonly stride: number }>,
  input: Shape,
  window: number,
  filters?: number,
): Result<Shape, string> {
  if (input.length === 1) return err(needsImage(layer, input));
  const [height, width, channels] = input;
  const { name, stride, padding } = layer;
  if (padding === 'valid' && Math.min(height, width) < window) {
    return err(`${name} needs at least ${window} x ${window}, gets ${height} x ${width}`);
  }
  if (Math.min(height, width) < stride) {
    return err(`${name} needs at least ${stride} x ${stride}, its stride, gets ${height} x ${width}`);
  }
  const after = (size: number) => Math.ceil((padding === 'same' ? size : size - window + 1) / stride);
  return ok([after(height), after(width), filters ?? channels]);
}

const needsImage = ({ name }: PlainLayer, input: Shape) =>
  `${name} needs an image of height x width x channels, gets ${showShape(input)}`;

/** `8 x 8 x 32`, `2,048 values`. */
export function showShape(shape: Shape): string {
  if (shape.length === 3) return shape.join(' x ');
  return `${shape[0].toLocaleString('en')} value${shape[0] === 1 ? '' : 's'}`;
}
