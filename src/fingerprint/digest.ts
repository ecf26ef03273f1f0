declare const digest: unique symbol;
/** A SHA-256 in lower-case hex, 64 characters. */
export type Digest = string & { readonly [digest]: true };
