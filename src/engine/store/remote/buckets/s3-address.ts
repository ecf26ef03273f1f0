import { z } from 'zod';
import type { BucketForm } from './bucket.ts';
import { endpointKey } from './endpoint-key.ts';
import { profileKey } from './profile-key.ts';

const keys = {
  endpoint: endpointKey,
  region: z.string().optional().describe('The region of S3; by default that of the environment.'),
  profile: profileKey,
};

/**
 * A bucket of S3 or of a compatible server. Credentials, region and endpoint are those of AWS's own
 * programs: `AWS_ACCESS_KEY_ID` and so on, or the files in `~/.aws` (see `aws-settings.ts`). The
 * proxy is that of `https_proxy`.
 */
export const s3: BucketForm<typeof keys> = {
  address: 's3://bucket/prefix',
  keys,
  read: (url) => {
    const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/.exec(url);
    if (match === null) return undefined;
    const bucket = match[1]!;
    const prefix = match[2] ? `${match[2]}/` : '';
    return {
      open: async ({ endpoint, region, profile }, env) => {
        const { S3Bucket } = await import('./s3-bucket.ts');
        return new S3Bucket({ bucket, prefix, endpoint, region, profile }, env);
      },
    };
  },
};
