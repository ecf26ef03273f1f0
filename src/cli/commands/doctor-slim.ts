import { formatBytes, formatList } from '../../format-numbers.ts';
import {
  findForeignBinaries,
  platform,
  removeForeignBinaries,
} from '../../project/upkeep/foreign-binaries.ts';
import { print } from '../support/command-error.ts';

/** `restage doctor --slim`: removes what this machine cannot load, or says what would go. */
export function slim(isSure: boolean): void {
  const binaries = findForeignBinaries();
  const what = `the binaries of onnxruntime-node for ${formatList(binaries.platforms)} (${formatBytes(binaries.bytes)})`;
  if (binaries.platforms.length === 0) {
    print(`Nothing to remove: onnxruntime-node has binaries for ${platform} alone.`);
  } else if (!isSure) {
    print(`Would remove ${what}. To remove them: restage doctor --slim --yes`);
  } else {
    removeForeignBinaries(binaries);
    print(`Removed ${what}. A new installation brings them back.`);
  }
}
