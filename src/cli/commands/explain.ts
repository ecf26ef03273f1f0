import { formatFew } from '../../format-numbers.ts';
import { printableJson } from '../../json.ts';
import {
  type ExplainedChange,
  explainStages,
  type KnownTrials,
  type KnownValue,
  type StageExplanation,
} from '../../project/inspect/explain-stages.ts';
import { plannedStates } from '../../reporting/states.ts';
import { formatTable } from '../../reporting/terminal/text-layout.ts';
import { printJson } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

interface ExplainOptions {
  readonly set: readonly string[];
  readonly backend: string;
  readonly json?: boolean;
}

export async function explainCommand(
  words: readonly string[],
  { set, backend, json }: ExplainOptions,
): Promise<void> {
  const explained = await explainStages(openHere(), { words, set, last: true }, backend);
  if (json === true) printJson(explained.map(rowOf));
  else process.stdout.write(explained.map(asText).join('\n'));
}

function asText({ stage, kind, state, reasons, examined }: StageExplanation): string {
  const lines = [
    `${stage} (${kind}): ${plannedStates[state].act}`,
    ...reasons.map((reason) => `  ${reason}`),
  ];
  if (examined === undefined) return `${lines.join('\n')}\n`;
  const { digest, last, changes, result, knew } = examined;
  if (last !== undefined) lines.push(...formatChanges(changes));
  if (knew !== undefined) lines.push(`  knew        ${describeTrials(knew)}`);
  lines.push(`  fingerprint ${digest}`);
  if (result !== undefined) lines.push(`  result      of ${result.startedAt} on ${result.host}`);
  return `${lines.join('\n')}\n`;
}

function formatChanges(changes: readonly ExplainedChange[]): readonly string[] {
  if (changes.length === 0) return ['  nothing differs from the last result'];
  const rows = changes.map((change) =>
    'sources' in change
      ? [change.path, 'other content', `that of ${formatFew(change.sources, 3)}`]
      : [change.path, formatValue(change.before), formatValue(change.after)],
  );
  return ['', ...formatTable(['value', 'last result', 'now'], rows).map((line) => `  ${line}`), ''];
}

/** Trials 1, 2 and 4, while others were under way; `4 (failed)`. */
function describeTrials({ ended, failed }: KnownTrials): string {
  const numbers = [...ended, ...failed.map((number) => `${number} (failed)`)];
  const sorted = numbers.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return sorted.length === 0 ? 'no trial' : `the trials ${sorted.join(', ')}`;
}

const formatValue = ({ value, isDefault }: KnownValue): string =>
  (value === undefined ? '—' : printableJson(value)) + (isDefault ? ' (default)' : '');

const rowOf = ({ stage, state, examined }: StageExplanation) => ({
  stage,
  state,
  ...(examined !== undefined && {
    digest: examined.digest,
    ...(examined.knew !== undefined && { knew: examined.knew }),
    fingerprint: examined.fingerprint,
    last: examined.last ?? null,
    differences: examined.differences,
  }),
});
