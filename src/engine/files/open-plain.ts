import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * What opening says of a link (`ELOOP`), and of a socket or a device without a driver (`ENXIO`,
 * `ENODEV`).
 */
const noPlainFile: ReadonlySet<string> = new Set(['ELOOP', 'ENXIO', 'ENODEV']);

/**
 * Opens a file where others may write, for reading; undefined for anything but a plain file. It
 * does not wait: an open of a FIFO would, until somebody writes, and nothing could cancel it. It
 * follows no link, at whose end a device may be.
 */
export async function openPlain(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  let file: FileHandle;
  try {
    file = await open(path, flags);
  } catch (error) {
    if (noPlainFile.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}
