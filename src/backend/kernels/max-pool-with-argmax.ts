import { ONNX_TYPE } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';
import { withInfinities, withoutNaN } from './max-pool-gradient.ts';
import { attributesOf, poolShape, type TfPool, type Windows } from './pooling.ts';

type TfMaxPoolWithArgmax = TfPool & { readonly includeBatchInIndex: boolean };

/** Maxima, and where each is: the element's place in its image, or in the batch; -1 in a window of no number. */
export const maxPoolWithArgmax = kernel<TfMaxPoolWithArgmax, Windows & { readonly inBatch: boolean }>({
  name: 'MaxPoolWithArgmax',
  inputs: ['x'],
  plan([x], attributes) {
    // A wrong call is the cpu kernel's to refuse.
    const shape = x!.shape.length === 4 ? poolShape(x!.shape, attributes) : undefined;
    if (shape === undefined || x!.dtype !== 'float32') return undefined;
    const outputs = (['float32', 'int32'] as const).map((dtype) => ({ shape: shape.output, dtype }));
    return { outputs, attributes: { ...shape.windows, inBatch: attributes.includeBatchInIndex } };
  },
  lower(lowering, { operands, attributes }) {
    const { graph } = lowering;
    const [x] = operands as [Operand];
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const image = withoutNaN(graph, lowering.channelsFirst(x));
    const pooled = graph.nodes('MaxPool', [image], 2, { attributes: attributesOf(attributes) });
    const [maxima, places] = pooled as [string, string];
    const values = withInfinities(graph, maxima);
    // ONNX counts through planes, tfjs through pixels: place = plane · size + pixel becomes pixel · channels + channel.
    const size = height * width;
    const offsets = Array.from({ length: batch * channels }, (_, plane) => {
      const image = attributes.inBatch ? Math.floor(plane / channels) * size * channels : 0;
      return image + (plane % channels) - plane * size * channels;
    });
    const shifts = graph.reshape(graph.ints(offsets), [batch, channels, 1, 1]);
    const pixels = graph.node('Add', [graph.node('Mul', [places, graph.int(channels)]), shifts]);
    const indices = graph.node('Cast', [pixels], { attributes: { to: ONNX_TYPE.int32 } });
    const some = graph.node('Greater', [values, graph.scalar(Number.NEGATIVE_INFINITY)]);
    const known = graph.node('Where', [some, indices, graph.scalar(-1, 'int32')]);
    return [{ channelsFirst: values }, { channelsFirst: known }];
  },
});
