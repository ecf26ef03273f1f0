import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { writing } from '../../../files/write-error.ts';
import type { BucketForm } from './bucket.ts';

/** A folder that the members of a group share, by its path. */
export const folder: BucketForm<Record<never, never>> = {
  address: 'a folder',
  keys: {},
  read: (url, root) => {
    if (url === '' || /^[a-z0-9+]+:\/\//i.test(url)) return undefined;
    const path = resolve(root, url);
    return {
      create: () => writing(path, () => void mkdirSync(path, { recursive: true })),
      open: async () => new (await import('./folder-bucket.ts')).FolderBucket(path),
    };
  },
};
