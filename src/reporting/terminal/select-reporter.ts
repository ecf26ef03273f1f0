import { describeReasons } from '../../engine/plan/describe-decision.ts';
import type { RunListener } from '../run-model.ts';
import { createPaint, wantsColour } from './colour.ts';
import { LiveReporter } from './live-reporter.ts';
import type { OutputStream } from './output-stream.ts';
import { PlainReporter } from './plain-reporter.ts';

/** The reporter of a form; `auto` is live on a terminal that can draw, and plain elsewhere, as in CI. */
export function selectReporter(
  form: 'auto' | 'live' | 'plain' | 'json',
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): RunListener {
  if (form === 'json') return jsonReporter(stream);
  const paint = createPaint(wantsColour(stream, env));
  const canDraw = stream.isTTY === true && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
  return form === 'live' || (form === 'auto' && canDraw)
    ? new LiveReporter(stream, paint)
    : new PlainReporter(stream, paint);
}

/** One line of JSON for each event, in order, for other programs. Reasons of decisions come as data and as sentences. */
function jsonReporter(stream: OutputStream): RunListener {
  return {
    event: (event) => {
      const reasons = event.type === 'stage-decided' ? { reasons: describeReasons(event.decision) } : {};
      stream.write(`${JSON.stringify({ ...event, ...reasons })}\n`);
    },
    close: () => {},
  };
}
