import type { Kernel } from '../lowering/kernel.ts';
import { add, addN } from './add.ts';
import { arithmeticKernels } from './arithmetic.ts';
import { avgPoolKernels } from './avg-pool.ts';
import { batchNorm } from './batch-norm.ts';
import { cast } from './cast.ts';
import { convolutionKernels } from './convolutions.ts';
import { matMulKernels } from './mat-mul.ts';
import { maxPoolKernels } from './max-pool.ts';
import { multiply, step } from './multiply.ts';
import { pickingKernels } from './picking.ts';
import { rearrangingKernels } from './rearranging.ts';
import { reductionKernels } from './reductions.ts';
import { resizeKernels } from './resize.ts';
import { sliceKernels } from './slices.ts';
import { viewKernels } from './views.ts';

const all: readonly Kernel[] = [
  add,
  addN,
  ...avgPoolKernels,
  batchNorm,
  ...arithmeticKernels,
  cast,
  ...convolutionKernels,
  ...matMulKernels,
  ...maxPoolKernels,
  multiply,
  ...pickingKernels,
  ...rearrangingKernels,
  ...reductionKernels,
  ...resizeKernels,
  ...sliceKernels,
  step,
  ...viewKernels,
];

/** The table of kernels that have a lowering, by name. All others run on tfjs's cpu backend. */
export const kernels: ReadonlyMap<string, Kernel> = new Map(
  all.map((kernel) => [kernel.name, kernel]),
);
