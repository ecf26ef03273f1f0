import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InputPort } from '../../../stage.ts';
import { suggest } from '../../../suggest.ts';
import type { LoadContext } from '../load-context.ts';
import { agreeing, type Instance, type Instances } from '../matrix/instances.ts';
import type { InputPaths, PathClaim } from '../paths/input-paths.ts';
import type { InputItem } from '../pipeline.ts';
import { isPath, parseStageReference } from '../stage-reference.ts';
import { describeNode, type Home, type ScalarNode } from '../yaml/located.ts';
import { findStage } from './find-stage.ts';
import type { Prepared } from './prepare-instance.ts';
import { askFor } from './resolve-outputs.ts';

/** What resolving the inputs of all stages shares. */
export interface InputWork {
  readonly context: LoadContext;
  readonly instances: Instances;
  readonly prepared: ReadonlyMap<string, Prepared>;
  readonly paths: InputPaths;
  /** Path inputs, to be held against the outputs when all are known. */
  readonly claims: PathClaim[];
}

/** An item before its labels are known. */
export interface Found {
  readonly item: InputItem;
  /** Name of the stage's definition; absent for a path. */
  readonly stage?: string;
  readonly glob?: true;
}

/** The port that reads. */
export interface Wanted {
  readonly port: string;
  readonly type: InputPort['type'];
}

/** The artifacts that one text of an input means: a stage's outputs, a path, or what a glob matches. */
export async function findItems(
  work: InputWork,
  instance: Instance,
  node: ScalarNode & { readonly value: string },
  wanted: Wanted,
): Promise<readonly Found[]> {
  const text = node.value;
  if (node.unresolved) return [];
  const home = node.home ?? instance.definition.scope;
  if (!isPath(text, home.includes)) return findStageItems(work, { reader: instance, home }, node, wanted);
  const answer = await work.paths.find(text);
  if (!answer.ok) {
    work.claims.push({ absolute: answer.base, shown: text, at: node.at, missing: answer });
    return [];
  }
  return answer.paths.map(({ absolute, shown }) => {
    work.claims.push({ absolute, shown, at: node.at });
    const item = { from: 'path', path: absolute, shown, labels: {} } as const;
    return answer.glob ? { item, glob: true } : { item };
  });
}

function findStageItems(
  work: InputWork,
  { reader, home }: { readonly reader: Instance; readonly home: Home },
  node: ScalarNode & { readonly value: string },
  wanted: Wanted,
): readonly Found[] {
  const { context, instances, prepared } = work;
  const reference = parseStageReference(node.value);
  const known = reference && instances.definitions.has(home.prefix + reference.stage);
  const exists = !known && node.value !== '' && existsSync(join(context.root, node.value));
  if (!reference || reference.port === undefined || exists) {
    const hint = exists
      ? `Write "./${node.value}" for the file in the project's root.`
      : 'A path has a "/": write "./name" for a file in the root.';
    const message = `Expected stage.port or a path for the input "${wanted.port}", got ${describeNode(node)}`;
    context.report({ code: 'wrong-reference', message, at: node.at, hint });
    return [];
  }
  const definition = findStage(context, instances, reference, home, node.at);
  if (!definition?.kind) return [];
  const { port } = reference;
  return agreeing(instances, definition, reference, reader).flatMap(({ name }) => {
    const outputs = prepared.get(name)?.outputs ?? [];
    const output = outputs.find((one) => one.port === port);
    if (!output) {
      const known = outputs.map((one) => one.port);
      const { when } = definition.kind?.spec.outputs[port] ?? {};
      const hint = when === undefined ? suggest(port, known) : askFor(when);
      const message = `The stage "${reference.stage}" has no output "${port}"`;
      context.report({ code: 'unknown-port', message, at: node.at, ...(hint ? { hint } : {}) });
      return [];
    }
    if (!accepts(wanted.type, output.type)) {
      const message = `The input "${wanted.port}" takes ${typeWords(wanted.type)}, but "${reference.stage}.${port}" is ${output.type}`;
      const [type] = [wanted.type].flat();
      const isOwn = !Object.hasOwn(definition.kind?.spec.outputs ?? {}, port);
      const hint = isOwn ? `Say what it is: outputs: { ${port}: { path: …, type: ${type} } }` : undefined;
      context.report({ code: 'type-mismatch', message, at: node.at, ...(hint ? { hint } : {}) });
      return [];
    }
    return [{ item: { from: 'stage', stage: name, port, labels: {} } as const, stage: definition.name }];
  });
}

function accepts(wanted: InputPort['type'], type: string): boolean {
  return wanted === 'any' || (typeof wanted === 'string' ? wanted === type : wanted.some((one) => one === type));
}

/** A port's types as a message names them. */
export const typeWords = (type: InputPort['type']) => (typeof type === 'string' ? type : type.join(' or '));
