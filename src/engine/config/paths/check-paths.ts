import { join, resolve } from 'node:path';
import type { LoadContext } from '../load-context.ts';
import type { Output, StageName } from '../pipeline.ts';
import type { PathClaim } from './input-paths.ts';
import { RealPaths, upwards } from './real-paths.ts';

interface OutputClaim {
  readonly stage: StageName;
  readonly output: Output;
}

/** Folders of the root that no output may lie in: what is published there would be lost, or mistaken for the user's. */
const reserved = ['cache', 'pipelines', '.git'];

/** Bytes of a name, on nearly every file system. */
const longestName = 255;

/**
 * Holds all outputs and path inputs of a pipeline against one another: no two outputs in one place or inside one another,
 * no output inside an input, no input inside an output (there is an edge for that), no output outside the root or where the run's `page` is.
 */
export function checkPaths(
  context: LoadContext,
  outputs: readonly OutputClaim[],
  inputs: readonly PathClaim[],
  page: string,
): void {
  const real = new RealPaths();
  const root = real.of(join(context.root, 'x')).slice(0, -2);
  const claimed = new Map<string, OutputClaim>();
  for (const claim of outputs) {
    const path = real.of(resolve(context.root, claim.output.path));
    if (!checkTarget(context, claim, path, root)) continue;
    const first = claimed.get(path);
    if (first) reportTwice(context, first, claim);
    else claimed.set(path, claim);
    checkPage(context, claim, path, real.of(resolve(context.root, page)), page);
  }
  const made = checkInputs(context, claimed, inputs, real);
  for (const [path, claim] of claimed) {
    for (const folder of upwards(path)) {
      const around = folder === path ? undefined : claimed.get(folder);
      if (around) reportInside(context, claim, `output "${around.output.port}" of "${around.stage}"`, around.output.at);
      const input = made.get(folder);
      if (input) reportInside(context, claim, `input "${input.shown}"`, input.at);
      if (folder === root) break;
    }
  }
}

/** Reports inputs that are missing or that a stage makes; the answer is the others, by where they really lie. */
function checkInputs(
  { report }: LoadContext,
  claimed: ReadonlyMap<string, OutputClaim>,
  inputs: readonly PathClaim[],
  real: RealPaths,
): ReadonlyMap<string, PathClaim> {
  const sound = new Map<string, PathClaim>();
  const makers = new Map<string, OutputClaim | undefined>();
  for (const claim of inputs) {
    const path = real.of(claim.absolute);
    if (!makers.has(path)) makers.set(path, makerOf(path, claimed));
    const maker = makers.get(path);
    const { shown, at, missing } = claim;
    if (maker) {
      const message = `"${shown}" is made by the stage "${maker.stage}"`;
      const hint = `Read it as ${maker.stage}.${maker.output.port}, so that the stage runs before.`;
      report({
        code: 'input-in-output',
        message,
        at,
        related: [{ message: 'It is published here', at: maker.output.at }],
        hint,
      });
    } else if (missing) {
      const { code, message, hint } = missing;
      report({ code, message, at, ...(hint !== undefined && { hint }) });
    } else sound.set(path, claim);
  }
  return sound;
}

function makerOf(path: string, claimed: ReadonlyMap<string, OutputClaim>): OutputClaim | undefined {
  for (const folder of upwards(path)) {
    const claim = claimed.get(folder);
    if (claim) return claim;
  }
  return undefined;
}

function checkTarget({ report }: LoadContext, { output }: OutputClaim, path: string, root: string): boolean {
  const { path: shown, at } = output;
  const long = shown.split('/').find((name) => Buffer.byteLength(name) > longestName);
  if (long !== undefined) {
    const message = `The output "${shown}" has a name of ${Buffer.byteLength(long)} bytes; file systems take at most ${longestName}`;
    report({ code: 'wrong-target', message, at, hint: 'Give it a shorter one under "outputs".' });
    return false;
  }
  const inside = path.startsWith(`${root}/`) || path.startsWith(`${root}\\`);
  const first = inside ? path.slice(root.length + 1).split(/[/\\]/)[0]! : '';
  if (inside && !reserved.includes(first)) return true;
  const outside = path === root ? "is the project's root itself" : "lies outside the project's root";
  const where = inside ? `lies in "${first}/", which is not for outputs` : outside;
  report({ code: 'wrong-target', message: `The output "${shown}" ${where}`, at, hint: 'Publish it below artifacts/.' });
  return false;
}

/** The page of the run is renewed all the time: in an output, it would change what was published. */
function checkPage({ report }: LoadContext, { output }: OutputClaim, path: string, real: string, page: string): void {
  const meets =
    path === real ? 'is' : real.startsWith(`${path}/`) ? 'holds' : path.startsWith(`${real}/`) ? 'lies in' : '';
  if (meets === '') return;
  const message = `The output "${output.path}" ${meets} "${page}", where every run leaves its report`;
  report({
    code: 'wrong-target',
    message,
    at: output.at,
    hint: 'Publish it beside the report, under a name of its own.',
  });
}

function reportTwice({ report }: LoadContext, first: OutputClaim, { stage, output }: OutputClaim): void {
  const message = `"${output.path}" is claimed by two outputs: of "${first.stage}" and of "${stage}"`;
  const at = output.at;
  if (baseOf(stage) === baseOf(first.stage)) {
    const hint = 'Put ${matrix.…} into the path, so that every instance has its own.';
    report({ code: 'output-twice', message, at, hint });
  } else
    report({ code: 'output-twice', message, at, related: [{ message: 'The first one is here', at: first.output.at }] });
}

const baseOf = (stage: StageName) => stage.replace(/\[.*/, '');

function reportInside({ report }: LoadContext, { output }: OutputClaim, what: string, at: Output['at']): void {
  const message = `The output "${output.path}" lies inside the ${what}`;
  report({ code: 'output-inside', message, at: output.at, related: [{ message: 'Which is this', at }] });
}
