import { join } from 'node:path';
import { extensionOf } from '../config/file-names.ts';
import type { Output } from '../config/pipeline.ts';

/**
 * The absolute private path of an output during an attempt, with its extension, by which a program
 * may choose a format.
 */
export function privatePath(work: string, output: Output): string {
  return join(work, `${output.port}${extensionOf(output.path)}`);
}

// Folders beside the outputs begin with a dot, as no port does.

/**
 * The folder of an attempt's view of its inputs. Outputs may be links into it until they are
 * stored.
 */
export const viewFolder = (work: string): string => join(work, '.in');

export const scratchFolder = (work: string): string => join(work, '.scratch');
