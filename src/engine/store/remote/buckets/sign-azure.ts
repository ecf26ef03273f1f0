import { createHmac } from 'node:crypto';
import { compare } from '../../../../sort-order.ts';

export interface UnsignedAzureRequest {
  readonly method: string;
  readonly url: URL;
  /** In lower case; `x-ms-date` and `x-ms-version` are among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A key of a storage account, in base64. */
export interface AccountKey {
  readonly account: string;
  readonly key: string;
}

/** Headers that are signed by their place, in this order. */
const placed = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

/**
 * The headers of a request to Azure's blobs, signed by Shared Key:
 * learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
 */
export function signAzureRequest(
  { method, url, headers }: UnsignedAzureRequest,
  { account, key }: AccountKey,
): Readonly<Record<string, string>> {
  const isEmpty = (name: string) => name === 'content-length' && headers[name] === '0';
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-ms-'));
  const query = [...url.searchParams].map(([name, value]) => `${name.toLowerCase()}:${value}`);
  const toSign = [
    method,
    ...placed.map((name) => (isEmpty(name) ? '' : (headers[name] ?? ''))),
    ...own.map(([name, value]) => `${name}:${value.trim()}`).sort(compare),
    [`/${account}${url.pathname}`, ...query.sort(compare)].join('\n'),
  ].join('\n');
  const signature = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(toSign)
    .digest('base64');
  return { ...headers, authorization: `SharedKey ${account}:${signature}` };
}
