import type { BucketForm } from './bucket.ts';

/**
 * A folder of a web server, or the public address of a bucket, from which a store is only read. The
 * proxy is that of `https_proxy`.
 */
export const http: BucketForm<Record<never, never>> = {
  address: 'https://host/path',
  keys: {},
  read: (url) => {
    // No password, and nothing after the path: a key is appended to it.
    const match = /^(https?:\/\/[^\s/@?#]+)((?:\/[^\s?#]*?)?)\/?$/.exec(url);
    if (match === null || !URL.canParse(url)) return undefined;
    const base = `${match[1]}${match[2]}/`;
    return {
      isReadOnly: true,
      open: async (_, env) => new (await import('./http-bucket.ts')).HttpBucket(base, env),
    };
  },
};
