import { describeSealed, unseal } from '../../project/ledger/unseal.ts';
import { print } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

/** `restage unseal <reason> [seal]`: breaks a seal for good. */
export async function unsealCommand([reason = '', seal]: readonly string[]): Promise<void> {
  const { event } = await unseal(openHere(), seal, reason);
  print(`Broke the seal of ${describeSealed(event)}. ledger.jsonl says so; commit it.`);
}
