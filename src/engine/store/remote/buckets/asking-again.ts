import { setTimeout as delay } from 'node:timers/promises';
import { Silence } from '../../../http/open-url.ts';
import { RefusedRequest, UnreachableStore } from './bucket.ts';

/** How often a request is made, at most, and the first pause between two, in milliseconds. */
const tries = 4;
const pause = 200;

interface Patience {
  /** Statuses below 500 that another attempt may change. */
  readonly passing: readonly number[];
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Asks a server, and asks again after failures of the network or the server, except a silent one,
 * which has taken long enough. Throws an {@link UnreachableStore}.
 */
export async function askAgain<Answer extends { readonly status: number }>(
  ask: () => Promise<Answer>,
  { passing, signal }: Patience,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask().catch((error: Error) => error);
    if (answer instanceof RefusedRequest) throw answer;
    const isFailure =
      answer instanceof Error || answer.status >= 500 || passing.includes(answer.status);
    if (!isFailure) return answer;
    signal.throwIfAborted();
    if (attempt === tries || answer instanceof Silence) {
      throw new UnreachableStore(
        answer instanceof Error ? answer.message : `the server answers ${answer.status}`,
      );
    }
    const wait = pause * 2 ** (attempt - 1) * (0.5 + Math.random());
    await delay(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
