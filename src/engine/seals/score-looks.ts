import { type Digest, sha256 } from '../../digest.ts';
import type { Environment } from '../../environment.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerEvent } from './ledger-lines.ts';

/** New numbers that a command or a page made of stored scores. */
export interface ScoreLook {
  /** What made them, as it stands in the ledger: `restage compare a b`. */
  readonly by: string;
  readonly kind: 'compare' | 'serve';
  /** Digests of the scores. */
  readonly scores: readonly Digest[];
  /** By name; `{}` where a reader chooses them in the page. */
  readonly numbers: Readonly<Record<string, number | null>>;
}

/**
 * Writes a look at scores that sealed images got, before its numbers are shown. Scores that no look
 * of the ledger made leave no line, nor does the same look again.
 */
export async function recordScoreLook(
  ledger: Ledger,
  { by, kind, scores, numbers }: ScoreLook,
  env: Environment,
): Promise<void> {
  const fingerprint = sha256(JSON.stringify([by, ...new Set(scores)]));
  await ledger.append(
    ({ scores: known, unsealed, looks }): readonly LedgerEvent[] => {
      const behind = scores.flatMap((digest) => known.get(digest) ?? []);
      const seals = [...new Set(behind)].filter((seal) => !unsealed.has(seal));
      if (seals.length === 0 || looks.has(fingerprint)) return [];
      const of = { stage: by, fingerprint };
      return [
        { event: 'look', pipeline: '', kind, reads: 'scores', seals, ...of },
        { event: 'numbers', outcome: 'ran', numbers, outputs: {}, scores: [], ...of },
      ];
    },
    { env },
  );
}
