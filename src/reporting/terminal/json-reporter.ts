import type { Reporter } from '../../engine/events.ts';
import { describeReasons } from '../../engine/plan/describe-decision.ts';
import type { OutputStream } from './output-stream.ts';

/** One line of JSON for each event, in order, for other programs. Reasons of decisions come as data and as sentences. */
export function createJsonReporter(stream: OutputStream): Reporter {
  return {
    event: (event) => {
      const reasons = event.type === 'stage-decided' ? { reasons: describeReasons(event.decision) } : {};
      stream.write(`${JSON.stringify({ ...event, ...reasons })}\n`);
    },
    close: () => {},
  };
}
