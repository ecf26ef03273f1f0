import { resolve } from 'node:path';
import { err, ok, type Result } from '../../result.ts';
import { closest } from '../../suggest.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { collectDefinitions } from './collect-definitions.ts';
import type { FileScope } from './definition.ts';
import { Environment } from './environment.ts';
import { pipelineName, reportPath } from './files/pipeline-name.ts';
import { type Edge, findCycles } from './find-cycles.ts';
import type { Kinds, LoadContext, UnloadedKind } from './load-context.ts';
import { findIdleAxes } from './matrix/idle-axes.ts';
import { makeInstances } from './matrix/instances.ts';
import type { Params } from './params/params.ts';
import { parseSetParams, type SetParam } from './params/set-params.ts';
import { substitute } from './params/substitute.ts';
import { checkPaths } from './paths/check-paths.ts';
import { InputPaths, type PathClaim } from './paths/input-paths.ts';
import type { Pipeline, Stage, StageName } from './pipeline.ts';
import { prepareInstances } from './resolve/prepare-instance.ts';
import { resolveStage } from './resolve/resolve-stage.ts';
import { UnlistedFiles } from './resolve/unlisted-files.ts';
import { loadDocument } from './yaml/load-document.ts';
import { child, type MapNode } from './yaml/located.ts';
import { shownPath } from './yaml/read-source.ts';

export interface LoadOptions {
  /** Absolute path of the folder that holds `pipelines/`. */
  readonly root: string;
  /** Absolute path of the YAML file, or one relative to the root. */
  readonly file: string;
  readonly kinds: Kinds;
  /** Kinds that the project has and that could not be loaded, by name. */
  readonly unloaded?: ReadonlyMap<string, UnloadedKind>;
  /** Texts of `--set`: `params.epochs=5`. */
  readonly set?: readonly string[];
  /** Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Reads a pipeline's file and checks it whole: a pipeline whose every reference holds, or every mistake found. */
export async function loadPipeline(options: LoadOptions): Promise<Result<Pipeline, readonly Diagnostic[]>> {
  const { root, kinds, unloaded = new Map(), set = [] } = options;
  const mistakes = new Mistakes();
  const env = new Environment(options.env ?? process.env);
  const report = (mistake: Diagnostic) => mistakes.add(mistake);
  const context: LoadContext = { root, kinds, unloaded, env, report, files: new Map(), looked: new Set() };
  const absolute = resolve(root, options.file);
  const document = loadDocument(context, { absolute });
  const settings = parseSetParams(set, document && child(document, 'params'), context.report);
  if (!document) return err(mistakes.inOrder());

  const { scope, definitions } = collectDefinitions(context, { absolute }, document, settings);
  checkSettings(context, document, definitions, settings);
  const name = pipelineName(absolute, root);
  const instances = makeInstances(context, definitions);
  const prepared = prepareInstances(context, instances.all, name);
  const claims: PathClaim[] = [];
  const work = { context, instances, prepared, paths: new InputPaths(context), claims };
  const unlisted = new UnlistedFiles(root);
  const warnings = new Mistakes();
  const stages: Stage[] = [];
  const edges = new Map<StageName, readonly Edge[]>();
  for (const one of prepared.values()) {
    const resolved = await resolveStage(work, one);
    edges.set(one.instance.name, resolved.edges);
    if (!resolved.stage) continue;
    stages.push(resolved.stage);
    for (const warning of unlisted.find(one, resolved.stage)) warnings.add(warning);
  }
  findCycles(edges).forEach(context.report);
  findIdleAxes(instances, stages).forEach(context.report);
  const outputs = [...prepared.values()].flatMap((one) =>
    one.outputs.map((output) => ({ stage: one.instance.name, output })),
  );
  checkPaths(context, outputs, claims, reportPath(name));
  const texts = topLevelTexts(document, scope.params);
  if (mistakes.any) return err(mistakes.inOrder());
  const own = (what: 'files' | 'looked') => new Set(definitions.flatMap(({ kind }) => kind?.[what] ?? []));
  const sources = {
    files: [...context.files.keys(), ...own('files')],
    looked: [...own('looked'), ...context.looked],
    globs: Object.fromEntries(work.paths.globs),
    ...(env.asked ? { env: env.asked } : {}),
  };
  for (const each of new Set([scope, ...definitions.map(({ scope }) => scope)])) {
    for (const warning of unreadParams(each)) warnings.add(warning);
  }
  return ok({ name, root, file: shownPath(absolute, root), ...texts, stages, sources, warnings: warnings.inOrder() });
}

/** Those that the file itself says or the command line sets: an extended file may have some for other pipelines. */
function unreadParams({ prefix, params, file, set }: FileScope): readonly Diagnostic[] {
  const meant = params.unread().filter(({ name, at }) => at.file === file || set.has(name));
  return meant.map(({ name, at }) => {
    // Among those that are read: a misspelt one stands beside the one that was meant.
    const near = closest(name, params.read());
    const hint = near === undefined ? {} : { hint: `Did you mean "${near}"?` };
    return { code: 'unread-param', message: `The parameter "${prefix}${name}" is read by no stage`, at, ...hint };
  });
}

/** Mistakes, each once: the instances of a matrix make the same one many times. */
class Mistakes {
  readonly #all: Diagnostic[] = [];
  readonly #seen = new Set<string>();

  add(mistake: Diagnostic): void {
    const { code, message, at } = mistake;
    const key = JSON.stringify([code, message, at?.file.path, at?.start]);
    if (!this.#seen.has(key)) this.#all.push(mistake);
    this.#seen.add(key);
  }

  get any(): boolean {
    return this.#all.length > 0;
  }

  /** File by file, from top to bottom; files in the order of their first mistake. */
  inOrder(): readonly Diagnostic[] {
    const files = new Map<string | undefined, Diagnostic[]>();
    for (const mistake of this.#all) {
      const path = mistake.at?.file.path;
      const list = files.get(path);
      if (list) list.push(mistake);
      else files.set(path, [mistake]);
    }
    return [...files.values()].flatMap((list) => list.sort((a, b) => (a.at?.start ?? 0) - (b.at?.start ?? 0)));
  }
}

function topLevelTexts(document: MapNode, params: Params): Pick<Pipeline, 'description' | 'salt'> {
  const text = (key: string) => {
    const node = child(document, key);
    const value = node && substitute(node, params);
    return value?.type === 'scalar' && value.value !== null ? { [key]: String(value.value) } : {};
  };
  return { ...text('description'), ...text('salt') };
}

function checkSettings(
  { report, root }: LoadContext,
  document: MapNode,
  definitions: readonly { readonly scope: { readonly prefix: string } }[],
  settings: readonly SetParam[],
): void {
  const prefixes = new Set(['', ...definitions.map(({ scope }) => scope.prefix)]);
  for (const { prefix, at } of settings) {
    if (prefixes.has(prefix)) continue;
    report({ code: 'unknown-param', message: `No pipeline is included as "${prefix.slice(0, -1)}"`, at });
  }
  if (definitions.length > 0 || child(document, 'stages')) return;
  const message = `The pipeline "${pipelineName(resolve(root, document.at.file.path), root)}" has no stages`;
  report({ code: 'no-stages', message, at: { ...document.at, end: document.at.start } });
}
