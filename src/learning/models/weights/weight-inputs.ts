import { z } from 'zod';
import type { SettingMistake, StageContext } from '../../../stage.ts';
import type { ModelSetting } from '../model-setting.ts';
import { type PretrainedSetting, pretrainedNames, pretrainedOf, withChecksum } from './pretrained.ts';

/** The ports by which a kind takes weights from files. */
export const weightPorts = {
  weights: {
    type: ['model', 'files'],
    summary: 'Weights: a model, or a file or folder of tfjs, safetensors or Keras HDF5.',
  },
  shards: {
    type: 'files',
    list: true,
    optional: true,
    summary: 'The files that a weights manifest names, where `weights` is the manifest alone.',
  },
} as const;

export const pretrainedSetting = z
  .enum([...pretrainedNames, 'none'])
  .transform((name) => (name === 'none' ? name : withChecksum(name)))
  .describe('Weights that others published, fetched once: imagenet, of Xception.');
type Chosen = PretrainedSetting | 'none';

/** Mistakes that the inputs with weights, and a name of published ones, make with each other and with the network. */
export function weightMistakes(
  { model, pretrained = 'none' }: { readonly model: ModelSetting; readonly pretrained?: Chosen },
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  if (inputs.has('shards') && !inputs.has('weights')) {
    return [{ at: [], message: 'expected the input `weights` beside `shards`: the manifest that names them' }];
  }
  const mistake = (message: string) => [{ at: ['pretrained'], message }];
  if (pretrained === 'none') return [];
  if (inputs.has('weights')) return mistake('either `pretrained` or the input `weights`, got both');
  const { networks } = pretrainedOf(pretrained);
  if (networks.some((name) => name === model)) return [];
  const got = typeof model === 'string' ? model : 'a list of layers';
  return mistake(`these are weights of ${networks.join(', ')}, got ${got}`);
}

/** Where the weights lie that a stage is to begin with: a file or folder, and shards; undefined where it is to begin at random. */
export async function weightPaths(
  context: Pick<StageContext, 'inputs' | 'download'>,
  pretrained: Chosen = 'none',
): Promise<readonly string[] | undefined> {
  if (pretrained !== 'none') return [await context.download(pretrainedOf(pretrained).file)];
  const paths = [...context.inputs('weights'), ...context.inputs('shards')].map(({ path }) => path);
  return paths.length === 0 ? undefined : paths;
}
