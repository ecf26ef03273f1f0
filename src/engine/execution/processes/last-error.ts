import { plainText } from '../../../plain-text.ts';

/** How much of what a program printed last is searched, in characters. */
export const searched = 8192;
const longest = 300;

const errorWords =
  /error|exception|fatal|panic|traceback|abort|assert|cannot|could not|can't|unable|fail|not found|no such|not permitted|denied|refused|invalid|out of memory|segmentation|usage:/i;

/**
 * The last line of a program's output that says why it failed, such as the end of a Python
 * traceback; undefined where no line reads so. Indented lines, such as those of a stack, belong to
 * another one.
 */
export function lastError(printed: string): string | undefined {
  const lines = plainText(printed.slice(-searched))
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !/^\s/.test(line));
  const traceback = lines.findLastIndex((line) =>
    line.startsWith('Traceback (most recent call last)'),
  );
  const raised = lines.slice(traceback + 1).findLast((line) => /^[\w.]+(: |$)/.test(line));
  const errorLine =
    (traceback >= 0 ? raised : undefined) ?? lines.findLast((line) => errorWords.test(line));
  return errorLine !== undefined && errorLine.length > longest
    ? `${errorLine.slice(0, longest - 1)}…`
    : errorLine;
}
