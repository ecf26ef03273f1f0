import { readSync } from 'node:fs';

// Tar archives (POSIX.1-1988 ustar, with a pax header where a name needs one). Owner, time and mode
// are constants, so that equal contents give equal archives.

/** Everything in a tar archive starts at a multiple of this many bytes. */
const tarBlock = 512;

/** Two empty blocks close an archive. */
export const tarEnd = new Uint8Array(2 * tarBlock);

/** A number in a header has at most 11 octal digits: 8 GiB. */
const mostInHeader = 8 ** 11 - 1;

/**
 * The header of a file of `size` bytes, after a pax header when the name is long or not ASCII, or
 * the file is large.
 */
export function tarHeader(name: string, size: number): Uint8Array {
  const split = splitName(name);
  const isLarge = size > mostInHeader;
  if (split !== undefined && !isLarge) return ustarHeader(split.prefix, split.name, size, '0');

  const records = [
    split === undefined ? paxRecord('path', name) : '',
    isLarge ? paxRecord('size', String(size)) : '',
  ];
  const record = Buffer.from(records.join(''));
  const plainName = Buffer.from(name)
    .subarray(-100)
    .toString('latin1')
    .replace(/[^ -~]/g, '_');
  return Buffer.concat([
    ustarHeader('', 'PaxHeader', record.length, 'x'),
    record,
    tarPadding(record.length),
    ustarHeader(split?.prefix ?? '', split?.name ?? plainName, isLarge ? 0 : size, '0'),
  ]);
}

/** The zero bytes after a file of `size` bytes that fill its last block. */
export const tarPadding = (size: number): Uint8Array => tarEnd.subarray(0, -size & (tarBlock - 1));

/** A name as ustar holds it, or undefined where it cannot. */
function splitName(name: string): { prefix: string; name: string } | undefined {
  if (!/^[ -~]*$/.test(name)) return undefined;
  if (name.length <= 100) return { prefix: '', name };
  const slash = name.indexOf('/', name.length - 101);
  if (slash <= 0 || slash > 155 || slash === name.length - 1) return undefined;
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** `<length> <key>=<value>\n`, where the length in bytes counts its own digits. */
function paxRecord(key: string, value: string): string {
  const body = Buffer.byteLength(` ${key}=${value}\n`);
  let length = body + String(body).length;
  length = body + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function ustarHeader(prefix: string, name: string, size: number, type: '0' | 'x'): Uint8Array {
  const header = Buffer.alloc(tarBlock);
  const octal = (value: number, digits: number, offset: number) =>
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, offset, 'latin1');
  header.write(name, 0, 'latin1');
  octal(0o644, 7, 100);
  octal(0, 7, 108);
  octal(0, 7, 116);
  octal(size, 11, 124);
  octal(0, 11, 136);
  header.write('        ', 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345, 'latin1');
  let sum = 0;
  for (let i = 0; i < tarBlock; i++) sum += header[i]!;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** What a header says of a file. */
interface TarHeader {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

/** A plain file in an archive. */
export interface TarFile extends TarHeader {
  /** Where its bytes begin. */
  readonly start: number;
}

/**
 * Why a file is no tar archive, or one with more than plain files and folders, as the end of a
 * sentence.
 */
export class TarError extends Error {}

/** The most bytes of a name: more than any file system has. */
const longestName = 1 << 16;

/**
 * The plain files of an archive in an open file of `length` bytes, as GNU, BSD or POSIX programs
 * write it. The files' bytes are not read. Throws a {@link TarError} where it is cut or damaged, or
 * holds a link, a device or a sparse file.
 */
export function* readTar(file: number, length: number): Generator<TarFile> {
  let next: Partial<TarHeader> = {};
  for (let at = 0; ; ) {
    const header = readAt(file, at, tarBlock);
    if (header.every((byte) => byte === 0)) return;
    if (checksum(header) !== octalIn(header, 148, 8))
      throw new TarError('it is no tar archive, or damaged');
    const entry = describe(header);
    const type = String.fromCharCode(header[156]!);
    const describesNext = type === 'L' || type === 'x';
    const described: TarHeader = describesNext ? entry : { ...entry, ...next };
    const { name, size } = described;
    const start = at + tarBlock;
    if (start + size > length) throw new TarError('it is cut short');
    at = start + size + tarPadding(size).length;
    if (describesNext) {
      if (size > longestName) throw new TarError('it has a name that no file can have');
      const text = readAt(file, start, size).toString();
      next = { ...next, ...(type === 'L' ? { name: text.replace(/\0.*$/s, '') } : readPax(text)) };
      continue;
    }
    next = {};
    if (type === '0' || type === '\0') yield { name: name.replace(/^\.\//, ''), start, size };
    else if (type !== '5' && type !== 'g')
      throw new TarError(`"${name}" in it is neither a plain file nor a folder`);
  }
}

function readAt(file: number, at: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  if (readSync(file, bytes, 0, size, at) < size) throw new TarError('it is cut short');
  return bytes;
}

/** The sum of a header's bytes, with spaces instead of the sum itself. */
function checksum(header: Buffer): number {
  const checksum = header.subarray(148, 156);
  return (
    header.reduce((sum, byte) => sum + byte, 0) -
    checksum.reduce((sum, byte) => sum + byte, 0) +
    8 * 32
  );
}

function describe(header: Buffer): TarHeader {
  const prefix =
    textIn(header, 257, 5) === 'ustar' && header[262] === 0 ? textIn(header, 345, 155) : '';
  const name = textIn(header, 0, 100);
  return { name: prefix === '' ? name : `${prefix}/${name}`, size: sizeIn(header) };
}

const textIn = (header: Buffer, at: number, length: number): string =>
  header.toString('utf8', at, at + length).replace(/\0.*$/s, '');

const octalIn = (header: Buffer, at: number, length: number): number =>
  Number.parseInt(textIn(header, at, length).trim() || '0', 8);

/** In bytes; from 8 GiB on, GNU's tar writes it in base 256. */
function sizeIn(header: Buffer): number {
  const isBinary = (header[124]! & 0x80) !== 0;
  const size = isBinary ? Number(header.readBigUInt64BE(128)) : octalIn(header, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new TarError('it is no tar archive, or damaged');
  return size;
}

/**
 * The name and size in a pax header; a sparse file, whose bytes are not those that it stands for,
 * has further keys.
 */
function readPax(text: string): Partial<TarHeader> {
  if (/^\d+ GNU\.sparse/m.test(text)) throw new TarError('a file in it is sparse');
  const [, name] = /^\d+ path=(.*)$/m.exec(text) ?? [];
  const [, size] = /^\d+ size=(\d+)$/m.exec(text) ?? [];
  return { ...(name !== undefined && { name }), ...(size !== undefined && { size: Number(size) }) };
}
