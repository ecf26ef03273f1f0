import type { Kernel } from '../kernel.ts';
import { add } from './add.ts';
import { argReductionKernels } from './arg-reductions.ts';
import { binaryKernels } from './binary.ts';
import { cast } from './cast.ts';
import { conv2d, fusedConv2d } from './conv2d.ts';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.ts';
import { conv2dBackpropInput } from './conv2d-backprop-input.ts';
import { fillKernels } from './fill.ts';
import { joiningKernels } from './joining.ts';
import { batchMatMul, fusedMatMul } from './mat-mul.ts';
import { maxPool, maxPool3d, maxPool3dGrad, maxPoolGrad } from './max-pool.ts';
import { multiply } from './multiply.ts';
import { rearrangingKernels } from './rearranging.ts';
import { reductionKernels } from './reductions.ts';
import { slice } from './slice.ts';
import { softmaxKernels } from './softmax.ts';
import { step } from './step.ts';
import { transpose } from './transpose.ts';
import { unaryKernels } from './unary.ts';
import { viewKernels } from './views.ts';

/** The table of kernels that have a lowering. All others run on tfjs's cpu backend. */
export const kernels: readonly Kernel[] = [
  add,
  ...argReductionKernels,
  batchMatMul,
  ...binaryKernels,
  cast,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  ...fillKernels,
  fusedConv2d,
  fusedMatMul,
  ...joiningKernels,
  maxPool,
  maxPool3d,
  maxPool3dGrad,
  maxPoolGrad,
  multiply,
  ...rearrangingKernels,
  ...reductionKernels,
  slice,
  ...softmaxKernels,
  step,
  transpose,
  ...unaryKernels,
  ...viewKernels,
];
