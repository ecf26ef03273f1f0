import { createHmac } from 'node:crypto';
import { sha256 } from '../../../../digest.ts';
import { compare } from '../../../../sort-order.ts';

/** The credentials of a user of S3. */
export interface Credentials {
  readonly id: string;
  readonly secret: string;
  readonly session?: string | undefined;
}

export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The SHA-256 of the body in hex. */
  readonly bodyDigest: string;
}

/**
 * The headers of a request to S3, signed by AWS Signature Version 4:
 * docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. Without a package, since
 * those for Node bring an SDK, and those for browsers sign asynchronously.
 */
export function signRequest(
  { method, url, headers, bodyDigest }: UnsignedRequest,
  { id, secret, session }: Credentials,
  region: string,
  now = new Date(),
): Readonly<Record<string, string>> {
  const time = now.toISOString().replace(/[:-]|\.\d{3}/g, '');
  const all: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': bodyDigest,
    'x-amz-date': time,
    ...(session !== undefined && { 'x-amz-security-token': session }),
  };
  const names = Object.keys(all).sort();
  // By name, then by value: as whole texts, `a-b=1` would come before `a=2`.
  const query = [...url.searchParams]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([name, value], [name2, value2]) => compare(name, name2) || compare(value, value2))
    .map(([name, value]) => `${name}=${value}`);
  const canonical = [
    method,
    url.pathname,
    query.join('&'),
    ...names.map((name) => `${name}:${all[name]!.trim()}`),
    '',
    names.join(';'),
    bodyDigest,
  ].join('\n');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = scope
    .split('/')
    .reduce<Buffer | string>((key, part) => hmac(key, part).digest(), `AWS4${secret}`);
  const signature = hmac(key, toSign).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...all, authorization };
}

const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text);

/** Percent-encoding as signatures require it, which is stricter than that of URLs. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
