import { diffFingerprints } from '../fingerprint/diff-fingerprints.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import type { StageResult } from '../store/stage-result.ts';
import { type ChangeWords, formatChange } from './format-change.ts';
import { type FilesOf, formatFiles } from './format-files.ts';

/** What to do with a stage, and why. Reasons are clauses without a full stop, most important first. */
export type Decision =
  | { readonly state: 'up to date' }
  /** The result is in the cache; the reasons say which outputs are missing or changed in place. */
  | { readonly state: 'restorable'; readonly reasons: readonly string[] }
  | { readonly state: 'stale'; readonly reasons: readonly string[] }
  /** Waits on stages that must run: it may run. */
  | { readonly state: 'waiting'; readonly reasons: readonly string[] };

/** Everything that a decision rests on, looked up beforehand. */
export interface Facts {
  readonly fingerprint: Fingerprint;
  /** The recorded result of this fingerprint. */
  readonly result: StageResult | undefined;
  /** Objects of the result that the cache has lost. */
  readonly missingObjects: number;
  /** How each published output stands against the result, by port; meaningless without a result. */
  readonly published: Readonly<Record<string, PublishedState>>;
  /** The fingerprint of the stage's last result, for the reasons. */
  readonly last: Fingerprint | undefined;
  readonly forced: boolean;
  /** Its last attempt, where it has no last result. */
  readonly attempted?: FruitlessAttempt | undefined;
  /** For the reasons. */
  readonly words?: Pick<ChangeWords, 'changedCode' | 'defaultOf'> & { readonly filesOf?: FilesOf };
}

/** An attempt without a result, and what it worked on, where that was kept. */
export interface FruitlessAttempt {
  readonly outcome: 'failed' | 'interrupted';
  readonly content: Fingerprint | undefined;
}

/** `other`: the stage's last result, which is another one. `changed`: bytes that no result of the stage holds. */
export type PublishedState = 'in place' | 'missing' | 'other' | 'changed';

/**
 * Says what to do with one stage whose inputs are all known. Pure: it looks nothing up.
 *
 * `blocked` is never its answer: who waits is known before the inputs are.
 */
export function decide(facts: Facts): Decision {
  if (facts.forced) return { state: 'stale', reasons: ['forced'] };
  const { result } = facts;
  if (result === undefined) return { state: 'stale', reasons: reasonsWithoutResult(facts) };

  const amiss = Object.entries(facts.published).filter(([, state]) => state !== 'in place');
  if (amiss.length === 0) return { state: 'up to date' };

  const reasons = reasonsToPublish(facts, amiss);
  if (!result.stored) return { state: 'stale', reasons: [...reasons, 'its outputs are not kept (cache: false)'] };
  if (facts.missingObjects > 0) {
    return { state: 'stale', reasons: [...reasons, `the cache lost ${facts.missingObjects} of its objects`] };
  }
  return { state: 'restorable', reasons };
}

function reasonsToPublish(
  facts: Facts,
  amiss: readonly (readonly [port: string, state: PublishedState])[],
): readonly string[] {
  const others = amiss.filter(([, state]) => state === 'other').map(([port]) => port);
  const [change, ...more] = changesSince(facts.last, facts);
  const because = change === undefined ? '' : ` (${change}${more.length > 0 ? ` and ${more.length} more` : ''})`;
  const other =
    others.length === amiss.length
      ? `another result is published there${because}`
      : `another result is published as ${others.join(', ')}${because}`;
  const single = amiss.flatMap(([port, state]) => {
    if (state === 'other') return [];
    return state === 'missing' ? `output ${port} is missing` : `output ${port} was changed in place`;
  });
  return others.length > 0 ? [other, ...single] : single;
}

function changesSince(last: Fingerprint | undefined, { fingerprint, words }: Facts): readonly string[] {
  if (last === undefined) return [];
  const changedFiles = once(
    (port: string) =>
      words?.filesOf && formatFiles(last.inputs[port] ?? [], fingerprint.inputs[port] ?? [], words.filesOf),
  );
  const told = { kind: fingerprint.kind, ...words, changedFiles };
  const changes = diffFingerprints(last, fingerprint).flatMap((difference) => formatChange(difference, told));
  return [...new Set(changes)]; // the items of a list are told as one input
}

function reasonsWithoutResult(facts: Facts): readonly string[] {
  const { last, attempted } = facts;
  if (last === undefined) {
    if (attempted === undefined) return ['never ran'];
    const { outcome, content } = attempted;
    return [`${outcome} when it last ran, and has no earlier result`, ...changesSince(content, facts)];
  }
  const changes = changesSince(last, facts);
  return changes.length > 0 ? changes : ['its last result is no longer in the cache'];
}

/** Asks once for each name: a list of ten thousand files differs in as many places. */
function once<T>(ask: (name: string) => T): (name: string) => T {
  const answers = new Map<string, T>();
  return (name) => {
    if (!answers.has(name)) answers.set(name, ask(name));
    return answers.get(name) as T;
  };
}
