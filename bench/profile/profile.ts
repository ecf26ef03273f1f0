/**
 * Where the time of a stage's steps goes: by part, tfjs kernel, ONNX operator and node.
 *
 *     npm run profile -- [file] <stage> [--steps 10] [--out folder]
 *         [--set params.x=1] [--backend onnxruntime]
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { backendOption, positiveInteger, setOption } from '../../src/cli/declare-commands.ts';
import { reportError, warnOnStderr } from '../../src/cli/support/command-error.ts';
import { exitCodes } from '../../src/cli/support/exit-codes.ts';
import { Interrupts } from '../../src/cli/support/interrupts.ts';
import { openHere } from '../../src/cli/support/open-here.ts';
import { safeName } from '../../src/engine/config/file-names.ts';
import type { Stage } from '../../src/engine/config/pipeline.ts';
import { publishedFolder } from '../../src/engine/config/published-paths.ts';
import type { Diagnostic } from '../../src/engine/diagnostics/diagnostic.ts';
import { Admission } from '../../src/engine/execution/admission.ts';
import type { Execution } from '../../src/engine/execution/execution.ts';
import { pathOf } from '../../src/engine/execution/input-view.ts';
import { runStageProcess } from '../../src/engine/execution/local-place.ts';
import { machineCapacity } from '../../src/engine/execution/machine-capacity.ts';
import { scratchFolder } from '../../src/engine/execution/private-paths.ts';
import { processRunner } from '../../src/engine/execution/processes/process-runner.ts';
import { writeError } from '../../src/engine/files/write-error.ts';
import type { Cancellation } from '../../src/project/cancellation.ts';
import { checkClaims } from '../../src/project/check-claims.ts';
import { makeExecution } from '../../src/project/make-execution.ts';
import { openSelection } from '../../src/project/open-target.ts';
import { PipelineError } from '../../src/project/pipeline-error.ts';
import { runStages } from '../../src/project/run-stages.ts';
import type { Selection } from '../../src/project/selection.ts';
import { RunListeners } from '../../src/reporting/run-model.ts';
import { selectReporter } from '../../src/reporting/terminal/select-reporter.ts';
import { err, ok, type Result } from '../../src/result.ts';
import { UserError } from '../../src/user-error.ts';
import { formatProfile, milliseconds, partsOf } from './format-profile.ts';
import { type MeasuredProfile, profileFile, stepsVariable } from './measured-profile.ts';

interface ProfileOptions {
  readonly set: readonly string[];
  readonly backend: string;
  readonly steps: number;
  readonly out?: string;
}

/** A profile, and what it ran on. */
interface Profiled {
  readonly profile: MeasuredProfile;
  readonly ranOn: Readonly<Record<string, string | number>>;
}

/**
 * Profiles the steps of a stage. Brings what the stage reads up to date, then runs the stage itself
 * in a folder of its own: nothing of it is published or recorded.
 */
async function profileCommand(words: readonly string[], options: ProfileOptions): Promise<number> {
  const startedAt = Date.now();
  const project = await openSelection(openHere(), { words, set: options.set });
  const chosen = chooseStage(project, options.backend);
  if (!chosen.ok) throw new PipelineError([chosen.error]);
  const stage = chosen.value;
  const folder = profileFolder(stage, project, options.out);
  if (!folder.ok) throw new PipelineError([folder.error]);
  const claimed = await checkClaims(project);

  using interrupts = new Interrupts();
  const { cancellation } = interrupts;
  const read = project.stages.filter(({ name }) => name !== stage.name);
  const upstream: Selection = {
    ...project,
    stages: read,
    named: read.map(({ name }) => name),
    whole: false,
    asked: { stages: read.map(({ name }) => name) },
  };
  const reporter = new RunListeners(selectReporter('auto', process.stdout, process.env));
  const run = await makeExecution(upstream, options, {
    reporter,
    cancellation,
    startedAt,
  });
  try {
    for (const { path, owner } of claimed) await run.publisher.takeOver(path, owner);
    if (read.length > 0) {
      const { ok, interrupted } = await runStages(run, upstream, { cancellation });
      if (interrupted) return exitCodes.interrupted;
      if (!ok) return exitCodes.failed;
    }
  } finally {
    reporter.close();
  }
  const profiled = await profileStage(stage, project, run, cancellation, options.steps);
  if (cancellation.interrupted) return exitCodes.interrupted;
  await writeProfile(profiled, stage, project, folder.value);
  return exitCodes.ok;
}

/** The one stage that is named, if it can be profiled. */
function chooseStage(
  { named, graph, pipeline }: Selection,
  backend: string,
): Result<Stage, Diagnostic> {
  const [name, ...others] = named;
  if (name === undefined || others.length > 0) {
    const computing = pipeline.stages.filter(({ computes }) => computes).map(({ name }) => name);
    const message = `Expected one stage to profile, got ${named.length}: ${named.join(', ')}`;
    const hint =
      computing.length > 0
        ? `Those that compute are ${computing.join(', ')}.`
        : 'None of them computes.';
    return err({ code: 'one-stage', message, hint });
  }
  const stage = graph.stage(name);
  if (!stage.computes) {
    const message = `Expected a stage that computes with tensors, got ${name}, which is of the kind ${stage.kind}`;
    throw new UserError(message);
  }
  if (backend !== 'auto' && !backend.startsWith('onnxruntime')) {
    const message = `Only the backend onnxruntime, with or without a provider, can be profiled, not ${backend}`;
    throw new UserError(`${message}. Leave \`--backend\` out.`);
  }
  return ok(stage);
}

