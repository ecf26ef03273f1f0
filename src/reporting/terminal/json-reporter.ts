import type { Reporter } from '../../engine/events.ts';
import type { OutputStream } from './output-stream.ts';

/** One line of JSON for each event, in order, for other programs. */
export function createJsonReporter(stream: OutputStream): Reporter {
  return {
    event: (event) => {
      stream.write(`${JSON.stringify(event)}\n`);
    },
    close: () => {},
  };
}
