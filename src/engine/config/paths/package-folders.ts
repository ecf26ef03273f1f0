import { basename, dirname, join } from 'node:path';

/** Where Node looks for a package that code in `folder` imports, nearest first. It asks no variable of the environment. */
export function packageFolders(name: string, folder: string): readonly string[] {
  const above = dirname(folder) === folder ? [] : packageFolders(name, dirname(folder));
  return basename(folder) === 'node_modules' ? above : [join(folder, 'node_modules', name), ...above];
}
