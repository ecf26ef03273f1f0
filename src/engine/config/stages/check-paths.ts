import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { groupBy } from '../../../group-by.ts';
import { upwards } from '../../files/upwards.ts';
import type { LoadContext } from '../load-context.ts';
import type { LocatedOutput } from '../pipeline.ts';
import { whyNoOutput } from '../reserved-paths.ts';
import { child, textOf } from '../yaml/node.ts';
import type { PathClaim } from './input-paths.ts';
import type { Instance } from './instances.ts';
import { separatePathHint } from './outputs.ts';

interface OutputClaim {
  readonly instance: Instance;
  readonly output: LocatedOutput;
  /** Absolute, with links resolved. */
  readonly path: string;
}

/** In bytes, on nearly every file system. */
const longestName = 255;

/**
 * Reports outputs that overlap each other, an input or the report's `page`, or lie outside the
 * root; and missing inputs.
 */
export function checkPaths(
  context: LoadContext,
  instances: readonly Instance[],
  inputs: readonly PathClaim[],
  page: string,
): void {
  const { root, report } = context;
  const real = new RealPaths();
  const realRoot = dirname(real.of(join(root, 'x')));
  const runPage = { shown: page, path: real.of(resolve(root, page)) };
  const claims = instances.flatMap((instance) =>
    instance.outputs.map(
      (output): OutputClaim => ({ instance, output, path: real.of(resolve(root, output.path)) }),
    ),
  );
  const allowed = claims.filter(({ output, path }) => checkTarget(context, output, path, realRoot));
  for (const { output, path } of allowed) checkPage(context, output, path, runPage);
  const byPath = groupBy(allowed, ({ path }) => path);
  reportTwice(context, [...byPath.values()]);
  const claimed = new Map(Array.from(byPath, ([path, [first]]) => [path, first!]));
  const readable = checkInputs(context, claimed, inputs, real);
  for (const [path, { output }] of claimed) {
    const reportInside = (what: string, at: LocatedOutput['at']) => {
      const message = `The output "${output.path}" lies inside the ${what}`;
      const related = [{ message: 'That path is declared here', at }];
      report({ code: 'output-inside', message, at: output.at, related });
    };
    for (const folder of upwards(path)) {
      const around = folder === path ? undefined : claimed.get(folder);
      if (around)
        reportInside(
          `output "${around.output.port}" of "${around.instance.name}"`,
          around.output.at,
        );
      const input = readable.get(folder);
      if (input) reportInside(`input "${input.shown}"`, input.at);
      if (folder === realRoot) break;
    }
  }
}

function checkInputs(
  { report }: LoadContext,
  claimed: ReadonlyMap<string, OutputClaim>,
  inputs: readonly PathClaim[],
  real: RealPaths,
): ReadonlyMap<string, PathClaim> {
  const readable = new Map<string, PathClaim>();
  const makers = new Map<string, OutputClaim | undefined>();
  for (const claim of inputs) {
    const path = real.of(claim.absolute);
    if (!makers.has(path)) makers.set(path, makerOf(path, claimed));
    const maker = makers.get(path);
    const { shown, at, missing } = claim;
    if (maker) {
      const stage = maker.instance.name;
      const message = `"${shown}" is made by the stage "${stage}"`;
      const hint = `Read it as ${stage}.${maker.output.port}, so that its stage runs first.`;
      const related = [{ message: 'It is published here', at: maker.output.at }];
      report({ code: 'input-in-output', message, at, related, hint });
    } else if (missing) report({ ...missing, at });
    else readable.set(path, claim);
  }
  return readable;
}

function makerOf(path: string, claimed: ReadonlyMap<string, OutputClaim>): OutputClaim | undefined {
  for (const folder of upwards(path)) if (claimed.has(folder)) return claimed.get(folder);
  return undefined;
}

function checkTarget(
  { report }: LoadContext,
  { path: outputPath, at }: LocatedOutput,
  path: string,
  root: string,
): boolean {
  const long = outputPath.split('/').find((name) => Buffer.byteLength(name) > longestName);
  if (long !== undefined) {
    const message = `The output "${outputPath}" has a name of ${Buffer.byteLength(long)} bytes; file systems take at most ${longestName}`;
    report({ code: 'wrong-target', message, at, hint: 'Give it a shorter one under "outputs".' });
    return false;
  }
  // Both as it is written and as links lead: a link at "cache" may lead anywhere.
  const reason = whyNoOutput(outputPath) ?? whyNoOutput(relative(root, path).split(sep).join('/'));
  if (reason === undefined) return true;
  report({
    code: 'wrong-target',
    message: `The output "${outputPath}" ${reason}`,
    at,
    hint: 'Publish it below artifacts/.',
  });
  return false;
}

