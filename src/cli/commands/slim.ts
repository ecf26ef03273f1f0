import { sep } from 'node:path';
import { writing } from '../../engine/files/write-error.ts';
import { formatBytes, formatList } from '../../format-numbers.ts';
import { print } from '../support/command-error.ts';
import {
  findForeignBinaries,
  platform,
  removeForeignBinaries,
} from '../support/foreign-binaries.ts';

/** `restage doctor --slim`: removes what this machine cannot load, or says what would go. */
export function slim(isSure: boolean): void {
  const binaries = findForeignBinaries();
  const others = binaries.folders.map((folder) => folder.split(sep).slice(-2).join('-'));
  const what = `the binaries of onnxruntime-node for ${formatList(others)} (${formatBytes(binaries.bytes)})`;
  if (others.length === 0) {
    print(`Nothing to remove: onnxruntime-node has binaries for ${platform} alone.`);
  } else if (!isSure) {
    print(`Would remove ${what}. To remove them: restage doctor --slim --yes`);
  } else {
    writing('in the packages', () => removeForeignBinaries(binaries));
    print(`Removed ${what}. A new installation brings them back.`);
  }
}
