import { formatCount } from '../../format-numbers.ts';
import {
  describeModel,
  type LayerRow,
  namedNetworks,
} from '../../project/models/describe-model.ts';
import { formatTable } from '../../reporting/terminal/text.ts';
import { print, warnOnStderr, writeUserFile } from '../support/command-error.ts';

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
  const lookup = { folder: process.cwd(), onWarning: warnOnStderr };
  const model = await describeModel(words, { ...options, ...lookup });
  const { title, summary, input, layers, totals } = model;
  print([`${title}: ${summary}`, '', ...formatLayers(input, layers), '', totals].join('\n'));
  if (options.svg === undefined) return;
  writeUserFile(options.svg, await model.draw());
  print(`Drew it in ${options.svg}`);
}

/** How the table marks the paths of a residual block, and its end. */
const marks: Readonly<Record<NonNullable<LayerRow['within']>, string>> = {
  body: '│ ',
  shortcut: '┆ ',
  end: '└ ',
};

/** The layers of a network as lines of a table. */
function formatLayers(input: string, layers: readonly LayerRow[]): readonly string[] {
  const rows = layers.map(({ name, within, does, output, parameters, multiplyAdds }) => [
    (within === undefined ? '' : marks[within]) + name,
    does,
    output,
    orNone(parameters),
    orNone(multiplyAdds),
  ]);
  const first = ['image', '', input, '', ''];
  return formatTable(['layer', 'does', 'output', 'parameters', 'multiply-adds'], [first, ...rows]);
}

const orNone = (value: number): string => (value === 0 ? '' : formatCount(value));
