import type { StageName } from '../config/pipeline.ts';
import type { Change } from './fingerprint-changes.ts';

/** What to do with a stage, and why, as plain data. `describeReasons` puts it into words. */
export type Decision =
  | { readonly state: 'up to date' }
  /**
   * The store has the result, but not all its outputs are published. Those of a result `elsewhere`
   * must be fetched first. (`--reporter json` has the decision: its names stay.)
   */
  | {
      readonly state: 'restorable';
      readonly place: 'here' | 'elsewhere';
      readonly reasons: readonly Reason[];
    }
  | { readonly state: 'stale'; readonly reasons: readonly Reason[] };

export type PlannedDecision =
  | Decision
  /** It reads stages that must run: whether it must run itself depends on their outputs. */
  | { readonly state: 'waiting'; readonly for: readonly StageName[] }
  | { readonly state: 'failing'; readonly message: string }
  /**
   * It is there only once a list is known: of `lists`, from which its axes take their values, or
   * of those of the pending stages that it needs.
   */
  | {
      readonly state: 'pending';
      readonly lists: readonly string[];
      readonly for: readonly StageName[];
    };

/** Why a stage is restored or runs. The most important reason comes first. */
export type Reason =
  | { readonly type: 'forced' }
  | { readonly type: 'never ran' }
  | { readonly type: 'no result'; readonly lastAttempt: 'failed' | 'interrupted' }
  /** It succeeded, but the store no longer holds the result. */
  | { readonly type: 'result lost' }
  | { readonly type: 'change'; readonly change: Change }
  /** Nothing is at any of the published paths. */
  | { readonly type: 'not published' }
  | { readonly type: 'output missing' | 'output changed'; readonly port: string }
  /** The published paths of these outputs hold the stage's last result, which is another one. */
  | {
      readonly type: 'other result';
      readonly ports: readonly string[];
      readonly changes: readonly Change[];
    }
  /** The outputs of its result are not kept (`cache: false`). */
  | { readonly type: 'not kept' }
  | { readonly type: 'objects lost'; readonly count: number };

/** What is known of a stage before the decision. */
export interface Facts {
  readonly forced: boolean;
  /**
   * The recorded result of the stage's fingerprint: whether its objects are kept, where their bytes
   * are, and how many of them are lost.
   */
  readonly result:
    | {
        readonly stored: boolean;
        readonly bytes: 'here' | 'elsewhere';
        readonly lostObjects: number;
      }
    | undefined;
  /** The state of every published output by port; empty without a result. */
  readonly published: Readonly<Record<string, PublishedState>>;
  /** What the stage did before; absent where nothing is known of it, or no reason needs it. */
  readonly earlier?: EarlierWork | undefined;
}

/**
 * `other`: the stage's last result, another one, is published. `elsewhere`: nothing is, and the
 * shared store has the bytes.
 */
export type PublishedState = 'in place' | 'elsewhere' | 'missing' | 'other' | 'changed';

/**
 * The last result of a stage or, where it has none, its last attempt; and how its fingerprint has
 * changed since.
 */
export interface EarlierWork {
  readonly ended: 'succeeded' | 'failed' | 'interrupted';
  readonly changes: readonly Change[];
}

/** Decides about a stage whose inputs are all known. Pure: it looks nothing up. */
export function decide({ forced, result, published, earlier }: Facts): Decision {
  if (forced) return { state: 'stale', reasons: [{ type: 'forced' }] };
  if (result === undefined) return { state: 'stale', reasons: reasonsToRun(earlier) };
  if (Object.values(published).every((state) => state === 'in place' || state === 'elsewhere')) {
    return { state: 'up to date' };
  }

  const reasons = reasonsToPublish(published, earlier);
  if (!result.stored) return { state: 'stale', reasons: [...reasons, { type: 'not kept' }] };
  if (result.lostObjects > 0) {
    return {
      state: 'stale',
      reasons: [...reasons, { type: 'objects lost', count: result.lostObjects }],
    };
  }
  return { state: 'restorable', place: result.bytes, reasons };
}

function reasonsToRun(earlier: EarlierWork | undefined): readonly Reason[] {
  if (earlier === undefined) return [{ type: 'never ran' }];
  const { ended } = earlier;
  const changes = earlier.changes.map((change): Reason => ({ type: 'change', change }));
  if (ended !== 'succeeded') return [{ type: 'no result', lastAttempt: ended }, ...changes];
  return changes.length > 0 ? changes : [{ type: 'result lost' }];
}

function reasonsToPublish(
  published: Facts['published'],
  earlier: EarlierWork | undefined,
): readonly Reason[] {
  const ports = Object.keys(published);
  const isMissing = (port: string) => ['missing', 'elsewhere'].includes(published[port]!);
  if (ports.every(isMissing)) return [{ type: 'not published' }];
  const others = ports.filter((port) => published[port] === 'other');
  const single = ports.flatMap((port): readonly Reason[] => {
    if (published[port] === 'missing') return [{ type: 'output missing', port }];
    return published[port] === 'changed' ? [{ type: 'output changed', port }] : [];
  });
  if (others.length === 0) return single;
  return [{ type: 'other result', ports: others, changes: earlier?.changes ?? [] }, ...single];
}
