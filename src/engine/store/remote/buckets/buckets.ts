import { mergeKeys } from '../../../config/schema/merge-keys.ts';
import { azure } from './azure-address.ts';
import { folder } from './folder-address.ts';
import { google } from './google-address.ts';
import { http } from './http-address.ts';
import { s3 } from './s3-address.ts';
import { ssh } from './ssh-address.ts';

/**
 * The forms of buckets. A new one is a file that exports its `BucketForm`, and one row here. An
 * address has at most one form.
 */
const bucketForms = [folder, s3, google, azure, ssh, http] as const;

/** How addresses look: `a folder, s3://bucket/prefix, …, or https://host/path`. */
export function describeAddresses(quote: (address: string) => string): string {
  const addresses = bucketForms.map(({ address }) =>
    address.includes('://') ? quote(address) : address,
  );
  return `${addresses.slice(0, -1).join(', ')} or ${addresses.at(-1)}`;
}

/** The keys of `store.yaml` that belong to one form. */
export const bucketKeys = mergeKeys(bucketForms);

/** Where a store is, by the text of its address; undefined for no known form. */
export function readAddress(url: string, root: string) {
  for (const form of bucketForms) {
    const address = form.read(url, root);
    if (address !== undefined) return address;
  }
  return undefined;
}

export type StoreAddress = NonNullable<ReturnType<typeof readAddress>>;
