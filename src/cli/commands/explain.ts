import type { Stage, StageName } from '../../engine/config/pipeline.ts';
import { diffFingerprints } from '../../engine/fingerprint/diff-fingerprints.ts';
import type { Fingerprint } from '../../engine/fingerprint/fingerprint.ts';
import { withDefaults } from '../../engine/plan/changes.ts';
import { describeReasons } from '../../engine/plan/describe-decision.ts';
import type { PlannedStage } from '../../engine/plan/plan.ts';
import { formatFew } from '../../format-numbers.ts';
import { type Json, printableJson } from '../../json.ts';
import { openSelection } from '../../project/open-target.ts';
import { planSelection } from '../../project/workspace.ts';
import { sourceOf } from '../../reporting/report/describe-stage.ts';
import { plannedStates } from '../../reporting/states.ts';
import { formatTable } from '../../reporting/terminal/text.ts';
import { printJson } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

interface ExplainOptions {
  readonly set: readonly string[];
  readonly backend: string;
  readonly json?: boolean;
}

export async function explainCommand(
  words: readonly string[],
  options: ExplainOptions,
): Promise<void> {
  const project = await openSelection(openHere(), { words, set: options.set, last: true });
  const wanted = new Set<StageName>(
    project.target.stages.length > 0 ? project.named : project.stages.map(({ name }) => name),
  );
  const explained = (await planSelection(project, options.backend)).filter(({ stage }) =>
    wanted.has(stage.name),
  );
  if (options.json === true) printJson(explained.map(rowOf));
  else process.stdout.write(explained.map(asText).join('\n'));
}

function asText({ stage, decision, examined }: PlannedStage): string {
  const lines = [
    `${stage.name} (${stage.kind}): ${plannedStates[decision.state].act}`,
    ...describeReasons(decision).map((reason) => `  ${reason}`),
  ];
  if (examined === undefined) return `${lines.join('\n')}\n`;
  if (examined.last !== undefined)
    lines.push(...differences(examined.last, examined.fingerprint, stage));
  lines.push(`  fingerprint ${examined.digest}`);
  if (examined.result !== undefined) {
    const { startedAt, host } = examined.result.record;
    lines.push(`  result      of ${startedAt} on ${host}`);
  }
  return `${lines.join('\n')}\n`;
}

function differences(
  last: Fingerprint,
  now: Fingerprint,
  { defaultOf, inputs }: Stage,
): readonly string[] {
  const rows = diffFingerprints(last, now).flatMap((difference) => {
    const cell = (value: Json | undefined, written: Json | undefined) =>
      show(value) + (value !== undefined && written === undefined ? ' (default)' : '');
    const port = /^inputs\.([^.[]+)\[\d+\]\.digest$/.exec(difference.path)?.[1];
    if (port !== undefined) {
      // What is connected to the port says more than its digests, which `--json` prints.
      const items = inputs.find((input) => input.port === port)?.items ?? [];
      return [[difference.path, 'other content', `that of ${formatFew(items.map(sourceOf), 3)}`]];
    }
    return withDefaults(difference, defaultOf).map(({ path, before, after }) => [
      path,
      cell(before, difference.before),
      cell(after, difference.after),
    ]);
  });
  if (rows.length === 0) return ['  nothing differs from the last result'];
  return ['', ...formatTable(['value', 'last result', 'now'], rows).map((line) => `  ${line}`), ''];
}

const show = (value: Json | undefined): string =>
  value === undefined ? '—' : printableJson(value);

const rowOf = ({ stage, decision, examined }: PlannedStage) => ({
  stage: stage.name,
  state: decision.state,
  ...(examined !== undefined && {
    digest: examined.digest,
    fingerprint: examined.fingerprint,
    last: examined.last ?? null,
    differences:
      examined.last === undefined ? [] : diffFingerprints(examined.last, examined.fingerprint),
  }),
});
