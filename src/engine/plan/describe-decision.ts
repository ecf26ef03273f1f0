import { formatFew } from '../../format-numbers.ts';
import type { Json } from '../../json.ts';
import { unreachable } from '../../result.ts';
import type { PlannedDecision, Reason } from './decide.ts';
import type { Change, FileChanges, InputChange } from './fingerprint-changes.ts';

/** How many stages or files a reason names; the others are counted. */
const mostNamed = 4;

/**
 * The reasons of a decision as clauses, the most important first; none for a stage that is up to
 * date.
 */
export function describeReasons(decision: PlannedDecision): readonly string[] {
  if (decision.state === 'up to date') return [];
  if (decision.state === 'waiting')
    return [`reads ${formatFew(decision.for, mostNamed)}, which must run`];
  if (decision.state === 'failing') return [decision.message];
  return decision.state === 'pending' ? [describePending(decision)] : describeAll(decision.reasons);
}

const describeAll = (reasons: readonly Reason[]): readonly string[] => reasons.map(describeReason);

/** `one for each value in videos.list, which is not known yet`, or `needs fit[clip=?]`. */
function describePending({ lists, for: needed }: Extract<PlannedDecision, { state: 'pending' }>) {
  if (lists.length === 0) return `needs ${formatFew(needed, mostNamed)}`;
  return `one for each value in ${lists.join(' and ')}, which is not known yet`;
}

function describeReason(reason: Reason): string {
  switch (reason.type) {
    case 'forced':
    case 'never ran':
      return reason.type;
    case 'no result':
      return `${reason.lastAttempt} when it last ran, and has no earlier result`;
    case 'result lost':
      return 'the store no longer has its last result';
    case 'change':
      return describeChange(reason.change);
    case 'not published':
      return 'not published here';
    case 'output missing':
      return `output ${reason.port} is missing`;
    case 'output changed':
      return `output ${reason.port} was changed in place`;
    case 'other result':
      return describeOther(reason);
    case 'not kept':
      return 'its outputs are not kept (cache: false)';
    case 'objects lost':
      return `the store has lost ${reason.count} of its objects`;
    default:
      return unreachable(reason);
  }
}

/** How the result that is wanted differs from the one that is published, and lies in the store. */
function describeOther({ ports, changes }: Extract<Reason, { type: 'other result' }>): string {
  if (changes.length === 0) return `another result is published as ${ports.join(', ')}`;
  return `${formatFew(changes.map(describeChange), 1)}, for which there is an earlier result`;
}

/** A change as a clause, such as `settings.epochs: 5 → 8` or `input dataset changed`. */
export function describeChange(change: Change): string {
  if (change.of === 'value') return describeValue(change);
  return change.of === 'code'
    ? describeCode(change)
    : `input ${change.port} ${describeInput(change)}`;
}

function describeInput({ change, files, before, after }: InputChange): string {
  const words: Readonly<Record<InputChange['change'], string>> = {
    added: 'is new',
    removed: 'was dropped',
    content: files === undefined ? 'changed' : `changed: ${describeFiles(files)}`,
    extension: `ends in ${extension(after)}, before in ${extension(before)}`,
  };
  return words[change];
}

const extension = (value: Json | undefined): string =>
  value === undefined ? 'no extension' : JSON.stringify(value);

const namedFiles = 3;

function describeFiles({ first, more }: FileChanges): string {
  const unnamed = first.length - namedFiles + more;
  const named = first.slice(0, namedFiles).map(({ path, change }) => `${path} ${change}`);
  return named.join(', ') + (unnamed > 0 ? ` and ${unnamed} more` : '');
}

function describeCode({ kind, files }: Change & { readonly of: 'code' }): string {
  const folder = kind === undefined ? '' : `stages/${kind}/`;
  const names = files.map((path) => (path.startsWith(folder) ? path.slice(folder.length) : path));
  const what = kind === undefined ? 'its code' : `code of stages/${kind}`;
  return `${what} changed${names.length > 0 ? ` (${formatFew(names, mostNamed)})` : ''}`;
}

/** A changed value; of a text of several lines, only the first line that differs. */
function describeValue({ path, before, after }: Change & { readonly of: 'value' }): string {
  if (
    typeof before === 'string' &&
    typeof after === 'string' &&
    `${before}${after}`.includes('\n')
  ) {
    const old = before.split('\n');
    const now = after.split('\n');
    const line = now.findIndex((text, index) => text !== old[index]);
    // All lines are as before, and some that followed are gone.
    const index = line < 0 ? now.length : line;
    const [oldText, newText] = showBoth(old[index], now[index]);
    return `${path}, line ${index + 1}: ${oldText} → ${newText}`;
  }
  const [oldText, newText] = showBoth(before, after);
  if (before === undefined) return `${path}: set to ${newText}`;
  return `${path}: ${oldText} → ${after === undefined ? 'default' : newText}`;
}

const mostShown = 60;
const lead = 20;

function showBoth(before: Json | undefined, after: Json | undefined): readonly [string, string] {
  const old = JSON.stringify(before) ?? 'nothing';
  const now = JSON.stringify(after) ?? 'nothing';
  let same = 0;
  while (same < old.length && old[same] === now[same]) same += 1;
  const from =
    Math.max(old.length, now.length) > mostShown && same > mostShown - lead ? same - lead : 0;
  return [cut(old, from), cut(now, from)];
}

function cut(text: string, from: number): string {
  const rest = from > 0 ? `…${text.slice(from)}` : text;
  return rest.length > mostShown ? `${rest.slice(0, mostShown - 3)}…` : rest;
}
