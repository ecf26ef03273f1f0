import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeFileSync } from 'node:fs';

/**
 * Appends whole lines to a file by one synced write, and creates it where it is missing. A line
 * that a kill cut off stays as it is, and the new ones begin after it. Throws the system's error.
 */
export function appendLines(path: string, lines: readonly string[]): void {
  const file = openSync(path, 'a+');
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    const isCut = size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== lineFeed;
    writeFileSync(file, `${isCut ? '\n' : ''}${lines.join('\n')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const lineFeed = 10;
