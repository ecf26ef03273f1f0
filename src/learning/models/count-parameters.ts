import { join } from 'node:path';
import { z } from 'zod';
import { StageError } from '../../stage.ts';
import { featuresSource } from '../vision/features/features.ts';
import { countLearnable } from './layers/layer.ts';
import { plainLayers, type TracedLayer, traceLayers } from './layers/trace-net.ts';
import { type ModelInfo, modelInfo } from './model-info.ts';
import { modelSetting, netOf } from './model-setting.ts';
import { besideManifest } from './weights/shards.ts';
import { openTfjsManifest } from './weights/tfjs-manifest.ts';

/**
 * Learnable parameters of a `model` artifact, frozen ones too; of a head, with those of the network
 * before its features, else a {@link StageError}; of an ONNX file, as it counts them, where an
 * exporter has folded BatchNorm into convolutions.
 */
export function countParameters(folder: string, info: ModelInfo): number {
  if (info.onnx !== undefined) return info.onnx.parameters;
  const path = join(folder, 'model.json');
  using weights = openTfjsManifest(path, besideManifest(path));
  const learnable = countLearnable(weights.tensors.values());
  return 'values' in info.input ? learnable + parametersBefore(info.input.of) : learnable;
}

/** The parameters of the network that features come from, up to their layer. */
function parametersBefore(of: Readonly<Record<string, unknown>> | undefined): number {
  if (typeof of?.['parameters'] === 'number') return of['parameters'];
  const joined = z.array(featuresSource).safeParse(of?.['joined']);
  if (joined.success) return joined.data.reduce((sum, part) => sum + parametersBefore(part), 0);
  const architecture = modelSetting.safeParse(of?.['architecture']);
  const input = modelInfo.shape.input.safeParse(of?.['input']);
  if (!architecture.success || !input.success || !('size' in input.data)) {
    throw new StageError(
      'Expected a model whose parameters can be counted, got a head on features from an unknown network.',
    );
  }
  const { size } = input.data;
  const traced = traceLayers(netOf(architecture.data).layers, [size, size, 3]);
  const names = z.array(z.string()).safeParse(of?.['layers']).data ?? [String(of?.['layer'])];
  const ends = names.map((name) =>
    traced.ok ? traced.value.findIndex((step) => hasLayer(step, name)) : -1,
  );
  if (!traced.ok || ends.includes(-1)) {
    throw new StageError(
      `Expected features of a layer of their network, got "${names[ends.indexOf(-1)]}".`,
    );
  }
  const layers = plainLayers(traced.value.slice(0, Math.max(...ends) + 1));
  return countLearnable(layers.flatMap(({ weights }) => weights));
}

/** Whether a layer has a name, or a block a layer inside, which then counts as a whole. */
const hasLayer = (step: TracedLayer, name: string): boolean =>
  step.layer.name === name || plainLayers([step]).some(({ layer }) => layer.name === name);
