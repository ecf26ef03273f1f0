import { formatCount } from '../format-numbers.ts';
import { addName } from '../learning/models/layers/layer.ts';
import { describeLayer } from '../learning/models/layers/layer-kinds.ts';
import { countLearnable, showShape } from '../learning/models/layers/shapes.ts';
import type { TracedLayer, TracedPlain } from '../learning/models/layers/trace-net.ts';
import { formatTable } from '../reporting/terminal/format-table.ts';

/** A network's layers as lines of a table. Of a residual block the body is marked `│`, the shortcut `┆`. */
export function formatNet(traced: readonly TracedLayer[]): readonly string[] {
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
