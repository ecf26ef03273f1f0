import { child, describeNode, type Home, itemsOf, type Node, type ScalarNode, textOf } from '../yaml/located.ts';
import type { Params } from './params.ts';
import type { SetParam } from './set-params.ts';
import { substitute } from './substitute.ts';

/** A pipeline that a file includes, as it says so. */
export interface Include {
  /** The path as it is written, and where. */
  readonly file: ScalarNode & { readonly value: string };
  /** What takes the place of its parameters. */
  readonly values: readonly SetParam[];
  /** Its stages run only when something reads them. */
  readonly onDemand: boolean;
  /** Names of stages that all of its stages wait for. */
  readonly after: readonly Node[];
}

/**
 * Reads `sn: simple-net.yaml`, or `sn: { file: …, params: …, onDemand: …, after: … }`; undefined where that is no such thing,
 * which the shape of the file reports. Texts among the values know where they come from: a stage that one names is one of the
 * including file, wherever it is read.
 */
export function readInclude(node: Node, params: Params, home: Home, prefix: string): Include | undefined {
  const written = node.type === 'map' ? child(node, 'file') : node;
  const file = written && substitute(written, params);
  if (textOf(file) === undefined) return undefined;
  const given = child(node, 'params');
  const values = Array.from(given?.type === 'map' ? given.entries : [], ([name, { keyAt, value }]) => ({
    ...{ prefix, path: [name], at: keyAt },
    value: withHome(substitute(value, params), home),
  }));
  const onDemand = child(node, 'onDemand');
  return {
    file: file as Include['file'],
    values,
    onDemand: onDemand?.type === 'scalar' && onDemand.value === true,
    after: readAfter(child(node, 'after'), params, home),
  };
}

function readAfter(written: Node | undefined, params: Params, home: Home): readonly Node[] {
  if (written === undefined) return [];
  return itemsOf(withHome(substitute(written, params), home)).filter((item) => {
    if (textOf(item) !== undefined) return true;
    const message = `Expected the name of a stage in "after", got ${describeNode(item)}`;
    params.report({ code: 'wrong-type', message, at: item.at });
    return false;
  });
}

/** What a file was given itself keeps its home. */
function withHome(node: Node, home: Home): Node {
  switch (node.type) {
    case 'scalar':
      return node.home || typeof node.value !== 'string' ? node : { ...node, home };
    case 'list':
      return { ...node, items: node.items.map((item) => withHome(item, home)) };
    case 'map': {
      const entries = Array.from(
        node.entries,
        ([key, entry]) => [key, { ...entry, value: withHome(entry.value, home) }] as const,
      );
      return { ...node, entries: new Map(entries) };
    }
  }
}
