import { printableJson } from '../../json.ts';
import { withReasons } from '../pipeline-event.ts';
import { type RunListener, RunListeners } from '../run-model.ts';
import { canDraw, createPaint, type OutputStream, wantsColour } from './colour.ts';
import { LiveReporter } from './live-reporter.ts';
import { PlainReporter } from './plain-reporter.ts';
import { QuietReporter } from './quiet-reporter.ts';

/**
 * The reporter of a form; `auto` is live on a terminal that can draw, and plain elsewhere, as in
 * CI.
 */
export function selectReporter(
  form: 'auto' | 'live' | 'plain' | 'quiet' | 'json',
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): RunListener {
  if (form === 'json') return jsonReporter(stream);
  const paint = createPaint(wantsColour(stream, env));
  if (form === 'quiet') return new QuietReporter(stream, paint);
  return form === 'live' || (form === 'auto' && canDraw(stream, env))
    ? new LiveReporter(stream, paint)
    : new PlainReporter(stream, paint);
}

/** The same, with the model of the run that it draws from: it takes the events alone. */
export const openReporter = (...parameters: Parameters<typeof selectReporter>): RunListeners =>
  new RunListeners(selectReporter(...parameters));

/**
 * One line of JSON for each event, in order, for other programs. Reasons of decisions come as data
 * and as sentences.
 */
function jsonReporter(stream: OutputStream): RunListener {
  return {
    event: (event) => {
      stream.write(`${printableJson(withReasons(event))}\n`);
    },
    close: () => {},
  };
}
