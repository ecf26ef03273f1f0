import type { LayersModel, layers } from '@tensorflow/tfjs';
import { formatCount, formatFew } from '../../format-numbers.ts';
import type { NetPicture, NetUnit } from '../charts/draw-net.ts';
import { operatorOf } from './graph/graph-layer.ts';
import { multiplyAddsOf } from './graph/multiply-adds.ts';
import { countLearnable, showShape, sizeOf } from './layers/layer.ts';
import { withoutComputing } from './without-computing.ts';

/** A layer of a network that an ONNX file gave, as tables list it. */
export interface GraphRow {
  readonly name: string;
  /** Its operator in ONNX, or its class in tfjs for a layer of the head. */
  readonly operator: string;
  /** The shape that it gives: `7 x 7 x 512`. */
  readonly output: string;
  /** How many numbers it learns. */
  readonly parameters: number;
  readonly movingStatistics: number;
  /** For one image. */
  readonly multiplyAdds: number;
}

/**
 * The layers of a network in the order in which they are computed, without the image. The network
 * is built for this alone, and disposed of.
 */
export const listGraph = (build: () => Promise<LayersModel>): Promise<readonly GraphRow[]> =>
  withoutComputing(async () => rowsOfModel(await build()));

/** The layers of a network that is open already. */
export const rowsOfModel = ({ layers }: LayersModel): readonly GraphRow[] =>
  layers.filter((layer) => layer.getClassName() !== 'InputLayer').map(rowOf);

function rowOf(layer: layers.Layer): GraphRow {
  const weights = layer.weights.map(({ originalName, shape }) => ({
    name: originalName,
    shape: shape as readonly number[],
  }));
  const moving = weights.filter(({ name }) => name.includes('/moving_'));
  return {
    name: layer.name,
    operator: operatorOf(layer) ?? layer.getClassName(),
    output: showOutput(layer.outputShape as readonly (number | null)[]),
    parameters: countLearnable(weights),
    movingStatistics: moving.reduce((sum, weight) => sum + sizeOf(weight), 0),
    multiplyAdds: multiplyAddsOf(layer),
  };
}

/** Tensors of a file may have more axes than an image's features. */
function showOutput([, ...shape]: readonly (number | null)[]): string {
  const [length] = shape;
  return shape.length === 1 ? showShape([length ?? 0]) : shape.join(' x ');
}

/** As `formatTotals` says them of a network of listed layers. */
export function formatGraphTotals(rows: readonly GraphRow[]): string {
  const { learnable, movingStatistics, multiplyAdds } = graphTotals(rows);
  const statistics =
    movingStatistics === 0 ? '' : `, beside ${formatCount(movingStatistics)} moving statistics`;
  return `${formatCount(learnable)} learnable parameters${statistics}; ${formatCount(multiplyAdds)} multiply-adds an image`;
}

/** Sums over the layers of a network. */
export function graphTotals(rows: readonly GraphRow[]) {
  const sum = (numberOf: (row: GraphRow) => number) =>
    rows.reduce((total, row) => total + numberOf(row), 0);
  return {
    learnable: sum(({ parameters }) => parameters),
    movingStatistics: sum(({ movingStatistics }) => movingStatistics),
    multiplyAdds: sum(({ multiplyAdds }) => multiplyAdds),
  };
}

/** More boxes than this are not readable. */
const mostBoxes = 120;

/**
 * The drawing of a network as a chain of its modules, since hundreds of nodes are not readable: a
 * box holds the layers whose names share their first two parts, such as `layer1.0`.
 */
export function graphPicture(rows: readonly GraphRow[], title: string): NetPicture {
  const modules = new Map<string, GraphRow[]>();
  for (const row of rows) {
    const module = moduleOf(row.name);
    modules.set(module, [...(modules.get(module) ?? []), row]);
  }
  const units = Array.from(modules, ([name, inside]) => unitOf(name, inside));
  const more = units.length - mostBoxes;
  const rest: NetUnit = { ...unitOf('', rows), kind: 'other', does: `${more} more modules` };
  const boxes = more > 0 ? [...units.slice(0, mostBoxes), rest] : units;
  const subtitle = `Modules in the order of their first layer; ${formatGraphTotals(rows)}`;
  return { title, subtitle, blocks: boxes.map((unit) => ({ body: [unit] })) };
}

/**
 * `layer1.0` of `layer1.0.conv1`, and of a node that PyTorch names by its place,
 * `layer1/layer1.0/relu/Relu`.
 */
function moduleOf(name: string): string {
  const steps = name.split('/').reduce((outer, inner) => {
    return inner.startsWith(`${outer}.`) ? inner : `${outer}.${inner}`;
  });
  const parts = steps.split('.');
  return parts.length < 2 ? name : parts.slice(0, Math.min(2, parts.length - 1)).join('.');
}

function unitOf(name: string, rows: readonly GraphRow[]): NetUnit {
  const learning = rows.filter(({ parameters }) => parameters > 0);
  const described = learning.length > 0 ? learning : rows;
  const counts = new Map<string, number>();
  for (const { operator } of described) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  const words = Array.from(counts, ([operator, count]) =>
    count === 1 ? operator : `${count} ${operator}`,
  );
  return {
    kind: colourOf([...counts.keys()]),
    name,
    does: formatFew(words, 4),
    shape: rows.at(-1)!.output,
    parameters: graphTotals(rows).learnable,
  };
}

function colourOf(operators: readonly string[]): NetUnit['kind'] {
  if (operators.some((operator) => operator.startsWith('Conv'))) return 'conv';
  const isDense = (operator: string) => ['Gemm', 'MatMul', 'Dense'].includes(operator);
  if (operators.some(isDense)) return 'dense';
  return operators.some((operator) => operator.includes('Pool')) ? 'pool' : 'other';
}
