import type { LoadContext } from '../load-context.ts';
import type { ExtendsChoice } from '../yaml/load-document.ts';
import { child, isText, type MapNode, mergeNodes, type Node, toJson } from '../yaml/node.ts';
import { Params, type SetParam, setParams } from './params.ts';
import { substitute } from './substitute.ts';

/**
 * Chooses the files that a pipeline extends by its parameters: those of the file that names them,
 * of files that it extended before, of files that extend it, and of the command line, each with the
 * last word over those before.
 */
export class ChosenExtends implements ExtendsChoice {
  /** The parameters that a path has named. */
  readonly read: Set<string>;
  readonly #settings: readonly SetParam[];
  readonly #above: Node | undefined;

  /** `settings` are the values that the command line or an including file gives. */
  constructor(settings: readonly SetParam[], read = new Set<string>(), above?: Node) {
    this.#settings = settings;
    this.read = read;
    this.#above = above;
  }

  choose(context: LoadContext, path: Node, documents: readonly (MapNode | undefined)[]): Node {
    if (!isText(path) || !path.value.includes('${')) return path;
    const nodes = [...documents.map((document) => child(document, 'params')), this.#above];
    // A value may be meant for a parameter of a file that is not read yet.
    const set = setParams(merged(nodes), this.#settings, () => undefined);
    const params = new Params(set, context.report);
    const chosen = substitute(path, params);
    for (const name of params.read()) this.read.add(name);
    if (isText(chosen) && !chosen.unresolved) {
      const values = [...params.read()].map((name) => `params.${name} ${valueOfParam(set, name)}`);
      context.chosen.push({ name: 'extends', value: chosen.value, from: values.join(', ') });
    }
    return chosen;
  }

  extendedBy(document: MapNode): ExtendsChoice {
    const above = merged([child(document, 'params'), this.#above]);
    return new ChosenExtends(this.#settings, this.read, above);
  }
}

const merged = (nodes: readonly (Node | undefined)[]): Node | undefined =>
  nodes.reduce((base, over) => (base && over ? mergeNodes(base, over) : (over ?? base)), undefined);

function valueOfParam(params: Node | undefined, name: string): string {
  const value = child(params, name);
  return value === undefined ? '' : JSON.stringify(toJson(value));
}
