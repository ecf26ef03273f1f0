import { isSignedBy, type SigningKey, sign } from './keys.ts';

/** Files whose lines are signed one by one. A signature of one is not valid for another. */
type SignedFile = 'ledger' | 'note';

const signatureField = /^(.*),"signature":"([A-Za-z0-9+/=]+)"\}$/;

const signedText = (file: SignedFile, unsigned: string): string => `restage ${file}\n${unsigned}`;

/** A line, which is a JSON object that is not empty, with its signature as the last field. */
export async function signedLine(
  file: SignedFile,
  unsigned: string,
  key: SigningKey,
): Promise<string> {
  const signature = await sign(signedText(file, unsigned), key);
  return `${unsigned.slice(0, -1)},"signature":"${signature}"}`;
}

/** Whether a public key, 32 bytes in base64, has signed a line. */
export function isSignedLine(file: SignedFile, text: string, key: string): boolean {
  const [, body, signature] = signatureField.exec(text) ?? [];
  if (body === undefined || signature === undefined) return false;
  try {
    return isSignedBy(signedText(file, `${body}}`), signature, key);
  } catch {
    return false; // no key at all
  }
}
