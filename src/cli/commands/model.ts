import { formatBytes, formatCount, formatCountOf } from '../../format-numbers.ts';
import { describeGraph, namesGraph } from '../../project/models/describe-graph.ts';
import {
  describeModel,
  type LayerRow,
  namedNetworks,
} from '../../project/models/describe-model.ts';
import {
  listWeights,
  namesWeights,
  type TensorRow,
  type WeightListing,
} from '../../project/models/list-weights.ts';
import { writeUserFile } from '../../project/write-user-file.ts';
import { formatTable } from '../../reporting/terminal/text-layout.ts';
import { print, warnOnStderr } from '../support/command-error.ts';

interface ModelOptions {
  readonly set: readonly string[];
  readonly imageSize?: number;
  readonly classes?: number;
  readonly svg?: string;
}

export async function modelCommand(words: readonly string[], options: ModelOptions): Promise<void> {
  if (words.length === 0) {
    const rows = namedNetworks().map(({ name, summary }) => [name, summary]);
    return print(formatTable(['network', 'is'], rows).join('\n'));
  }
  const [first = ''] = words;
  const folder = process.cwd();
  const isGraph = words.length === 1 && namesGraph(first, folder);
  if (!isGraph && words.length === 1 && namesWeights(first, folder)) {
    return print(formatWeights(await listWeights(first, folder)).join('\n'));
  }
  const lookup = { folder, onWarning: warnOnStderr };
  const model = isGraph
    ? await describeGraph(first, { ...options, folder })
    : await describeModel(words, { ...options, ...lookup });
  const { title, summary, input, layers, totals } = model;
  print([`${title}: ${summary}`, '', ...formatLayers(input, layers), '', totals].join('\n'));
  if (options.svg === undefined) return;
  writeUserFile(process.cwd(), options.svg, await model.draw());
  print(`Drew it in ${options.svg}`);
}

/** How the table marks the paths of a block, and its end. */
const marks: Readonly<Record<NonNullable<LayerRow['within']>, string>> = {
  body: '│ ',
  shortcut: '┆ ',
  gate: '┆ ',
  branch: '├ ',
  end: '└ ',
};

const markOf = ({ within, depth = 0 }: LayerRow): string =>
  within === undefined ? '' : '│ '.repeat(depth) + marks[within];

/** The layers of a network as lines of a table. */
function formatLayers(input: string, layers: readonly LayerRow[]): readonly string[] {
  const rows = layers.map((layer) => [
    markOf(layer) + layer.name,
    layer.does,
    layer.output,
    orNone(layer.parameters),
    orNone(layer.multiplyAdds),
  ]);
  const first = ['image', '', input, '', ''];
  return formatTable(['layer', 'does', 'output', 'parameters', 'multiply-adds'], [first, ...rows]);
}

/** A longer table helps nobody. */
const mostTensors = 5000;

/** The tensors of a file as lines of a table, and their sums. */
function formatWeights({ title, tensors }: WeightListing): readonly string[] {
  const sum = (size: (tensor: TensorRow) => number) =>
    tensors.reduce((total, tensor) => total + size(tensor), 0);
  const values = formatCountOf(
    sum((tensor) => tensor.values),
    'value',
  );
  const bytes = formatBytes(sum((tensor) => tensor.bytes));
  const rows = tensors
    .slice(0, mostTensors)
    .map(({ name, shape, type, values, bytes }) => [
      name,
      shape.join(' x ') || 'one number',
      type,
      formatCount(values),
      formatBytes(bytes),
    ]);
  const more = tensors.length - rows.length;
  return [
    `${title}: ${formatCountOf(tensors.length, 'tensor')}, ${values}, ${bytes}`,
    '',
    ...formatTable(['tensor', 'shape', 'type', 'values', 'size'], rows),
    ...(more > 0 ? [`and ${formatCountOf(more, 'more tensor')}`] : []),
  ];
}

const orNone = (value: number): string => (value === 0 ? '' : formatCount(value));
