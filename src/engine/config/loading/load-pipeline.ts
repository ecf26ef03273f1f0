import { resolve } from 'node:path';
import { err, ok, type Result } from '../../../result.ts';
import { didYouMean, suggest } from '../../../suggest.ts';
import { type DiagnosticCode, diagnosticCodes } from '../../diagnostics/codes.ts';
import { type Diagnostic, DiagnosticList, type Report } from '../../diagnostics/diagnostic.ts';
import {
  type FindCode,
  isUnread,
  type Kinds,
  type LoadContext,
  type UnloadedKind,
} from '../load-context.ts';
import { ChosenExtends } from '../params/chosen-extends.ts';
import {
  type CommandLine,
  describeChanges,
  readCommandLine,
  reportMalformed,
} from '../params/command-line.ts';
import type { Params } from '../params/params.ts';
import { substitute } from '../params/substitute.ts';
import {
  isKnown,
  isPending,
  type KnownLists,
  type ListOutput,
  type Pipeline,
  type PipelineNode,
  type PipelineSources,
  type PipelineTexts,
  type StageName,
} from '../pipeline.ts';
import { pipelineName } from '../pipeline-name.ts';
import { findCycles } from '../post-order.ts';
import { reportPath } from '../published-paths.ts';
import { hasUnknownValue } from '../stages/axis.ts';
import type { AxisFiles } from '../stages/axis-files.ts';
import { AxisLists, listName } from '../stages/axis-lists.ts';
import { checkInputs } from '../stages/check-inputs.ts';
import { checkLists } from '../stages/check-lists.ts';
import { checkPaths } from '../stages/check-paths.ts';
import type { Definition, FileScope } from '../stages/definition.ts';
import { collectDefinitions } from '../stages/definitions.ts';
import { findIdleAxes } from '../stages/idle-axes.ts';
import { InputPaths } from '../stages/input-paths.ts';
import type { InputWork } from '../stages/inputs.ts';
import { type Instances, makeInstances } from '../stages/instances.ts';
import { withoutStarved } from '../stages/left-out.ts';
import { findPending, pendingStage } from '../stages/pending-stages.ts';
import { type ResolvedStage, resolveStage } from '../stages/resolve-stage.ts';
import { warnUnlistedFiles } from '../stages/unlisted-files.ts';
import { loadDocument, shownPath } from '../yaml/load-document.ts';
import { child, type MapNode } from '../yaml/node.ts';

export interface LoadOptions {
  readonly root: string;
  /** Absolute path of the YAML file, or one relative to the root. */
  readonly file: string;
  readonly kinds: Kinds;
  readonly unloaded?: ReadonlyMap<string, UnloadedKind>;
  /** What the command line changes, as `readCommandLine` takes it. */
  readonly set?: readonly string[];
  /** The lists that stages have made; the axes of others are pending. */
  readonly lists?: KnownLists;
  /** The code of programs that was found before: where a file is read again, it is the same. */
  readonly codes?: LoadContext['codes'];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly findCode?: FindCode;
  /** Is told everything that was read and looked up, also where there are mistakes. */
  readonly onSources?: ((sources: PipelineSources) => void) | undefined;
}

/** A pipeline's file, read as far as its instances: they need none of its data. */
interface ReadFile {
  readonly name: string;
  readonly absolute: string;
  readonly files: AxisFiles;
  readonly document: MapNode;
  readonly scope: FileScope;
  readonly definitions: readonly Definition[];
  readonly instances: Instances;
  readonly changes: Pipeline['changes'];
}

/**
 * Reads and checks a pipeline's file: a pipeline in which every reference holds, or all mistakes.
 */
