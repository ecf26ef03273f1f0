import type { BucketForm } from './bucket.ts';
import { endpointKey } from './endpoint-key.ts';

const keys = { endpoint: endpointKey };

/**
 * A container of Azure's blobs. Credentials are those of Azure's own programs: `AZURE_STORAGE_KEY`,
 * `AZURE_STORAGE_SAS_TOKEN` or `AZURE_STORAGE_CONNECTION_STRING`. The proxy is that of
 * `https_proxy`.
 */
export const azure: BucketForm<typeof keys> = {
  address: 'azure://account/container/prefix',
  keys,
  read: (url) => {
    const match =
      /^azure:\/\/([a-z0-9]{3,24})\/([a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9])(?:\/(.*?))?\/?$/.exec(
        url,
      );
    if (match === null) return undefined;
    const [, account = '', container = '', below] = match;
    const prefix = below ? `${below}/` : '';
    return {
      open: async ({ endpoint }, env) => {
        const { AzureBucket } = await import('./azure-bucket.ts');
        return new AzureBucket({ account, container, prefix, endpoint }, env);
      },
    };
  },
};
