import { moments, scalar, type Tensor, batchNorm as tfBatchNorm, tidy } from '@tensorflow/tfjs';
import { sizeOf } from '../file/constants.ts';
import { type Operator, operator, type Reading, Unsupported } from './operator.ts';
import { showLengths } from './shapes.ts';

/**
 * BatchNorm (Ioffe and Szegedy 2015). In a training step it normalises by the batch's own mean and
 * variance, and its moving variance takes in n / (n - 1) times the batch's, as in PyTorch.
 */
export const batchNormalization: Operator = operator<{
  readonly epsilon: number;
  readonly momentum: number;
}>({
  plan(call) {
    const { shape } = call.operand(0);
    const layout = shape.length > 2 ? 'channelsLast' : 'written';
    const roles = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
    const weights = roles.map((role, i): Reading => ({ input: i + 1, layout: 'written', role }));
    for (const { input } of weights) {
      if (call.shape(input).join() === String(shape[1])) continue;
      throw new Unsupported(
        `statistics of ${showLengths(call.shape(input))} for ${shape[1]} channels`,
      );
    }
    return {
      shape,
      layout,
      settings: { epsilon: call.float('epsilon', 1e-5), momentum: call.float('momentum', 0.9) },
      readings: [{ input: 0, layout }, ...weights],
    };
  },
  compute([x, scale, shift, movingMean, movingVariance], { epsilon, momentum }, now) {
    if (!now.training) {
      return tfBatchNorm(x!, of(movingMean), of(movingVariance), of(shift), of(scale), epsilon);
    }
    const axes = x!.shape.slice(0, -1).map((_, axis) => axis);
    const { mean, variance } = moments(x!, axes);
    const values = sizeOf(x!.shape.slice(0, -1));
    const unbiased = values / Math.max(1, values - 1);
    tidy(() => {
      const taken = (moving: Tensor, batch: Tensor, factor: number) =>
        moving.mul(scalar(momentum)).add(batch.mul(scalar((1 - momentum) * factor)));
      now.assign(3, taken(movingMean!, mean, 1));
      now.assign(4, taken(movingVariance!, variance, unbiased));
    });
    return tfBatchNorm(x!, of(mean), of(variance), of(shift), of(scale), epsilon);
  },
});

const of = (tensor: Tensor | undefined) => tensor!.as1D();

/** LayerNorm over the axes from `axis` on (Ba, Kiros and Hinton 2016, "Layer normalization"). */
export const layerNormalization: Operator = operator<{
  readonly axis: number;
  readonly epsilon: number;
}>({
  plan(call) {
    const { shape } = call.operand(0);
    const weights: Reading[] = [
      { input: 1, layout: 'written', role: 'gamma' },
      { input: 2, layout: 'written', role: 'beta' },
    ];
    return {
      shape,
      layout: 'written',
      settings: { axis: call.axis(-1), epsilon: call.float('epsilon', 1e-5) },
      readings: [
        { input: 0, layout: 'written' },
        ...weights.filter(({ input }) => call.has(input)),
      ],
    };
  },
  compute([x, scale, shift], { axis, epsilon }) {
    const axes = Array.from({ length: x!.rank - axis }, (_, i) => axis + i);
    const normalised = normalise(x!, axes, epsilon).mul(scale!);
    return shift === undefined ? normalised : normalised.add(shift);
  },
});

/** Each channel of each image by itself; GroupNorm is exported so, too. */
export const instanceNormalization: Operator = operator<{ readonly epsilon: number }>({
  plan(call) {
    const { shape } = call.operand(0);
    const weights: Reading[] = ['gamma', 'beta'].map((role, i) => ({
      input: i + 1,
      layout: 'written',
      role,
    }));
    return {
      shape,
      layout: 'channelsLast',
      settings: { epsilon: call.float('epsilon', 1e-5) },
      readings: [{ input: 0, layout: 'channelsLast' }, ...weights],
    };
  },
  compute([x, scale, shift], { epsilon }) {
    const axes = x!.shape.slice(1, -1).map((_, i) => i + 1);
    return normalise(x!, axes, epsilon).mul(scale!).add(shift!);
  },
});

function normalise(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const { mean, variance } = moments(x, [...axes], true);
  return x.sub(mean).mul(variance.add(scalar(epsilon)).rsqrt());
}
