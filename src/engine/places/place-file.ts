import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { formatCountOf } from '../../format-numbers.ts';
import { err, ok, type Result } from '../../result.ts';
import type { SchedulerForm } from '../../scheduler.ts';
import { suggest } from '../../suggest.ts';
import { describeError } from '../../user-error.ts';
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
  ownPlaceShape,
  type PlaceSpec,
} from './place-spec.ts';
import { schedulerOf } from './schedulers/place-scheduler.ts';
import { builtInScheduler, missingKey } from './schedulers/schedulers.ts';

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

/** A form of scheduler that a project brings, and its built code. */
export interface OwnForm {
  readonly form: SchedulerForm;
  /** Absolute path. */
  readonly module: string;
}

export interface LoadPlacesOptions {
  /** The names that `local` and `kinds` may list; undefined: they are not checked. */
  readonly kinds?: ReadonlyMap<string, unknown>;
  /** Builds and loads the form that `engine` names. Rejects with a `UserError`. */
  readonly openForm: (engine: string) => Promise<OwnForm>;
}

/** Reads `places.yaml` in the root, if there is one, or gives all its mistakes. */
export async function loadPlaces(
  root: string,
  { kinds, openForm }: LoadPlacesOptions,
): Promise<Result<Places, readonly Diagnostic[]>> {
  const path = join(root, 'places.yaml');
  if (!existsSync(path)) return ok(noPlaces);
  const file = readMap(path, root, 'A file of places');
  if (!file.ok) return file;
  const mistakes = new DiagnosticList();
  const reader = new PlaceReader(mistakes, openForm);
  const byName = new Map<string, AnyPlace>();
  let localGpus: number | undefined;
  for (const [name, { keyAt, value }] of file.value.entries) {
    if (name === here) localGpus = reader.check(localShape, value, name)?.gpu;
    else {
      const place = await reader.place(name, value, keyAt);
      if (place !== undefined) byName.set(name, place);
    }
  }
  const known: KnownNames = { kinds, places: [here, ...file.value.entries.keys()] };
  for (const place of byName.values()) {
    const { keyAt } = file.value.entries.get(place.name)!;
    for (const mistake of kindMistakes(place, known, keyAt)) mistakes.add(mistake);
  }
  return mistakes.isEmpty ? ok({ byName, localGpus }) : err(mistakes.inOrder());
}

/** Reads the places of a file, and notes their mistakes. */
class PlaceReader {
  readonly #mistakes: DiagnosticList;
  readonly #openForm: LoadPlacesOptions['openForm'];

  constructor(mistakes: DiagnosticList, openForm: LoadPlacesOptions['openForm']) {
    this.#mistakes = mistakes;
    this.#openForm = openForm;
  }

  /** The value of a node by a schema; undefined where it has mistakes. */
  check<T extends z.ZodType>(schema: T, node: Node, prefix: string): z.infer<T> | undefined {
    const result = schema.safeParse(toJson(node));
    if (result.success) return result.data;
    const { issues } = result.error;
    for (const mistake of explainIssues(issues, { node, schema, prefix, at: node.at }))
      this.#mistakes.add(mistake);
    return undefined;
  }

  /** A place of any form: machines behind `ssh`, one of our schedulers, or one of the project. */
  async place(name: string, node: Node, at: Span): Promise<AnyPlace | undefined> {
    const { engine } = (toJson(node) ?? {}) as { readonly engine?: unknown };
    if (isOwnEngine(engine)) return await this.#ownPlace(name, node, { engine, at });
    const place = this.check(shapeOf(engine), node, name);
    if (place === undefined) return undefined;
    if (place.engine === 'ssh') {
      this.#note(hostMistakes(name, place, at));
      return { name, ...place };
    }
    const spec = { name, ...place, scheduler: builtInScheduler({ name, ...place }) };
    this.#note(jobMistakes(spec, missingKey(place), at));
    return spec;
  }

  async #ownPlace(
    name: string,
    node: Node,
    { engine, at }: { readonly engine: string; readonly at: Span },
  ): Promise<PlaceSpec | undefined> {
    let own: OwnForm;
    try {
      own = await this.#openForm(engine);
    } catch (error) {
      const message = `"${name}.engine" names ${engine}: ${describeError(error)}`;
      this.#note([{ code: 'broken-scheduler', message, at }]);
      return undefined;
    }
    const { form, module } = own;
    const all = this.check(z.strictObject({ ...form.keys, ...ownPlaceShape.shape }), node, name);
    if (all === undefined) return undefined;
    const place = { name, ...ownPlaceShape.parse(toJson(node)) };
    const spec = { ...place, scheduler: schedulerOf(form, { ...all, ...place }, module) };
    this.#note(jobMistakes(spec, form.missing?.(all), at));
    return spec;
  }

  #note(mistakes: readonly Diagnostic[]): void {
    for (const mistake of mistakes) this.#mistakes.add(mistake);
  }
}

