import { writeGraph } from '../export/export-graph.ts';
import { type WrittenOnnx, writeOnnx } from '../export/export-onnx.ts';
import { weightedNet } from '../export/weighted-net.ts';
import { type OpenedGraph, openOnnx } from '../graph-network.ts';
import type { ModelFiles } from '../model-files.ts';
import { graphOf } from '../model-info.ts';

/** A model as the ONNX graph that `export` writes of it. */
export interface ModelAsGraph {
  readonly opened: OpenedGraph;
  /** The names of tensors by the layers whose outputs they are. */
  readonly tensorOf: ReadonlyMap<string, string>;
}

/** Channels come first, as in the graph's own operators. */
const form = { layout: 'NCHW', softmax: false } as const;

/** The graph of a model of layers. Throws a `StageError` where they are not those of its info. */
export function modelAsGraph(files: ModelFiles): ModelAsGraph {
  const { bytes, tensorOf }: WrittenOnnx =
    graphOf(files.info) === undefined
      ? writeOnnx(weightedNet(files), {}, form)
      : writeGraph(files, {}, form);
  return { opened: openOnnx(bytes, 'the network'), tensorOf };
}
