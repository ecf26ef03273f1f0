import {
  architectureNames,
  architectures,
} from '../../learning/models/architectures/architectures.ts';
import {
  type BlockLayer,
  countLearnable,
  joinName,
  showShape,
} from '../../learning/models/layers/layer.ts';
import { describeLayer } from '../../learning/models/layers/layer-kinds.ts';
import { formatTotals } from '../../learning/models/layers/net-facts.ts';
import {
  type TracedLayer,
  type TracedPlain,
  traceLayers,
} from '../../learning/models/layers/trace-net.ts';
import { modelMistakes, netOf } from '../../learning/models/model-setting.ts';
import { mistake } from '../pipeline-error.ts';
import { type FoundModel, findModel, type ModelLookup, usualSize } from './find-model.ts';

/** A network that pipelines can name. */
interface NamedNetwork {
  readonly name: string;
  readonly summary: string;
}

/** A network, layer by layer, for images of a size. */
export interface ModelDescription {
  /** `<name> at <size> x <size>`. */
  readonly title: string;
  readonly summary: string;
  /** The shape of the images that go in, as `256 x 256 x 3`. */
  readonly input: string;
  readonly layers: readonly LayerRow[];
  /** The numbers of its parameters and multiply-adds, in words. */
  readonly totals: string;
  /** Draws the network as SVG. */
  readonly draw: () => Promise<string>;
}

/** A layer, or the operation with which a block ends. */
export interface LayerRow {
  readonly name: string;
  /** Where it lies: outside a block, or on which path of one; its `end` joins the paths. */
  readonly within?: 'body' | 'shortcut' | 'gate' | 'branch' | 'end';
  /** How many blocks lie around that one. */
  readonly depth?: number;
  readonly does: string;
  /** The shape that it gives. */
  readonly output: string;
  /** How many numbers it learns. */
  readonly parameters: number;
  /** For one image. */
  readonly multiplyAdds: number;
}

interface ModelOptions extends ModelLookup {
  /** Pixels; by default those of its training images. */
  readonly imageSize?: number | undefined;
  /** For named networks; by default two. */
  readonly classes?: number | undefined;
}

/** The networks that a pipeline can name. */
export const namedNetworks = (): readonly NamedNetwork[] =>
  architectureNames.map((name) => ({ name, summary: architectures[name].summary }));

/** The network that words name, layer by layer. Throws a `PipelineError`. */
export async function describeModel(
  words: readonly string[],
  options: ModelOptions,
): Promise<ModelDescription> {
  const model = await findModel(words, options);
  const imageSize = options.imageSize ?? model.imageSize ?? usualSize;
  const traced = trace(model, imageSize, options.classes);
  const title = `${model.title} at ${imageSize} x ${imageSize}`;
  const totals = formatTotals(traced);
  return {
    title,
    summary: model.summary,
    input: showShape(traced[0]!.input),
    layers: traced.flatMap(rowsOf),
    totals,
    draw: async () => {
      const { drawNet } = await import('../../learning/charts/draw-net.ts');
      const { netPicture } = await import('../../learning/models/layers/net-picture.ts');
      return drawNet(netPicture(traced, title, totals));
    },
  };
}

function trace(
  { setting, title }: FoundModel,
  imageSize: number,
  classes: number | undefined,
): readonly TracedLayer[] {
  if (classes !== undefined && typeof setting !== 'string') {
    const message = `"--classes ${classes}" applies to named networks only; the file lists the layers of ${title}`;
    throw mistake('no-classes', message, 'Leave `--classes` out.');
  }
  const [first] = modelMistakes(setting, imageSize);
  if (first !== undefined)
    throw mistake('wrong-size', `With images of ${imageSize} x ${imageSize}: ${first.message}`);
  const traced = traceLayers(netOf(setting, classes).layers, [imageSize, imageSize, 3]);
  if (!traced.ok) throw new Error(`Internal error: ${traced.error.message}`);
  return traced.value;
}

function rowsOf(entry: TracedLayer): readonly LayerRow[] {
  if (!('paths' in entry)) return [rowOf(entry)];
  const { layer, paths, output } = entry;
  const inner = paths.flatMap((path, i) =>
    path.flatMap(rowsOf).map((row): LayerRow => {
      return row.within === undefined
        ? { ...row, within: wayOf(layer, i) }
        : { ...row, depth: (row.depth ?? 0) + 1 };
    }),
  );
  const end: LayerRow = {
    name: joinName(layer),
    within: 'end',
    does: joining(layer),
    output: showShape(output),
    parameters: 0,
    multiplyAdds: 0,
  };
  return [...inner, end];
}

function wayOf({ kind }: BlockLayer, path: number): NonNullable<LayerRow['within']> {
  if (kind === 'residual') return path === 0 ? 'body' : 'shortcut';
  return kind === 'gate' ? 'gate' : 'branch';
}

function joining(layer: BlockLayer): string {
  if (layer.kind === 'gate') return 'multiplies the input';
  if (layer.kind === 'concat') return `joins ${layer.branches.length} branches`;
  return layer.shortcut.length > 0 ? 'adds the shortcut' : 'adds the input';
}

const rowOf = ({ layer, output, weights, multiplyAdds }: TracedPlain): LayerRow => ({
  name: layer.name,
  does: describeLayer(layer),
  output: showShape(output),
  parameters: countLearnable(weights),
  multiplyAdds,
});
