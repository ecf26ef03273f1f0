import { clearLeftovers, type RecalledRun } from '../project/recall-run.ts';
import { wantsColour } from '../reporting/terminal/colour.ts';
import { formatAllFresh } from '../reporting/terminal/format-all-fresh.ts';
import { guardStream } from '../reporting/terminal/terminal-text.ts';
import { ignoresHangup } from './support/hangup.ts';
import { surviveLostOutput } from './support/lost-output.ts';

// Here and not in `main`: the tests run many commands in one process, which needs one listener.
if (ignoresHangup) process.on('SIGHUP', () => {});

/**
 * Runs the command that the words name, and sets the exit code.
 *
 * @param recalled The same run, if nothing has changed since: then a `run` has nothing to do, and a
 *   `plan` says so.
 */
export async function main(
  argv: readonly string[],
  recalled: RecalledRun | undefined,
): Promise<void> {
  // Before anything guards its output, over which it speaks with a run.
  if (argv[0] === 'worker') {
    process.exitCode = await (await import('../project/host-worker-main.ts')).serveHost(
      argv.slice(1),
    );
    return;
  }
  surviveLostOutput(argv[0] !== 'run');
  for (const stream of [process.stdout, process.stderr])
    guardStream(stream, wantsColour(stream, process.env));
  if (recalled !== undefined && (await answer(argv[0], recalled))) return;
  if (argv[0] === 'run' || argv[0] === 'plan') await optimiseLater();
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(argv);
}

/**
 * Lets V8 compile with all its optimisations only what runs for long. Node 20 compiles so much that
 * a plan of 2,000 stages takes half as much processor time again; later versions have other limits.
 */
async function optimiseLater(): Promise<void> {
  if (!process.version.startsWith('v20.')) return;
  (await import('node:v8')).setFlagsFromString('--interrupt-budget=1000000');
}

/** Answers `run` or `plan` from memory. False if the memory lacks what a plan says. */
async function answer(command: string | undefined, run: RecalledRun): Promise<boolean> {
  const { pipeline, stages, names } = run;
  if (command === 'plan') return names !== undefined && (await printPlan(pipeline, names));
  process.stdout.write(`${formatAllFresh(pipeline, stages, process.uptime())}\n`);
  if (run.hasLeftovers) await clearLeftovers(run.root);
  return true;
}

async function printPlan(pipeline: string, names: readonly string[]): Promise<true> {
  const { formatPlan } = await import('../reporting/terminal/format-plan.ts');
  const lines = names.map((stage) => ({ stage, state: 'up to date', notes: [] }) as const);
  const noRemarks = { changes: [], leftOut: new Map() };
  const isColoured = wantsColour(process.stdout, process.env);
  process.stdout.write(formatPlan(pipeline, lines, noRemarks, isColoured));
  return true;
}
