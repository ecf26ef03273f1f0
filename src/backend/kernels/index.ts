import type { Kernel } from '../kernel.ts';
import { add, addN } from './add.ts';
import { argReductionKernels } from './arg-reductions.ts';
import { atan2 } from './atan2.ts';
import { avgPool, avgPool3d, avgPool3dGrad, avgPoolGrad } from './avg-pool.ts';
import { batchNorm } from './batch-norm.ts';
import { binaryKernels } from './binary.ts';
import { cast } from './cast.ts';
import { conv2d, fusedConv2d } from './conv2d.ts';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.ts';
import { conv2dBackpropInput } from './conv2d-backprop-input.ts';
import { conv3dKernels } from './conv3d.ts';
import { cumprod } from './cumprod.ts';
import { depthToSpace } from './depth-to-space.ts';
import { depthwiseConv2d, fusedDepthwiseConv2d } from './depthwise-conv2d.ts';
import { depthwiseConv2dBackpropFilter, depthwiseConv2dBackpropInput } from './depthwise-conv2d-backprop.ts';
import { diag } from './diag.ts';
import { divisionKernels } from './divisions.ts';
import { einsum } from './einsum.ts';
import { fillKernels } from './fill.ts';
import { flipLeftRight } from './flip-left-right.ts';
import { gather } from './gather.ts';
import { gatherNd } from './gather-nd.ts';
import { joiningKernels } from './joining.ts';
import { lrnKernels } from './lrn.ts';
import { batchMatMul, fusedMatMul } from './mat-mul.ts';
import { maxPool, maxPool3d, maxPool3dGrad, maxPoolGrad } from './max-pool.ts';
import { maxPoolWithArgmax } from './max-pool-with-argmax.ts';
import { mirrorPad } from './mirror-pad.ts';
import { multiply } from './multiply.ts';
import { rearrangingKernels } from './rearranging.ts';
import { reductionKernels } from './reductions.ts';
import { resizeKernels } from './resize.ts';
import { scatterKernels } from './scatter.ts';
import { unsortedSegmentSum } from './segment-sum.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { spaceAndBatchKernels } from './space-and-batch.ts';
import { step } from './step.ts';
import { stridedSlice } from './strided-slice.ts';
import { topK } from './top-k.ts';
import { transpose } from './transpose.ts';
import { unaryKernels } from './unary.ts';
import { viewKernels } from './views.ts';

const all: readonly Kernel[] = [
  add,
  addN,
  ...argReductionKernels,
  atan2,
  avgPool,
  avgPool3d,
  avgPool3dGrad,
  avgPoolGrad,
  batchMatMul,
  batchNorm,
  ...binaryKernels,
  cast,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  ...conv3dKernels,
  cumprod,
  depthToSpace,
  depthwiseConv2d,
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
  diag,
  ...divisionKernels,
  einsum,
  ...fillKernels,
  flipLeftRight,
  fusedConv2d,
  fusedDepthwiseConv2d,
  fusedMatMul,
  gather,
  gatherNd,
  ...joiningKernels,
  ...lrnKernels,
  maxPool,
  maxPool3d,
  maxPool3dGrad,
  maxPoolGrad,
  maxPoolWithArgmax,
  mirrorPad,
  multiply,
  ...rearrangingKernels,
  ...reductionKernels,
  ...resizeKernels,
  ...scatterKernels,
  slice,
  softmax,
  ...spaceAndBatchKernels,
  step,
  stridedSlice,
  topK,
  transpose,
  ...unaryKernels,
  unsortedSegmentSum,
  ...viewKernels,
];

/** The table of kernels that have a lowering, by name. All others run on tfjs's cpu backend. */
export const kernels: ReadonlyMap<string, Kernel> = new Map(all.map((kernel) => [kernel.name, kernel]));
