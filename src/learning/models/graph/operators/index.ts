import { convolution } from './convolution.ts';
import { broadcastOperators, unaryOperators } from './elementwise.ts';
import { batchNormalization, instanceNormalization, layerNormalization } from './normalisation.ts';
import type { Operator } from './operator.ts';
import { averagePooling, maxPooling } from './pooling.ts';
import { gemm, matrixProduct } from './product.ts';
import { rearrangingOperators } from './rearranging.ts';
import { reductionOperators } from './reduction.ts';

/** The operators of ONNX that have a row. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...unaryOperators,
    ...broadcastOperators,
    ...reductionOperators,
    ...rearrangingOperators,
    Conv: convolution,
    MaxPool: maxPooling,
    AveragePool: averagePooling,
    Gemm: gemm,
    MatMul: matrixProduct,
    BatchNormalization: batchNormalization,
    LayerNormalization: layerNormalization,
    InstanceNormalization: instanceNormalization,
  }),
);
