import { plainText } from '../../../plain-text.ts';
import { readPart } from '../../files/read-part.ts';
import type { RunFolder } from '../../store/runs/run-folder.ts';

/** How many last lines of a failed stage's log the terminal and the report show. */
const tailLines = 20;
/** How many bytes of a log's end are searched for its last lines. */
const tailBytes = 64 * 1024;

/** The last lines of the log of a stage's last attempt; empty if it printed nothing. */
export function logTail(run: RunFolder, stage: string): readonly string[] {
  const log = run.attempts(stage).at(-1)?.log;
  const text = log === undefined ? '' : readPart(log, tailBytes, 'end').text;
  return text === '' ? [] : lastLines(plainText(text).replace(/\n$/, ''));
}

export const lastLines = (text: string): readonly string[] => text.split('\n').slice(-tailLines);
