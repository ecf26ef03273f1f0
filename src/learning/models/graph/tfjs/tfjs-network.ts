import { createHash } from 'node:crypto';
import { z } from 'zod';
import { StageError } from '../../../../stage.ts';
import type { FindShard } from '../../weights/shards.ts';
import { openTfjsManifest } from '../../weights/tfjs-manifest.ts';
import { readJson } from '../../weights/weight-files.ts';
import type { OnnxGraph } from '../file/onnx-graph.ts';
import { graphTopology, signature, translateGraph } from './graph-topology.ts';
import { layersTopology, translateLayers } from './layers-topology.ts';

/** What a file of tfjs holds. A manifest of weights alone has no topology. */
const model = z.object({
  modelTopology: z.looseObject({}),
  signature: signature.optional().catch(undefined),
});

/**
 * Reads the network of a tfjs model, a graph model or a layers model, in ONNX's operators. `digest`
 * is that of its topology and weights. Throws a {@link StageError} for a file of another form.
 */
export function readTfjsNetwork(
  path: string,
  file: string,
  findShard: FindShard,
): { readonly graph: OnnxGraph; digest(): string } {
  const json = readJson(path, 'a tfjs model');
  try {
    const { data } = model.safeParse(json);
    if (data === undefined) {
      throw new StageError(
        `Expected a tfjs model with its topology, but ${file} has none: weights alone are for the input "weights", beside the setting "model".`,
      );
    }
    using stored = openTfjsManifest(path, findShard);
    const common = { weights: stored.tensors, path, file };
    return { graph: translate(data, common), digest: () => digestOf(data, stored.tensors) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The stack is full.
    throw new StageError(`Expected a tfjs model, but ${file} is nested too deeply.`, {
      cause: error,
    });
  }
}

type Common = Omit<Parameters<typeof translateLayers>[0], 'topology'>;

function translate({ modelTopology, signature }: z.infer<typeof model>, common: Common): OnnxGraph {
  const { file } = common;
  const graph = graphTopology.safeParse(modelTopology).data;
  if (graph !== undefined) return translateGraph({ topology: graph, signature, ...common });
  const layers = layersTopology.safeParse(modelTopology).data;
  if (layers !== undefined) return translateLayers({ topology: layers, ...common });
  throw new StageError(
    `Expected the topology of a tfjs graph model or layers model in ${file}, got something else.`,
  );
}

function digestOf(
  topology: unknown,
  weights: Parameters<typeof translateLayers>[0]['weights'],
): string {
  const hash = createHash('sha256').update(JSON.stringify(topology));
  for (const { read } of weights.values()) hash.update(read());
  return hash.digest('hex');
}
