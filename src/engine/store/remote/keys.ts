import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from '../../../digest.ts';
import type { Environment } from '../../../environment.ts';
import { UserError } from '../../../user-error.ts';
import { writing } from '../../files/write-error.ts';

/** The name of a public key in a store: the first 16 hex digits of the SHA-256 of its 32 bytes. */
export type KeyId = string;

/** Whether a text has the form of a public key: 32 bytes in base64. */
export const isKeyText = (text: string): boolean => /^[A-Za-z0-9+/]{43}=$/.test(text);

/** The user's own Ed25519 key. */
export interface SigningKey {
  readonly id: KeyId;
  /** 32 bytes in base64, as `store.yaml` has it. */
  readonly text: string;
  readonly secret: KeyObject;
}

export const keyIdOf = (text: string): KeyId => sha256(Buffer.from(text, 'base64')).slice(0, 16);

/** The file of the private key: in the user's configuration folder, never in a project. */
export function keyFile(env: Environment): string {
  const configuration = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return join(configuration, 'restage', 'key.pem');
}

/**
 * The user's key; undefined without one. Throws a `UserError` if others can read the file, or it
 * holds no such key.
 */
export function readKey(file: string): SigningKey | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if ((stats.mode & 0o077) !== 0) {
    throw new UserError(
      `Others may read the private key ${file}, so it is not used: chmod 600 ${file}`,
    );
  }
  try {
    const secret = createPrivateKey(readFileSync(file));
    if (secret.asymmetricKeyType !== 'ed25519') throw new Error('another type');
    const { x } = createPublicKey(secret).export({ format: 'jwk' });
    const text = Buffer.from(x!, 'base64url').toString('base64');
    return { id: keyIdOf(text), text, secret };
  } catch {
    const what = `${file} is not an Ed25519 key in PEM form`;
    throw new UserError(`${what}: move it away, and \`restage store keys add\` makes one`);
  }
}

/** The user's key, made where there is none. */
export function ensureKey(file: string): SigningKey {
  const present = readKey(file);
  if (present !== undefined) return present;
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  writing(file, () => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  });
  return readKey(file)!;
}

const signElsewhere = promisify(signBytes);

/** Signs in another thread, while a push does other work. */
export const sign = async (text: string, { secret }: SigningKey): Promise<string> =>
  (await signElsewhere(null, Buffer.from(text), secret)).toString('base64');

/** Whether a signature of a text is that of a public key, 32 bytes in base64. */
export function isSignedBy(text: string, signature: string, publicKey: string): boolean {
  const x = Buffer.from(publicKey, 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verifyBytes(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
}
