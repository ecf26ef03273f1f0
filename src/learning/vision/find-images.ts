import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isIgnoredName } from './ignored-names.ts';

const imageName = /\.(jpe?g|jpe|jfif|png|webp|gif|avif|heic|heif|tiff?|bmp|jp2|jxl)$/i;
export const videoName = /\.(mp4|m4v|mov|3gp|mkv|webm|avi|mpe?g|ts|m2ts|mts|wmv|asf|flv|ogv|y4m)$/i;

/**
 * Paths of the images in a folder of `root` and below, by their names (`wanted`), in code-unit
 * order; empty where there is no such folder.
 */
export function imagesUnder(root: string, folder: string, wanted = imageName): readonly string[] {
  if (statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const names = readdirSync(join(root, folder)).filter((name) => !isIgnoredName(name));
  return names.sort().flatMap((name) => {
    const path = join(folder, name);
    return wanted.test(name) ? [path] : imagesUnder(root, path, wanted);
  });
}
