import { basename } from 'node:path';
import { z } from 'zod';
import { output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const address = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    message: 'expected an address that begins with https:// or http://',
    abort: true,
  })
  .describe('The address of the file.');

const sha256 = z
  .string()
  .refine(
    (digest) => /^[0-9a-f]{64}$/i.test(digest),
    'expected a SHA-256: 64 hexadecimal digits, as sha256sum prints it',
  )
  .transform((digest) => digest.toLowerCase())
  .describe('Its SHA-256, which is verified.');

/** Whether a text is the name of a file, without folders. */
const isFileName = (name: string): boolean => /^[^/\\\0]+$/.test(name) && !/^\.+$/.test(name);

const published = z
  .strictObject({
    url: address,
    sha256,
    name: text
      .refine(isFileName, { message: 'expected the name of a file, without folders', abort: true })
      .exactOptional()
      .describe('Its name in the output; by default that at the end of the address.'),
  })
  .refine(
    (file) => isFileName(nameOf(file)),
    'expected "name" beside an address that does not end with the name of a file',
  );

const settings = z.strictObject({
  files: z
    .array(published)
    .min(1)
    .refine((files) => new Set(files.map(nameOf)).size === files.length, {
      message: 'expected files of different names: give one of them another `name`',
    })
    .describe('What is downloaded, such as a network and what its authors say of its input.'),
});
export type DownloadSettings = z.infer<typeof settings>;

/** The name of a file in the output. */
export const nameOf = ({ url, name }: { readonly url: string; readonly name?: string }): string =>
  name ?? nameIn(url);

function nameIn(url: string): string {
  const { pathname } = new URL(url);
  try {
    return basename(decodeURIComponent(pathname));
  } catch {
    return basename(pathname);
  }
}

export const spec = defineKind<DownloadSettings>({
  name: 'download',
  version: 1,
  summary:
    'Downloads files that others publish, such as a network, once; they are verified by their SHA-256.',
  settings,
  inputs: {},
  outputs: { files: output.files('The files, in one folder.') },
  downloads: ({ files }) => files.map(({ url, sha256 }) => ({ url, sha256 })),
  example: `backbone:
  kind: download
  with:
    files:
    - url: https://example.org/models/backbone.onnx
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
`,
});
