import { losses, Reduction, type Scalar, type Tensor, tensor } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import type { Batch } from '../vision/batches/batch-loader.ts';
import type { Loss, LossSettings } from './training-settings.ts';

/**
 * The loss that a step minimises: the softmax cross-entropy of a batch, with smoothed labels (Szegedy et al. 2016, "Rethinking
 * the inception architecture", section 7) and weighted classes, as PyTorch's `CrossEntropyLoss`:
 *
 *     Σᵢ Σ_c w_c ((1 - ε) yᵢ_c + ε / 2) (-log pᵢ_c)  /  Σᵢ Σ_c w_c yᵢ_c
 *
 * where yᵢ_c is the share of class c in image i: 1 or 0 unless another image is mixed in. Without smoothing and weights it is the
 * plain mean.
 *
 * @param logits `[batch, 2]`.
 */
export function trainingLoss(batch: Pick<Batch, 'labels' | 'mixed'>, logits: Tensor, loss: Loss = {}): Scalar {
  const { targets, weights } = batchTargets(batch, loss);
  const shares = tensor(targets, [batch.labels.length, 2]);
  if (weights === undefined) return losses.softmaxCrossEntropy(shares, logits) as Scalar;
  return losses.softmaxCrossEntropy(shares, logits, tensor(weights), 0, Reduction.SUM) as Scalar;
}

/** Each image's target, `[batch, 2]`, in rows that sum to 1 as tfjs's gradient assumes, and its weight, `[batch]`. */
function batchTargets({ labels, mixed }: Pick<Batch, 'labels' | 'mixed'>, { labelSmoothing = 0, classWeights }: Loss) {
  const targets = new Float32Array(2 * labels.length);
  const sizes = new Float64Array(labels.length);
  let whole = 0;
  for (let i = 0; i < labels.length; i++) {
    const share = mixed?.shares[i] ?? 0;
    const ofClass = (c: number) => (c === labels[i] ? 1 - share : 0) + (c === mixed?.labels[i] ? share : 0);
    const weighed = [0, 1].map(
      (c) => (classWeights?.[c] ?? 1) * ((1 - labelSmoothing) * ofClass(c) + labelSmoothing / 2),
    );
    const size = weighed[0]! + weighed[1]!;
    targets.set([weighed[0]! / size, weighed[1]! / size], 2 * i);
    sizes[i] = size;
    whole += [0, 1].reduce((sum, c) => sum + (classWeights?.[c] ?? 1) * ofClass(c), 0);
  }
  return { targets, weights: classWeights && Float32Array.from(sizes, (size) => size / whole) };
}

/** The loss with `balanced` as images / (2 images of the class). Throws a {@link StageError} when a class has no images. */
export function resolveLoss({ classWeights, ...rest }: LossSettings, labels: readonly number[]): Loss {
  if (classWeights !== 'balanced') return classWeights === undefined ? rest : { ...rest, classWeights };
  const fakes = labels.reduce((sum, label) => sum + label, 0);
  const counts = [labels.length - fakes, fakes] as const;
  if (Math.min(...counts) === 0) {
    const counted = `${counts[0]} real and ${counts[1]} fake`;
    throw new StageError(`Expected training images of both classes for balanced classWeights, got ${counted}.`);
  }
  return { ...rest, classWeights: [labels.length / (2 * counts[0]), labels.length / (2 * counts[1])] };
}
