/**
 * The bytes of tar archives (POSIX.1-1988 ustar, with a pax header where a name needs one).
 *
 * Owner, time and mode are constants, so that equal contents give equal archives.
 */

/** Everything in a tar archive starts at a multiple of this many bytes. */
export const tarBlock = 512;

/** What closes an archive: two empty blocks. */
export const tarEnd = new Uint8Array(2 * tarBlock);

/** What precedes a file of `size` bytes in an archive: its header, and a pax header when the name is long or not ASCII. */
export function tarHeader(name: string, size: number): Uint8Array {
  const split = splitName(name);
  if (split !== undefined) return ustarHeader(split.prefix, split.name, size, '0');

  const record = Buffer.from(paxRecord('path', name));
  const plainName = Buffer.from(name)
    .subarray(-100)
    .toString('latin1')
    .replace(/[^ -~]/g, '_');
  return Buffer.concat([
    ustarHeader('', 'PaxHeader', record.length, 'x'),
    record,
    tarPadding(record.length),
    ustarHeader('', plainName, size, '0'),
  ]);
}

/** The zero bytes after a file of `size` bytes that fill its last block. */
export function tarPadding(size: number): Uint8Array {
  return tarEnd.subarray(0, -size & (tarBlock - 1));
}

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
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
