import { losses, Reduction, type Scalar, type Tensor, tensor } from '@tensorflow/tfjs';
import { formatList } from '../../format-numbers.ts';
import { StageError } from '../../stage.ts';
import type { Batch } from '../vision/batches/batch-loader.ts';
import type { Loss, LossSettings } from './training-settings.ts';

/**
 * The loss that a step minimises: the softmax cross-entropy of a batch, with smoothed labels
 * (Szegedy et al. 2016, "Rethinking the inception architecture", section 7) and weighted classes,
 * as PyTorch's `CrossEntropyLoss`:
 *
 *     Σᵢ Σ_c w_c ((1 - ε) yᵢ_c + ε / C) (-log pᵢ_c)  /  Σᵢ Σ_c w_c yᵢ_c
 *
 * with C classes, where yᵢ_c is the share of class c in image i: 1 or 0 unless another image is
 * mixed in. Without smoothing and weights it is the plain mean.
 *
 * @param logits `[batch, classes]`.
 */
export function trainingLoss(batch: Targets, logits: Tensor, loss: Loss = {}): Scalar {
  const classes = logits.shape[1]!;
  const { targets, weights } = batchTargets(batch, loss, classes);
  const shares = tensor(targets, [batch.labels.length, classes]);
  if (weights === undefined) return losses.softmaxCrossEntropy(shares, logits) as Scalar;
  return losses.softmaxCrossEntropy(shares, logits, tensor(weights), 0, Reduction.SUM) as Scalar;
}

/** The labels of a batch's images, and those that are mixed in. */
type Targets = Pick<Batch, 'labels' | 'mixed'>;

/**
 * Each image's target, `[batch, classes]`, in rows that sum to 1 as tfjs's gradient assumes, and
 * its weight, `[batch]`.
 */
function batchTargets(
  { labels, mixed }: Targets,
  { labelSmoothing = 0, classWeights }: Loss,
  classes: number,
) {
  const all = Array.from({ length: classes }, (_, c) => c);
  const targets = new Float32Array(classes * labels.length);
  const sizes = new Float64Array(labels.length);
  let whole = 0;
  for (let i = 0; i < labels.length; i++) {
    const share = mixed?.shares[i] ?? 0;
    const ofClass = (c: number) =>
      (c === labels[i] ? 1 - share : 0) + (c === mixed?.labels[i] ? share : 0);
    const weighed = all.map(
      (c) =>
        (classWeights?.[c] ?? 1) * ((1 - labelSmoothing) * ofClass(c) + labelSmoothing / classes),
    );
    const size = weighed.reduce((sum, weight) => sum + weight, 0);
    targets.set(
      weighed.map((weight) => weight / size),
      classes * i,
    );
    sizes[i] = size;
    whole += all.reduce((sum, c) => sum + (classWeights?.[c] ?? 1) * ofClass(c), 0);
  }
  return { targets, weights: classWeights && Float32Array.from(sizes, (size) => size / whole) };
}

/**
 * The loss with `balanced` as images / (classes x images of the class). Throws a {@link StageError}
 * when a class has no images, or for another number of weights than of classes.
 */
export function resolveLoss(
  { classWeights, ...rest }: LossSettings,
  labels: readonly number[],
  classes: readonly string[],
): Loss {
  if (classWeights !== 'balanced') {
    if (classWeights === undefined || classWeights.length === classes.length)
      return { ...rest, ...(classWeights && { classWeights }) };
    throw new StageError(
      `Expected classWeights of ${classes.join(', ')}, got ${classWeights.length}.`,
    );
  }
  const counts = classes.map((_, c) => labels.filter((label) => label === c).length);
  if (Math.min(...counts) === 0) {
    const counted = formatList(classes.map((name, c) => `${counts[c]} ${name}`));
    throw new StageError(
      `Expected training images of every class for balanced classWeights, got ${counted}.`,
    );
  }
  return { ...rest, classWeights: counts.map((count) => labels.length / (classes.length * count)) };
}
