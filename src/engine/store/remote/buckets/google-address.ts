import type { BucketForm } from './bucket.ts';
import { endpointKey } from './endpoint-key.ts';
import { profileKey } from './profile-key.ts';

const keys = { endpoint: endpointKey, profile: profileKey };
const usual = 'https://storage.googleapis.com';

/**
 * A bucket of Google Cloud Storage, by its protocol that is compatible with S3. Credentials are
 * HMAC keys of a service account, where those of S3 are:
 * docs.cloud.google.com/storage/docs/interoperability
 */
export const google: BucketForm<typeof keys> = {
  address: 'gs://bucket/prefix',
  keys,
  read: (url) => {
    const match = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*?))?\/?$/.exec(url);
    if (match === null) return undefined;
    const bucket = match[1]!;
    const prefix = match[2] ? `${match[2]}/` : '';
    return {
      open: async ({ endpoint = usual, profile }, env) => {
        const { S3Bucket } = await import('./s3-bucket.ts');
        return new S3Bucket({ bucket, prefix, endpoint, region: 'auto', profile }, env);
      },
    };
  },
};
