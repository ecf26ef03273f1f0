import type { Diagnostic } from '../../engine/diagnostics/diagnostic.ts';
import { formatCount } from '../../format-numbers.ts';
import { architectureNames, architectures } from '../../learning/models/architectures/architectures.ts';
import { addName, countLearnable, showShape } from '../../learning/models/layers/layer.ts';
import { describeLayer } from '../../learning/models/layers/layer-kinds.ts';
import { formatTotals } from '../../learning/models/layers/net-facts.ts';

import { type TracedLayer, type TracedPlain, traceLayers } from '../../learning/models/layers/trace-net.ts';
import { modelMistakes, netOf } from '../../learning/models/model-setting.ts';
import { formatTable } from '../../reporting/terminal/format-table.ts';
import { err, ok, type Result } from '../../result.ts';
import { orThrow } from '../command-error.ts';
import { type FoundModel, findModel } from '../find-model.ts';
import { writeUserFile } from '../write-user-file.ts';

/** What a network that is only named is shown at: what `train` takes unless it is told. */
const usualSize = 256;

export interface ModelOptions {
  readonly set: readonly string[];
  readonly imageSize?: number;
  readonly classes?: number;
  readonly svg?: string;
}

/** `restage model`: the networks that have a name, or one network's layers, as a table and where asked for as a drawing. */
export async function modelCommand(words: readonly string[], options: ModelOptions): Promise<void> {
  if (words.length === 0) {
    const rows = architectureNames.map((name) => [name, architectures[name].summary]);
    process.stdout.write(`${formatTable(['network', 'is'], rows).join('\n')}\n`);
    return;
  }
  const found = orThrow(await findModel(words, options.set));
  const imageSize = options.imageSize ?? found.imageSize ?? usualSize;
  const traced = orThrow(trace(found, imageSize, options.classes));
  const title = `${found.title} at ${imageSize} x ${imageSize}`;
  const lines = [`${title}: ${found.summary}`, '', ...formatNet(traced), '', formatTotals(traced)];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (options.svg !== undefined) await draw(traced, title, options.svg);
}

function trace(
  { setting, title }: FoundModel,
  imageSize: number,
  classes: number | undefined,
): Result<readonly TracedLayer[], Diagnostic> {
  if (classes !== undefined && typeof setting !== 'string') {
    const message = `The layers of ${title} end as they are written, so "--classes ${classes}" says nothing of them`;
    return err({ code: 'no-classes', message, hint: 'Leave `--classes` out.' });
  }
  const [mistake] = modelMistakes(setting, imageSize);
  if (mistake !== undefined) {
    const message = `With images of ${imageSize} x ${imageSize}: ${mistake.message}`;
    return err({ code: 'wrong-size', message });
  }
  const traced = traceLayers(netOf(setting, classes).layers, [imageSize, imageSize, 3]);
  if (!traced.ok) throw new Error(`Internal error: ${traced.error.message}`);
  return ok(traced.value);
}

async function draw(traced: readonly TracedLayer[], title: string, path: string): Promise<void> {
  const [{ drawNet }, { netPicture }] = await Promise.all([
    import('../../learning/charts/draw-net.ts'),
    import('../../learning/models/layers/net-picture.ts'),
  ]);
  const svg = drawNet(netPicture(traced, title, formatTotals(traced)));
  writeUserFile(path, svg);
  process.stdout.write(`Drew it in ${path}\n`);
}

/** A network's layers as lines of a table. Of a residual block the body is marked `│`, the shortcut `┆`. */
function formatNet(traced: readonly TracedLayer[]): readonly string[] {
  const rows = traced.flatMap((one) => {
    if (!('body' in one)) return [rowOf(one, '')];
    const { layer, body, shortcut, output } = one;
    const adds = shortcut.length > 0 ? 'adds the shortcut' : 'adds the input';
    return [
      ...body.map((inner) => rowOf(inner, '│ ')),
      ...shortcut.map((inner) => rowOf(inner, '┆ ')),
      [`└ ${addName(layer)}`, adds, showShape(output), '', ''],
    ];
  });
  const first = ['image', '', showShape(traced[0]!.input), '', ''];
  return formatTable(['layer', 'does', 'leaves', 'parameters', 'multiply-adds'], [first, ...rows]);
}

function rowOf({ layer, output, weights, multiplyAdds }: TracedPlain, mark: string): readonly string[] {
  return [
    `${mark}${layer.name}`,
    describeLayer(layer),
    showShape(output),
    orNone(countLearnable(weights)),
    orNone(multiplyAdds),
  ];
}

const orNone = (value: number): string => (value === 0 ? '' : formatCount(value));