export async function loadPipeline(
  options: LoadOptions,
): Promise<Result<Pipeline, readonly Diagnostic[]>> {
  const { root, onSources } = options;
  const mistakes = new DiagnosticList();
  const warnings = new DiagnosticList();
  const read = await readFile(options, { mistakes, warnings });
  if (read === undefined) return err(mistakes.inOrder());
  const { name, absolute, files, document, scope, definitions, instances } = read;
  const { context } = files;
  const work: InputWork = { ...files, instances, histories: new Map() };
  const lists = checkLists(work, files.lists.asked);
  const broken = new Map<StageName, Diagnostic>();
  const resolved = new Map<StageName, ResolvedStage>();
  for (const instance of instances.all) {
    const found = await resolveStage(work, instance);
    resolved.set(instance.name, found);
    if (!found.stage) continue;
    if (found.broken) broken.set(instance.name, found.broken);
    warnUnlistedFiles(root, instance, found.stage).forEach(warnings.add);
    found.warnings.forEach(warnings.add);
  }
  const edges = new Map(Array.from(resolved, ([stage, found]) => [stage, found.edges]));
  findCycles(edges).forEach(context.report);
  const pendingNames = findPending(instances.all, edges);
  const nodes = instances.all.flatMap((instance): readonly PipelineNode[] => {
    const found = resolved.get(instance.name)!;
    if (pendingNames.has(instance.name)) return [pendingStage(instance, found)];
    return found.stage === undefined ? [] : [found.stage];
  });
  const stages = nodes.filter(isKnown);
  findIdleAxes(instances, stages).forEach(context.report);
  checkInputs(context, instances, stages);
  // Of other pending ones it is known where they publish.
  const placed = instances.all.filter(({ axes }) => !hasUnknownValue(axes));
  checkPaths(context, placed, work.claims, reportPath(name));
  const texts = topLevelTexts(document, scope.params);
  const sources = sourcesOf(context, definitions, work.paths);
  onSources?.(sources);
  if (!mistakes.isEmpty) {
    for (const mistake of broken.values()) mistakes.add(mistake);
    return err(withHints(mistakes.inOrder(), warnings.inOrder()));
  }
  const scopes = new Set([scope, ...definitions.map((definition) => definition.scope)]);
  for (const each of scopes) unreadParams(each).forEach(warnings.add);
  return ok({
    name,
    root,
    file: shownPath(absolute, root),
    ...texts,
    stages,
    pending: nodes.filter(isPending),
    nodes,
    lists,
    changes: read.changes,
    leftOut: instances.leftOut,
    sources,
    broken,
    warnings: warnings.inOrder(),
  });
}

/** A text that was meant as a calculation explains why it is no number. */
function withHints(
  mistakes: readonly Diagnostic[],
  warnings: readonly Diagnostic[],
): readonly Diagnostic[] {
  const texts = warnings.filter(({ code }) => code === 'uncomputed-text');
  return mistakes.map((mistake) => {
    const { file, start } = mistake.at ?? {};
    const text = texts.find(({ at }) => at?.file === file && at?.start === start);
    return text === undefined ? mistake : { ...mistake, hint: mistake.hint ?? text.hint };
  });
}

/** What is noticed while a file is read. */
interface Notices {
  readonly mistakes: DiagnosticList;
  readonly warnings: DiagnosticList;
}

/** Where a pipeline's file publishes. */
export interface DeclaredOutputs {
  /** The path of each output by its name, such as `fit.model`. */
  readonly paths: ReadonlyMap<string, string>;
  /** The outputs from which axes take their values. */
  readonly lists: readonly ListOutput[];
}

/**
 * Where a pipeline's file publishes, as far as it can be read and its lists are known, whether its
 * data are here or not.
 */
export async function declaredOutputs(options: LoadOptions): Promise<DeclaredOutputs> {
  const notices = { mistakes: new DiagnosticList(), warnings: new DiagnosticList() };
  const { instances, files } = (await readFile(options, notices)) ?? {};
  const paths = (instances?.all ?? []).flatMap(({ name, outputs }) =>
    outputs.map(({ port, path }) => [listName({ stage: name, port }), path] as const),
  );
  return { paths: new Map(paths), lists: files?.lists.asked ?? [] };
}

/** Mistakes in axes that a stage may inherit. */
const ofInheritedAxes: ReadonlySet<DiagnosticCode> = new Set(['unknown-axis', 'idle-axis']);

