import { beforeScores } from '../graph/classifier.ts';
import { openGraph, outputOf } from '../graph-network.ts';
import { infoOfModel, loadModel, type ModelFiles, onnxOfModel, saveModel } from '../model-files.ts';

/**
 * A model whose layers are exported: those of an ONNX file are its nodes, as of a model that began
 * as one. Throws a `StageError` for a node without gradients here.
 */
export async function loadLayers(path: string): Promise<ModelFiles> {
  const { model, info } = await loadModel(path);
  const { onnx, ...facts } = info;
  if (onnx === undefined) return { model, info };
  const opened = openGraph(onnxOfModel(path));
  const architecture = {
    onnx: opened.digest(),
    cut: beforeScores(opened.graph, outputOf(opened)),
    head: [],
    layout: opened.layout,
    opset: opened.graph.opset,
  };
  return { model, info: { ...facts, architecture } };
}

/**
 * The folder of such a model, which is written to the new folder `target` where it is an ONNX file.
 * Throws as {@link loadLayers} does.
 */
export async function layersFolder(path: string, target: string): Promise<string> {
  if (infoOfModel(path).onnx === undefined) return path;
  await saveModel(target, await loadLayers(path));
  return target;
}