/** The report is rewritten all the time: inside an output, it would change what was published. */
function checkPage(
  { report }: LoadContext,
  output: LocatedOutput,
  path: string,
  page: { readonly shown: string; readonly path: string },
): void {
  const relation = relationOf(path, page.path);
  if (relation === undefined) return;
  const message = `The output "${output.path}" ${relation} "${page.shown}", where every run leaves its report`;
  const hint = 'Publish it beside the report, under a name of its own.';
  report({ code: 'wrong-target', message, at: output.at, hint });
}

function relationOf(path: string, page: string): 'is' | 'holds' | 'lies in' | undefined {
  if (path === page) return 'is';
  if (page.startsWith(path + sep)) return 'holds';
  return path.startsWith(page + sep) ? 'lies in' : undefined;
}

/**
 * Reports paths that several outputs claim, each two outputs of the file once, whatever the number
 * of their instances.
 */
function reportTwice(
  context: LoadContext,
  claimsByPath: readonly (readonly OutputClaim[])[],
): void {
  const reported = new Set<string>();
  for (const claims of claimsByPath) {
    const byOutput = groupBy(claims, writtenAs);
    const [first, ...others] = byOutput.keys();
    for (const [written, instances] of byOutput) {
      if (instances.length === 1 || reported.has(written)) continue;
      reported.add(written);
      reportInstances(context, instances);
    }
    for (const second of others) {
      const pair = `${first} ${second}`;
      if (reported.has(pair)) continue;
      reported.add(pair);
      reportOutputs(context, byOutput.get(first!)![0]!, byOutput.get(second)![0]!);
    }
  }
}

const writtenAs = ({ instance, output }: OutputClaim): string =>
  `${instance.definition.name}.${output.port}`;

function reportOutputs({ report }: LoadContext, first: OutputClaim, second: OutputClaim): void {
  const describe = ({ instance, output }: OutputClaim) => `"${output.port}" of "${instance.name}"`;
  const message = `"${second.output.path}" is claimed by two outputs: ${describe(first)} and ${describe(second)}`;
  const related = [{ message: 'The first one is here', at: first.output.at }];
  report({ code: 'output-twice', message, at: second.output.at, related });
}

function reportInstances({ report }: LoadContext, claims: readonly OutputClaim[]): void {
  const { instance, output } = claims[0]!;
  const { definition } = instance;
  const axes = [...instance.axes.keys()].filter((axis) => {
    return new Set(claims.map((claim) => claim.instance.axes.get(axis)!.label)).size > 1;
  });
  const slots = axes.filter((axis) => instance.axes.get(axis)!.slot);
  const declared = child(child(definition.node, 'outputs'), output.port);
  const written = textOf(declared) ?? textOf(child(declared, 'path')) ?? '';
  // That a path depends on a slot is reported.
  if (slots.some((axis) => written.includes(`matrix.${axis}`))) return;
  const names = claims.slice(0, 2).map(({ instance: { name } }) => `"${name}"`);
  const some =
    claims.length === 2 ? 'by' : `by ${claims.length} instances of "${definition.name}", such as`;
  const message = `"${output.path}" is claimed ${some} ${names.join(' and ')}`;
  const others = axes.filter((axis) => !slots.includes(axis));
  const varied =
    others.length === 0
      ? ''
      : ` Or put ${others.map((axis) => `\${matrix.${axis}}`).join(' and ')} into the path.`;
  const hint = separatePathHint(definition, output) + varied;
  report({ code: 'output-twice', message, at: output.at, hint });
}

/**
 * Resolves links in a path's parents. The last part is not followed, since publishing replaces a
 * link.
 */
class RealPaths {
  readonly #folders = new Map<string, string>();

  of(absolute: string): string {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(this.#folder(parent), basename(absolute));
  }

  #folder(path: string): string {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    let real = this.of(path);
    try {
      if (lstatSync(path).isSymbolicLink()) real = realpathSync.native(path);
    } catch {
      // It does not exist yet, or is a broken link: publishing reports that.
    }
    this.#folders.set(path, real);
    return real;
  }
}