/** Undefined where not even the document can be read. */
async function readFile(
  options: LoadOptions,
  { mistakes, warnings }: Notices,
): Promise<ReadFile | undefined> {
  const { root, kinds, unloaded = new Map(), set = [], env = process.env, findCode } = options;
  const lists = new AxisLists(options.lists ?? new Map());
  const unread = new Set<string>();
  // Without an included pipeline, the axes that its readers inherit are unknown as well.
  const report: Report = (diagnostic) => {
    if (diagnosticCodes[diagnostic.code].severity === 'warning') return warnings.add(diagnostic);
    const isUnsure = unread.size > 0 && ofInheritedAxes.has(diagnostic.code);
    return isUnsure ? undefined : mistakes.add(diagnostic);
  };
  const context: LoadContext = {
    root,
    kinds,
    unloaded,
    env,
    report,
    unread,
    chosen: [],
    findCode,
    askedEnv: new Map(),
    files: new Map(),
    looked: new Set(),
    codes: options.codes ?? new Map(),
  };
  const absolute = resolve(root, options.file);
  const name = pipelineName(absolute, root);
  const commandLine = readCommandLine(context, set);
  const ofFile = commandLine.params.filter(({ prefix }) => prefix === '');
  const choice = new ChosenExtends(ofFile);
  const document = loadDocument(context, [absolute], choice);
  reportMalformed(context, commandLine, document && child(document, 'params'));
  if (!document) {
    options.onSources?.(sourcesOf(context, [], new InputPaths(context)));
    return undefined;
  }

  const { params: settings } = commandLine;
  const opened = { chain: [absolute], document, settings, prefix: '', choice };
  const { scope, definitions } = collectDefinitions(context, opened, commandLine);
  checkPrefixes(context, definitions, commandLine);
  if (definitions.length === 0 && mistakes.isEmpty && !child(document, 'stages')) {
    const at = { ...document.at, end: document.at.start };
    context.report({ code: 'no-stages', message: `The pipeline "${name}" has no stages`, at });
  }
  const files: AxisFiles = { context, paths: new InputPaths(context), claims: [], lists };
  const instances = withoutStarved(await makeInstances(files, definitions, name));
  const changes = [...context.chosen, ...describeChanges(commandLine, document)];
  return { name, absolute, files, document, scope, definitions, instances, changes };
}

function checkPrefixes(
  context: LoadContext,
  definitions: readonly Definition[],
  { params, settings, axes }: CommandLine,
) {
  const names = new Set(definitions.map(({ name }) => name));
  for (const { stage, at } of settings) {
    if (names.has(stage) || isUnread(context, stage)) continue;
    const message = `There is no stage "${stage}" to set`;
    context.report({ code: 'unknown-stage', message, at, hint: suggest(stage, names) });
  }
  const prefixes = new Set(['', ...definitions.map(({ scope }) => scope.prefix)]);
  for (const { prefix, at } of [...params, ...axes]) {
    if (prefixes.has(prefix) || isUnread(context, prefix)) continue;
    context.report({
      code: 'unknown-param',
      message: `No pipeline is included as "${prefix.slice(0, -1)}"`,
      at,
    });
  }
}

function sourcesOf(
  { files, looked, askedEnv, codes }: LoadContext,
  definitions: readonly Definition[],
  { paths, globs }: InputPaths,
): PipelineSources {
  const ofKinds = (what: 'files' | 'looked') =>
    new Set(definitions.flatMap(({ kind }) => kind?.[what] ?? []));
  const programs = [...codes.values()];
  const ofPrograms = programs.flatMap(({ signatures }) => Object.keys(signatures));
  return {
    files: [...files.keys()],
    code: [...new Set([...ofKinds('files'), ...ofPrograms])],
    looked: [
      ...new Set([
        ...ofKinds('looked'),
        ...looked,
        ...programs.flatMap((program) => program.looked),
      ]),
    ],
    inputs: [...paths],
    globs: Object.fromEntries(globs),
    ...(askedEnv.size > 0 && { env: Object.fromEntries(askedEnv) }),
  };
}

/**
 * Unread parameters of the file itself and of the command line: an extended file may have some for
 * other pipelines.
 */
function unreadParams({ prefix, params, file, set }: FileScope): readonly Diagnostic[] {
  const meant = params.unread().filter(({ name, at }) => at.file === file || set.has(name));
  return meant.map(({ name, at }) => {
    // A misspelt parameter was meant as one that is read.
    const hint = didYouMean(name, params.read());
    return {
      code: 'unread-param',
      message: `No stage reads the parameter "${prefix}${name}"`,
      at,
      hint,
    };
  });
}

function topLevelTexts(document: MapNode, params: Params): PipelineTexts {
  const text = (key: string) => {
    const node = child(document, key);
    const value = node && substitute(node, params);
    return value?.type === 'scalar' && value.value !== null ? { [key]: String(value.value) } : {};
  };
  return { ...text('description'), ...text('salt') };
}
