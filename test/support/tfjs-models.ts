import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type io, type LayersModel, io as tfjsIo } from '@tensorflow/tfjs';
import { linearCongruential } from './linear-congruential.ts';

/** A node of a graph model, without its attributes' encoding. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: object;
}

/** A weight or setting of a graph model. */
export interface GraphConstant {
  readonly shape: readonly number[];
  /** Random numbers when left out. */
  readonly values?: readonly number[];
  /** Axes and shapes; weights are floats. */
  readonly isInteger?: true;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Attributes of TensorFlow as JSON has them. */
export const texts = (...values: readonly string[]) => ({ list: { s: values.map(base64) } });
export const text = (value: string) => ({ s: base64(value) });
export const ints = (...values: readonly number[]) => ({ list: { i: values.map(String) } });

/** The attributes of a convolution or pooling. */
export const window = (stride: number, padding: 'SAME' | 'VALID', ksize?: number) => ({
  strides: ints(1, stride, stride, 1),
  dilations: ints(1, 1, 1, 1),
  padding: text(padding),
  data_format: text('NHWC'),
  ...(ksize !== undefined && { ksize: ints(1, ksize, ksize, 1) }),
});

/** The parts of a graph model, for a file or for tfjs itself. */
export function graphArtifacts(
  nodes: readonly GraphNode[],
  constants: Readonly<Record<string, GraphConstant>>,
  { size = -1 }: { readonly size?: number } = {},
): io.ModelArtifacts {
  const dim = [-1, size, size, 3].map((length) => ({ size: String(length) }));
  const image = { shape: { shape: { dim } }, dtype: { type: 'DT_FLOAT' } };
  const names = Object.keys(constants);
  const numbers = names.map((name, seed) => {
    const { shape, values, isInteger } = constants[name]!;
    const count = shape.reduce((product, length) => product * length, 1);
    if (isInteger) return new Int32Array(values!);
    return values ? new Float32Array(values) : linearCongruential(seed + 1)(count, 0.5);
  });
  const typeOf = (name: string) => (constants[name]!.isInteger ? 'int32' : 'float32');
  const dtypeOf = (name: string) => (constants[name]!.isInteger ? 'DT_INT32' : 'DT_FLOAT');
  const node = [
    { name: 'image', op: 'Placeholder', attr: image },
    ...names.map((name) => ({ name, op: 'Const', attr: { dtype: { type: dtypeOf(name) } } })),
    ...nodes,
  ];
  const weightSpecs = names.map((name) => {
    const { shape } = constants[name]!;
    return { name, shape: [...shape], dtype: typeOf(name) as 'float32' };
  });
  const bytes = Buffer.concat(numbers.map(({ buffer }) => new Uint8Array(buffer as ArrayBuffer)));
  const weightData = new Uint8Array(bytes).buffer;
  return {
    modelTopology: { node, versions: { producer: 1 } },
    format: 'graph-model',
    weightSpecs,
    weightData,
  };
}

/** Writes a model into a folder as tfjs's tools do; returns the paths of its two files. */
export function writeArtifacts(folder: string, artifacts: io.ModelArtifacts): readonly string[] {
  const { modelTopology, weightSpecs, format, weightData } = artifacts;
  mkdirSync(folder, { recursive: true });
  const paths = ['group1-shard1of1.bin'];
  const json = { format, modelTopology, weightsManifest: [{ paths, weights: weightSpecs }] };
  const files = [join(folder, 'model.json'), join(folder, paths[0]!)] as const;
  writeFileSync(files[0], JSON.stringify(json));
  writeFileSync(files[1], new Uint8Array(tfjsIo.CompositeArrayBuffer.join(weightData)));
  return files;
}

/** The parts of a layers model. */
export async function layersArtifacts(model: LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  const keep = async (saved: io.ModelArtifacts) => {
    artifacts = saved;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } };
  };
  await model.save(tfjsIo.withSaveHandler(keep));
  // tfjs gives the topology as an object already.
  return { ...artifacts!, format: 'layers-model' };
}
