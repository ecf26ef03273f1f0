import { readFileSync, statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { err, ok, type Result } from '../../../result.ts';
import { reasonOf } from '../../../user-error.ts';
import type { Diagnostic, SourceFile, Span } from '../../diagnostics/diagnostic.ts';

/** A pipeline of 5,000 stages is below this; anything larger is some other file. */
const maximumBytes = 1 << 20;

/** The text of a pipeline's file. `at` is where another file names it. */
export function readSource(absolute: string, root: string, at?: Span): Result<SourceFile, Diagnostic> {
  const path = shownPath(absolute, root);
  const fail = (code: string, message: string) => err({ code, message, ...(at ? { at } : {}) });
  try {
    const stats = statSync(absolute);
    if (!stats.isFile()) return fail('not-a-file', `"${path}" is not a file`);
    if (stats.size > maximumBytes) {
      const size = `${(stats.size / 2 ** 20).toFixed(1)} MiB`;
      return fail('too-large', `"${path}" has ${size}; a pipeline's file has at most ${maximumBytes / 2 ** 20} MiB`);
    }
    return ok({ path, text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(absolute)) });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return fail('missing-file', `There is no file "${path}"`);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return fail('not-text', `"${path}" is not UTF-8 text`);
    return fail('unreadable', `"${path}" cannot be read: ${reasonOf(error)}`);
  }
}

/** A path as the user would type it: relative to the root, POSIX. */
export function shownPath(absolute: string, root: string): string {
  return relative(root, absolute).split(sep).join('/') || '.';
}