/** The form of a place by its engine; that of all places where there is no such engine. */
function shapeOf(engine: unknown) {
  const forms = anyPlaceShape.options;
  return forms.find(({ shape }) => shape.engine.safeParse(engine).success) ?? anyPlaceShape;
}

/** Whether `engine` names a scheduler that the project brings. */
const isOwnEngine = (engine: unknown): engine is string =>
  typeof engine === 'string' && /^(\.\/|npm:)/.test(engine);

/** What a place may name. */
interface KnownNames {
  readonly kinds: ReadonlyMap<string, unknown> | undefined;
  readonly places: readonly string[];
}

/** Kinds and places that there are not, under `local` and `kinds`. */
function kindMistakes(
  { name, local, kinds: sent }: AnyPlace,
  { kinds, places }: KnownNames,
  at: Span,
): readonly Diagnostic[] {
  const named = [
    ...local.map((kind) => [`"${name}.local" lists`, kind] as const),
    ...Object.keys(sent).map((kind) => [`"${name}.kinds" has`, kind] as const),
  ];
  const unknownKinds = named.filter(([, kind]) => kinds?.has(kind) === false);
  const unknownPlaces = Object.entries(sent).filter(([, place]) => !places.includes(place));
  return [
    ...unknownKinds.map(
      ([where, kind]): Diagnostic => ({
        code: 'unknown-kind',
        message: `${where} "${kind}", and there is no such kind`,
        at,
        hint: suggest(kind, kinds!.keys()),
      }),
    ),
    ...unknownPlaces.map(
      ([kind, place]): Diagnostic => ({
        code: 'unknown-place',
        message: `"${name}.kinds.${kind}" sends stages to "${place}", and there is no such place`,
        at,
        hint: suggest(place, places),
      }),
    ),
  ];
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
  { name, memory, nodes, scheduler }: PlaceSpec,
  missing: { readonly key: string; readonly holds: string } | undefined,
  at: Span,
): readonly Diagnostic[] {
  const mistakes: Diagnostic[] = [];
  if (memory.default > memory.most) {
    const message = `"${name}.memory.default" is more than "${name}.memory.most", which is 8GiB unless you set it`;
    mistakes.push({ code: 'wrong-value', message, at });
  }
  if (nodes > 1 && !scheduler.spansNodes) {
    const message = `"${name}.nodes" is ${nodes}, and Restage cannot ask this scheduler for several nodes`;
    mistakes.push({ code: 'wrong-value', message, at });
  }
  if (missing !== undefined) {
    const message = `Missing "${name}.${missing.key}", ${missing.holds}`;
    mistakes.push({ code: 'missing-key', message, at });
  }
  return mistakes;
}

/**
 * The place where a stage runs: its own, or else that of the command, or the one to which that
 * sends its kind. Kinds that a place lists as local run here.
 */
export function placeOf(
  stage: PlacedNode,
  places: Places,
  on: string | undefined,
): AnyPlace | undefined {
  const place = places.byName.get(stage.place ?? on ?? here);
  if (place === undefined || place.local.includes(stage.kind)) return undefined;
  const sent = stage.place === undefined ? place.kinds[stage.kind] : undefined;
  return sent === undefined ? place : places.byName.get(sent);
}

/** The cards that a stage may ask for at a place; infinite where only its hosts know. */
function mostCards(place: AnyPlace): number {
  if (place.engine !== 'ssh') return place.gpu;
  return Math.max(...place.hosts.map(({ gpu }) => gpu ?? Number.POSITIVE_INFINITY));
}

/** The mistake of a stage that asks for more nodes than a job of its place may have. */
function spreadMistake(
  { name, at, resources: { nodes = 1 } }: PipelineNode,
  place: AnyPlace | undefined,
): Diagnostic | undefined {
  const most = place === undefined || place.engine === 'ssh' ? 1 : place.nodes;
  if (nodes <= most) return undefined;
  const where = place === undefined ? 'this machine' : `the place "${place.name}"`;
  const gives = most === 1 ? 'gives a stage one' : `gives a job at most ${most}`;
  return {
    code: 'too-many-nodes',
    message: `"${name}" asks for ${formatCountOf(nodes, 'node')}, and ${where} ${gives}`,
    at,
    hint: 'A place with Slurm gives several with `nodes: 2` in places.yaml.',
  };
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
    const spread = spreadMistake(stage, spec);
    if (spread !== undefined) mistakes.add(spread);
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
