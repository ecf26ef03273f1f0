import { StageError } from '../../../stage.ts';
import { readBytes, sizeOfFile } from './weight-files.ts';

/** Where the bytes of one file lie within a zip that stores them as they are. */
export interface ZipEntry {
  readonly name: string;
  /** The first byte, counted from that of the zip. */
  readonly start: number;
  readonly size: number;
}

const endLength = 22;
const longestComment = 0xffff;
const signatures = { entry: 0x02014b50, file: 0x04034b50, end: 0x06054b50, end64: 0x06064b50 };
const locatorSignature = 0x07064b50;
/** A network has some thousand tensors, each an entry. */
const mostEntries = 1_000_000;
const longestDirectory = 2 ** 28;

/**
 * The files in a zip by their names, zip64 included (APPNOTE 6.3.10, sections 4.3 and 4.5.3).
 * Entries must be stored without compression, as PyTorch stores them, so no file becomes larger
 * than it is. Throws a {@link StageError} for one that is damaged, or whose entries overlap.
 */
export function zipEntries(path: string): ReadonlyMap<string, ZipEntry> {
  const fileSize = sizeOfFile(path);
  const { count, offset, size } = findDirectory(path, fileSize);
  if (count > mostEntries || size > longestDirectory || offset + size > fileSize) {
    throw damaged(path, `its directory of ${count} entries is larger than the file`);
  }
  const directory = new DataView(readBytes(path, offset, size).buffer);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  let before = 0;
  const inOrder: { readonly header: number; readonly entry: ZipEntry }[] = [];
  for (let i = 0; i < count; i++) {
    const { next, header, ...entry } = readEntry(path, directory, at);
    at = next;
    if (entries.has(entry.name)) throw damaged(path, `it has ${entry.name} twice`);
    const start = dataStart(path, header, fileSize);
    const located = { ...entry, start };
    if (start + entry.size > offset) throw damaged(path, `${entry.name} reaches over its end`);
    entries.set(entry.name, located);
    inOrder.push({ header, entry: located });
  }
  for (const { header, entry } of inOrder.sort((a, b) => a.header - b.header)) {
    if (header < before) throw damaged(path, `${entry.name} overlaps the entry before it`);
    before = entry.start + entry.size;
  }
  return entries;
}

/** The position of the directory, from the record at the end of the file. */
function findDirectory(path: string, fileSize: number) {
  const tailStart = Math.max(0, fileSize - endLength - longestComment);
  const tail = new DataView(readBytes(path, tailStart, fileSize - tailStart).buffer);
  let at = tail.byteLength - endLength;
  while (at >= 0 && tail.getUint32(at, true) !== signatures.end) at--;
  if (at < 0) throw damaged(path, 'the directory at its end is missing, so it is cut short');
  const plain = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const isLarge =
    plain.count === 0xffff || plain.size === 0xffffffff || plain.offset === 0xffffffff;
  if (!isLarge) return plain;
  const locator = at - 20;
  if (locator < 0 || tail.getUint32(locator, true) !== locatorSignature) {
    throw damaged(path, 'the record of its 64-bit directory is missing');
  }
  const recordStart = Number(tail.getBigUint64(locator + 8, true));
  const record = readBytes(path, recordStart, 56);
  const view = new DataView(record.buffer);
  if (record.length < 56 || view.getUint32(0, true) !== signatures.end64) {
    throw damaged(path, 'the record of its 64-bit directory is missing');
  }
  return {
    count: Number(view.getBigUint64(32, true)),
    size: Number(view.getBigUint64(40, true)),
    offset: Number(view.getBigUint64(48, true)),
  };
}

function readEntry(path: string, view: DataView, at: number) {
  if (at + 46 > view.byteLength || view.getUint32(at, true) !== signatures.entry) {
    throw damaged(path, `entry ${at} of its directory is damaged`);
  }
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const packedSize = view.getUint32(at + 20, true);
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
  if (next > view.byteLength) throw damaged(path, `entry ${at} of its directory is damaged`);
  const nameBytes = new Uint8Array(view.buffer, at + 46, nameLength);
  const name = new TextDecoder().decode(nameBytes);
  if ((flags & 1) === 1) throw damaged(path, `${name} in it is encrypted`);
  if (method !== 0) {
    throw new StageError(
      `Expected entries without compression in ${path}, as torch.save writes them, got ${name} with compression ${method}: save it again by torch.save.`,
    );
  }
  const fields = {
    size: view.getUint32(at + 24, true),
    packedSize,
    header: view.getUint32(at + 42, true),
  };
  const { size, header, ...sizes } = wideFields(fields, view, at + 46 + nameLength, extraLength);
  if (size !== sizes.packedSize) throw damaged(path, `${name} in it has two sizes`);
  return { name, size, header, next };
}

interface EntryFields {
  readonly size: number;
  readonly packedSize: number;
  readonly header: number;
}

/** Fields of 32 bits that are all ones have their value, in this order, in the zip64 block. */
function wideFields(
  fields: EntryFields,
  view: DataView,
  start: number,
  length: number,
): EntryFields {
  const end = start + length;
  let block = start;
  while (block + 4 <= end && view.getUint16(block, true) !== 1) {
    block += 4 + view.getUint16(block + 2, true);
  }
  let at = block + 4;
  const wide = (value: number): number => {
    if (value !== 0xffffffff || at + 8 > end) return value;
    at += 8;
    return Number(view.getBigUint64(at - 8, true));
  };
  const size = wide(fields.size);
  const packedSize = wide(fields.packedSize);
  return { size, packedSize, header: wide(fields.header) };
}

/** Data follow the entry's own header, whose name and padding have their own lengths. */
function dataStart(path: string, header: number, fileSize: number): number {
  const bytes = header + 30 > fileSize ? new Uint8Array() : readBytes(path, header, 30);
  const view = new DataView(bytes.buffer);
  if (bytes.length < 30 || view.getUint32(0, true) !== signatures.file) {
    throw damaged(path, `no entry begins at byte ${header}`);
  }
  return header + 30 + view.getUint16(26, true) + view.getUint16(28, true);
}

const damaged = (path: string, problem: string): StageError =>
  new StageError(`Expected a whole zip of PyTorch in ${path}, but ${problem}.`);
