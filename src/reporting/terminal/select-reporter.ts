import type { Reporter } from '../../engine/events.ts';
import { createPaint, wantsColour } from './colour.ts';
import { createJsonReporter } from './json-reporter.ts';
import { LiveReporter } from './live-reporter.ts';
import type { OutputStream } from './output-stream.ts';
import { PlainReporter } from './plain-reporter.ts';

const reporterForms = ['auto', 'live', 'plain', 'json'] as const;
type ReporterForm = (typeof reporterForms)[number];

/** The reporter of a form; `auto` is live on a terminal that can draw, and plain elsewhere, as in CI. */
export function selectReporter(
  form: ReporterForm,
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): Reporter {
  if (form === 'json') return createJsonReporter(stream);
  const paint = createPaint(wantsColour(stream, env));
  const canDraw = stream.isTTY === true && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
  return form === 'live' || (form === 'auto' && canDraw)
    ? new LiveReporter(stream, paint)
    : new PlainReporter(stream, paint);
}
