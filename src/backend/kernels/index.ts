import type { Kernel } from '../kernel.ts';
import { add, addN } from './add.ts';
import { arithmeticKernels } from './arithmetic.ts';
import { avgPoolKernels } from './avg-pool.ts';
import { batchNorm } from './batch-norm.ts';
import { cast } from './cast.ts';
import { convolutionKernels } from './convolutions.ts';
import { gather } from './gather.ts';
import { joiningKernels } from './joining.ts';
import { batchMatMul, fusedMatMul } from './mat-mul.ts';
import { maxPoolKernels } from './max-pool.ts';
import { multiply } from './multiply.ts';
import { rearrangingKernels } from './rearranging.ts';
import { reductionKernels } from './reductions.ts';
import { resizeKernels } from './resize.ts';
import { unsortedSegmentSum } from './segment-sum.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { step } from './step.ts';
import { stridedSlice } from './strided-slice.ts';
import { transpose } from './transpose.ts';
import { viewKernels } from './views.ts';

const all: readonly Kernel[] = [
  add,
  addN,
  ...avgPoolKernels,
  batchMatMul,
  batchNorm,
  ...arithmeticKernels,
  cast,
  ...convolutionKernels,
  fusedMatMul,
  gather,
  ...joiningKernels,
  ...maxPoolKernels,
  multiply,
  ...rearrangingKernels,
  ...reductionKernels,
  ...resizeKernels,
  slice,
  softmax,
  step,
  stridedSlice,
  transpose,
  unsortedSegmentSum,
  ...viewKernels,
];

/** The table of kernels that have a lowering, by name. All others run on tfjs's cpu backend. */
export const kernels: ReadonlyMap<string, Kernel> = new Map(all.map((kernel) => [kernel.name, kernel]));
