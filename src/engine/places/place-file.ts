import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { formatCountOf } from '../../format-numbers.ts';
import { err, ok, type Result } from '../../result.ts';
import { suggest } from '../../suggest.ts';
import type { PipelineNode } from '../config/pipeline.ts';
import { explainIssues } from '../config/schema/explain-issues.ts';
import { readMap } from '../config/yaml/load-document.ts';
import { type Node, toJson } from '../config/yaml/node.ts';
import { type Diagnostic, DiagnosticList, type Span } from '../diagnostics/diagnostic.ts';
import {
  type AnyPlace,
  anyPlaceShape,
  type HostsSpec,
  localShape,
  type PlaceSpec,
} from './place-spec.ts';
import { missingKey } from './schedulers/schedulers.ts';

/**
 * The places of a project. `localGpus`: the declared graphics cards of this machine; undefined:
 * they are counted.
 */
export interface Places {
  readonly byName: ReadonlyMap<string, AnyPlace>;
  readonly localGpus: number | undefined;
}

export const noPlaces: Places = { byName: new Map(), localGpus: undefined };

/** What decides where a stage runs, or will run once it is known. */
export interface PlacedNode {
  readonly kind: string;
  readonly place?: string | undefined;
}

/** The name of the machine on which the command runs. */
export const here = 'local';

/**
 * Reads `places.yaml` in the root, if there is one, or gives all its mistakes. `kinds` are the
 * names that `local` may list.
 */
export function loadPlaces(
  root: string,
  kinds?: ReadonlyMap<string, unknown>,
): Result<Places, readonly Diagnostic[]> {
  const path = join(root, 'places.yaml');
  if (!existsSync(path)) return ok(noPlaces);
  const file = readMap(path, root, 'A file of places');
  if (!file.ok) return file;
  const mistakes = new DiagnosticList();
  const byName = new Map<string, AnyPlace>();
  let localGpus: number | undefined;
  const read = <T extends z.ZodType>(
    schema: T,
    node: Node,
    prefix: string,
  ): z.infer<T> | undefined => {
    const result = schema.safeParse(toJson(node));
    if (result.success) return result.data;
    explainIssues(result.error.issues, { node, schema, prefix, at: node.at }).forEach(mistakes.add);
    return undefined;
  };
  for (const [name, { keyAt, value }] of file.value.entries) {
    if (name === here) localGpus = read(localShape, value, name)?.gpu;
    else {
      const place = read(shapeOf(value), value, name);
      if (place === undefined) continue;
      const { local } = place;
      byName.set(name, { name, ...place });
      const wrong =
        place.engine === 'ssh' ? hostMistakes(name, place, keyAt) : jobMistakes(name, place, keyAt);
      for (const mistake of wrong) mistakes.add(mistake);
      for (const kind of kinds === undefined ? [] : local.filter((kind) => !kinds.has(kind))) {
        const message = `"${name}.local" lists "${kind}", and there is no such kind`;
        mistakes.add({
          code: 'unknown-kind',
          message,
          at: keyAt,
          hint: suggest(kind, kinds!.keys()),
        });
      }
    }
  }
  return mistakes.isEmpty ? ok({ byName, localGpus }) : err(mistakes.inOrder());
}

/** The form of a place by its engine; that of all places where there is no such engine. */
function shapeOf(place: Node) {
  const { engine } = (toJson(place) ?? {}) as { readonly engine?: unknown };
  const forms = anyPlaceShape.options;
  return forms.find(({ shape }) => shape.engine.safeParse(engine).success) ?? anyPlaceShape;
}

/** A host that is named twice: each worker would take the place of the other. */
function hostMistakes(
  name: string,
  { hosts }: Omit<HostsSpec, 'name'>,
  at: Span,
): readonly Diagnostic[] {
  const names = hosts.map(({ host }) => host);
  const twice = names.find((host, index) => names.indexOf(host) < index);
  if (twice === undefined) return [];
  return [{ code: 'duplicate-value', message: `"${name}.hosts" names ${twice} twice`, at }];
}

/** What is wrong with what the jobs of a scheduler ask for. */
function jobMistakes(
  name: string,
  place: Omit<PlaceSpec, 'name'>,
  at: Span,
): readonly Diagnostic[] {
  const mistakes: Diagnostic[] = [];
  const { memory } = place;
  if (memory.default > memory.most) {
    const message = `"${name}.memory.default" is more than "${name}.memory.most", which is 8GiB unless you set it`;
    mistakes.push({ code: 'wrong-value', message, at });
  }
  const missing = missingKey(place);
  if (missing !== undefined) {
    const message = `Missing "${name}.${missing.key}", ${missing.holds}`;
    mistakes.push({ code: 'missing-key', message, at });
  }
  return mistakes;
}

/**
 * The place where a stage runs: its own, or else that of the command. Kinds that a place lists as
 * local run here.
 */
export function placeOf(
  stage: PlacedNode,
  places: Places,
  on: string | undefined,
): AnyPlace | undefined {
  const place = places.byName.get(stage.place ?? on ?? here);
  return place?.local.includes(stage.kind) ? undefined : place;
}

/** The cards that a stage may ask for at a place; infinite where only its hosts know. */
function mostCards(place: AnyPlace): number {
  if (place.engine !== 'ssh') return place.gpu;
  return Math.max(...place.hosts.map(({ gpu }) => gpu ?? Number.POSITIVE_INFINITY));
}

/**
 * Mistakes of stages that name an unknown place, or ask for more graphics cards than their place
 * has; of pending stages, as far as the file says so now.
 */
export function checkPlaces(
  stages: readonly PipelineNode[],
  places: Places,
  { on, gpus }: { readonly on: string | undefined; readonly gpus: number },
): readonly Diagnostic[] {
  const mistakes = new DiagnosticList();
  const known = [here, ...places.byName.keys()];
  const hint = (name: string) =>
    places.byName.size === 0
      ? 'The project has no `places.yaml`, which says what places there are.'
      : suggest(name, known);
  if (on !== undefined && !known.includes(on)) {
    mistakes.add({ code: 'unknown-place', message: `There is no place "${on}"`, hint: hint(on) });
  }
  for (const stage of stages) {
    const { name, place, at, resources } = stage;
    if (place !== undefined && !known.includes(place)) {
      mistakes.add({
        code: 'unknown-place',
        message: `There is no place "${place}"`,
        at,
        hint: hint(place),
      });
      continue;
    }
    const spec = placeOf(stage, places, on);
    const most = spec === undefined ? gpus : mostCards(spec);
    if (resources.gpu <= most) continue;
    const where = spec === undefined ? 'this machine' : `the place "${spec.name}"`;
    const has = most === 0 ? 'has none' : `has ${most}`;
    const message = `"${name}" asks for ${formatCountOf(resources.gpu, 'graphics card')}, and ${where} ${has}`;
    const hintGpus = `If there are more, declare them in places.yaml: \`${spec?.name ?? here}: { gpu: ${Math.ceil(resources.gpu)} }\`.`;
    mistakes.add({ code: 'too-many-gpus', message, at, hint: hintGpus });
  }
  return mistakes.inOrder();
}
