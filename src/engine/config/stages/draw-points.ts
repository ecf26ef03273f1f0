import { Random } from '../../../random.ts';
import { type Draw, drawsShape } from '../schema/yaml-keys.ts';
import { child, entriesOf, itemsOf, type MapNode, type Node, toJson } from '../yaml/node.ts';

/** Significant digits of a drawn number: enough for a setting, and readable. */
const digits = 4;

/**
 * The drawn points of an axis, named 1 to `count`; none where its form is wrong. Each setting has a
 * random stream of its own.
 */
export function drawPoints(
  axis: MapNode,
): readonly { readonly label: string; readonly node: MapNode }[] {
  const parsed = drawsShape.safeParse(toJson(axis));
  if (!parsed.success) return [];
  const { count, seed, ...draws } = parsed.data as Record<string, Draw> & {
    count: number;
    seed: number;
  };
  const streams = Object.entries(draws).map(([name, draw]) => {
    const { keyAt, value } = entriesOf(axis).get(name)!;
    const choices = itemsOf(child(value, 'choice'));
    return { name, keyAt, draw: drawer(draw, choices, value, new Random('sample', seed, name)) };
  });
  return Array.from({ length: count }, (_, index) => {
    const label = String(index + 1);
    const id: Node = { type: 'scalar', value: label, at: axis.at };
    const values = streams.map(
      ({ name, keyAt, draw }) => [name, { keyAt, value: draw() }] as const,
    );
    return {
      label,
      node: { ...axis, entries: new Map([['id', { keyAt: axis.at, value: id }], ...values]) },
    };
  });
}

function drawer(draw: Draw, choices: readonly Node[], { at }: Node, random: Random): () => Node {
  if ('choice' in draw) return () => random.pick(choices);
  const scalar = (value: number): Node => ({ type: 'scalar', value, at });
  if ('int' in draw) {
    const [low, high] = draw.int;
    return () => scalar(low + random.integer(high - low + 1));
  }
  const [low, high] = 'uniform' in draw ? draw.uniform : draw.logUniform;
  const between = () =>
    'uniform' in draw
      ? random.between(low, high)
      : Math.exp(random.between(Math.log(low), Math.log(high)));
  return () => scalar(Math.min(high, Math.max(low, Number(between().toPrecision(digits)))));
}
