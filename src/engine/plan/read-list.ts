import { readFileSync, statSync } from 'node:fs';
import type { Digest } from '../../digest.ts';
import { err, ok, type Result } from '../../result.ts';
import { reasonOf } from '../../user-error.ts';
import type { KnownList } from '../config/pipeline.ts';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type FileOutput, type OutputSources, pathOfOutput } from './output-file.ts';

/** The bytes that a list may have: far more than the rows of 10,000 stages. */
const maximumBytes = 16 << 20;

/**
 * Reads a list that a stage has made, from which axes take their values, or says what is wrong with
 * it. Undefined if it is gone from the shared store.
 */
export async function readList(
  output: FileOutput,
  sources: OutputSources,
): Promise<Result<KnownList, Diagnostic> | undefined> {
  const { stage, port, artifact } = output;
  const name = `${stage}.${port}`;
  if (artifact.folder)
    return err({ code: 'not-a-file', message: `The list ${name} is a folder, not a file` });
  const path = await pathOfOutput(output, sources);
  if (path === undefined) return undefined;
  const shown = sources.graph.stage(stage).outputs.find((candidate) => candidate.port === port)!;
  return readListFile(path, { name, digest: artifact.digest, shown: shown.path });
}

/** A list in a file. */
interface ListFile {
  /** Its name in messages: `videos.list`. */
  readonly name: string;
  readonly digest: Digest;
  /** The path where it is published, whose ending says how it is read. */
  readonly shown: string;
}

/** Reads a list from a file, or says what is wrong with it. */
export function readListFile(
  path: string,
  { name, digest, shown }: ListFile,
): Result<KnownList, Diagnostic> {
  const fail = (code: DiagnosticCode, message: string) =>
    err({ code, message: `The list ${name} ${message}` });
  try {
    if (statSync(path).size > maximumBytes) {
      return fail('too-large', `has more than ${maximumBytes >> 20} MiB`);
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    return ok({ digest, source: { path: shown, text } });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return fail('not-text', 'is not UTF-8 text');
    return fail('unreadable', `cannot be read: ${reasonOf(error)}`);
  }
}