/** The absolute folder that the profile is written to: never inside what a stage publishes. */
function profileFolder(
  stage: Stage,
  project: Selection,
  out: string | undefined,
): Result<string, Diagnostic> {
  const { root, pipeline } = project;
  const folder =
    out === undefined
      ? join(root, publishedFolder(pipeline.name), safeName(stage.name), 'profile')
      : resolve(out);
  for (const { name, outputs } of pipeline.stages) {
    const output = outputs.find(({ path }) =>
      `${folder}${sep}`.startsWith(`${join(root, path)}${sep}`),
    );
    if (output === undefined) continue;
    const message = `The profile cannot be written to ${relative(root, folder)}, where ${name} publishes ${output.port}`;
    return err({ code: 'output-claimed', message, hint: 'Name another folder with `--out`.' });
  }
  return ok(folder);
}

/** Runs the stage in its own process, on an observed backend, until enough steps were seen. */
async function profileStage(
  stage: Stage,
  { kinds }: Selection,
  run: Execution,
  { signal, kill }: Cancellation,
  steps: number,
): Promise<Profiled> {
  const { workspace } = run;
  const { work, log } = run.folder.attempt(stage.name, 1);
  const runProcess = processRunner(
    fileURLToPath(new URL('./profile-main.js', import.meta.url)),
    async () => undefined,
  );
  const inputs = Object.fromEntries(
    stage.inputs.map(({ port, items }) => [
      port,
      items.map((item) => ({ path: pathOf(item, workspace), labels: item.labels })),
    ]),
  );
  try {
    const { cpu } = await new Admission(machineCapacity(process.env), 1).acquire(
      stage.resources,
      signal,
    );
    const { end, reports } = await runStageProcess(stage, {
      root: workspace.pipeline.root,
      env: workspace.env,
      runProcess: (job) =>
        runProcess({ ...job, env: { ...job.env, [stepsVariable]: String(steps) } }),
      module: kinds.get(stage.kind)?.module,
      inputs,
      translate: (text) => text,
      cpus: cpu,
      backend: workspace.backend ?? 'auto',
      work,
      log,
      emit: () => {},
      signal,
      kill,
    });
    for (const line of reports.warnings) warnOnStderr(line);
    if (!end.ok) {
      const hint = `What it printed, if anything, is in ${relative(process.cwd(), log)}.`;
      throw new UserError(`${stage.name} failed while it was profiled: ${end.message}\n${hint}`);
    }
    const profile = JSON.parse(
      readFileSync(join(scratchFolder(work), profileFile), 'utf8'),
    ) as MeasuredProfile;
    return { profile, ranOn: reports.notes };
  } finally {
    await run.folder.removeWork();
  }
}

/** Prints the tables, and writes the profile with its chart. */
async function writeProfile(
  { profile, ranOn }: Profiled,
  { name, kind }: Stage,
  { pipeline }: Selection,
  folder: string,
): Promise<void> {
  const { renderChart } = await import('../../src/learning/charts/render-chart.ts');
  const { formatJson } = await import('../../src/format-json.ts');
  const { profileChart } = await import('./profile-chart.ts');
  const [summary, ...tables] = formatProfile(profile, name);
  const shares = partsOf(profile).map(
    ([part, time]) => `${part} ${((100 * time) / profile.total).toFixed(0)} %`,
  );
  const subtitle = `${milliseconds(profile.total)} ms a step: ${shares.join(', ')}`;
  const spec = profileChart(
    profile.kernels,
    `Where a step of ${name} goes, by tfjs kernel`,
    subtitle,
  );
  try {
    mkdirSync(folder, { recursive: true });
    const { steps, ...rest } = profile;
    writeFileSync(
      join(folder, profileFile),
      formatJson({ pipeline: pipeline.name, stage: name, kind, ranOn, steps, ...rest }),
    );
    await renderChart(spec, folder, warnOnStderr);
  } catch (error) {
    throw writeError(folder, error);
  }
  const path = relative(process.cwd(), folder) || '.';
  process.stdout.write(
    `${[summary, ...tables].join('\n')}\n\nThe rest, and a chart, are in ${path}\n`,
  );
}

const program = new Command('npm run profile --')
  .argument('[file]', 'the pipeline; left out: the only one')
  .argument('[stage]', 'the stage to profile, which computes on the backend onnxruntime')
  .option(
    '--steps <count>',
    'how many steps to measure, after some to warm up',
    positiveInteger,
    10,
  )
  .option(
    '--out <folder>',
    'where to write the profile and its chart (default: profile/ beside the outputs)',
  )
  .addOption(setOption)
  .addOption(backendOption)
  .action(async (file: string | undefined, stage: string | undefined, options: ProfileOptions) => {
    const words = [file, stage].filter((word) => word !== undefined);
    process.exitCode = await profileCommand(words, options);
  });
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
