import type { BucketForm } from './bucket.ts';

/**
 * A folder of a host that `ssh` reaches, with the user's own configuration. `ssh` is found by
 * `PATH`, and asks the agent of `SSH_AUTH_SOCK`.
 */
export const ssh: BucketForm<Record<never, never>> = {
  address: 'ssh://host/path',
  keys: {},
  read: (url) => {
    // A host never begins with a dash, which `ssh` would take for an option.
    const match =
      /^ssh:\/\/((?:[\w.-]+@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9a-fA-F:]+\]))(?::(\d+))?(\/.+?)\/?$/.exec(
        url,
      );
    if (match === null || match[1]!.startsWith('-')) return undefined;
    const [, host = '', port, path = ''] = match;
    const folder = {
      destination: host.replace(/[[\]]/g, ''),
      port,
      // Absolute, except one from the home folder.
      path: path.replace(/^\/~\//, ''),
    };
    return {
      open: async (_, env) => new (await import('./sftp-bucket.ts')).SftpBucket(folder, env),
    };
  },
};
