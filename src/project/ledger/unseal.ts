import type { Digest } from '../../digest.ts';
import { Ledger } from '../../engine/seals/ledger.ts';
import type { KnownSeal } from '../../engine/seals/ledger-lines.ts';
import { UsageError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';

/** How much of a seal's digest names it. */
export const sealName = (seal: Digest): string => seal.slice(0, 12);

/**
 * Breaks a seal for good, in a line of the ledger that says why. The word is the beginning of its
 * name; without one, the only seal is meant. Throws a `UsageError` where that is none or several.
 */
export async function unseal(
  { root, env }: OpenedProject,
  word: string | undefined,
  because: string,
): Promise<KnownSeal> {
  const ledger = new Ledger(root);
  const closed = [...ledger.state.seals].filter(([, { isBroken }]) => !isBroken);
  const named = closed.filter(([seal]) => seal.startsWith(word ?? ''));
  const [first, ...more] = named;
  if (first === undefined || more.length > 0) {
    const known = closed.map(([seal, { event }]) => `${sealName(seal)} (${describeSealed(event)})`);
    const list = known.length === 0 ? 'There is none.' : `There are ${known.join(', ')}.`;
    throw new UsageError(`Expected one unbroken seal, got ${word ?? 'no name'}. ${list}`);
  }
  const [seal, known] = first;
  await ledger.append(
    ({ unsealed }) => (unsealed.has(seal) ? [] : [{ event: 'unsealed', seal, because }]),
    { env },
  );
  return known;
}

/** What a seal is of, as messages call it. */
export const describeSealed = ({ part, of }: KnownSeal['event']): string => `${part} of ${of}`;
