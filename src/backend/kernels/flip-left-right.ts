import { kernel } from '../kernel.ts';

/** Images `[batch, height, width, channels]`, mirrored. */
export const flipLeftRight = kernel<unknown, Record<string, never>>({
  name: 'FlipLeftRight',
  inputs: ['image'],
  plan: ([image]) => ({ outputs: [image!], attributes: {} }),
  lower(lowering, { operands: [image] }) {
    const { graph } = lowering;
    const channelsFirst = lowering.standsChannelsFirst(image!);
    const name = channelsFirst ? lowering.channelsFirst(image!) : lowering.logical(image!);
    // From the last column to before the first: any end below -width will do.
    const bounds = [-1, -(2 ** 31), channelsFirst ? 3 : 2, -1].map((bound) => graph.ints([bound]));
    const flipped = graph.node('Slice', [name, ...bounds]);
    return channelsFirst ? { channelsFirst: flipped } : { logical: flipped };
  },
});
