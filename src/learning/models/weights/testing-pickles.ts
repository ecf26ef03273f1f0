// Pickles and zips as `torch.save` writes them, put together by hand.

/** A Python object of a table of tensors, as bytes of its pickle. */
export type Pickled = Buffer;

const code = (byte: number, ...parts: readonly Buffer[]) =>
  Buffer.concat([Buffer.of(byte), ...parts]);
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

export const text = (value: string): Pickled =>
  code(0x58, uint32(Buffer.byteLength(value)), Buffer.from(value));
export const integer = (value: number): Pickled => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return code(0x4a, bytes);
};
export const none: Pickled = code(0x4e);
export const no: Pickled = code(0x89);
export const tuple = (...values: readonly Pickled[]): Pickled => code(0x28, ...values, code(0x74));
export const list = (...values: readonly Pickled[]): Pickled =>
  code(0x5d, code(0x28), ...values, code(0x65));
export const name = (module: string, member: string): Pickled =>
  code(0x63, Buffer.from(`${module}\n${member}\n`));
export const called = (callee: Pickled, ...parameters: readonly Pickled[]): Pickled =>
  Buffer.concat([callee, tuple(...parameters), code(0x52)]);
export const dictionary = (entries: Readonly<Record<string, Pickled>>): Pickled =>
  code(
    0x7d,
    code(0x28),
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
    code(0x75),
  );
export const ordered = (entries: Readonly<Record<string, Pickled>>): Pickled =>
  Buffer.concat([
    called(name('collections', 'OrderedDict')),
    code(0x28),
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
    code(0x75),
  ]);

interface View {
  readonly storage?: string;
  readonly key: string;
  /** Numbers of the storage. */
  readonly length: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** The last part of a storage's identifier in the old form. */
  readonly of?: readonly Pickled[];
}

export const tensor = (view: View): Pickled => {
  const { storage = 'FloatStorage', key, length, offset = 0, shape, strides, of = [] } = view;
  const id = [text('storage'), name('torch', storage), text(key), text('cpu'), integer(length)];
  return called(
    name('torch._utils', '_rebuild_tensor_v2'),
    Buffer.concat([tuple(...id, ...of), code(0x51)]),
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    no,
    called(name('collections', 'OrderedDict')),
  );
};

/** A whole pickle of protocol 2. */
export const pickle = (value: Pickled): Buffer => code(0x80, Buffer.of(2), value, code(0x2e));

interface ZipOptions {
  /** How the entries claim to be compressed; 0 for not at all. */
  readonly method?: number;
  /** Moves where the directory says that entries begin. */
  readonly shift?: (header: number, index: number) => number;
}

/** A zip of files that are stored as they are. */
export function zip(
  files: Readonly<Record<string, Uint8Array>>,
  { method = 0, shift = (header) => header }: ZipOptions = {},
): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [i, [path, bytes]] of Object.entries(files).entries()) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(path), 22);
    const start = Buffer.alloc(16);
    start.writeUInt32LE(shift(at, i), 12);
    const version = Buffer.alloc(2);
    const entry = Buffer.concat([version, fields, start.subarray(2), Buffer.from(path)]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), entry]));
    const whole = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(path), bytes]);
    local.push(whole);
    at += whole.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(local.length, 4);
  end.writeUInt16LE(local.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, listed, Buffer.from('PK\x05\x06'), end]);
}

export const floats = (...values: readonly number[]): Buffer =>
  Buffer.from(Float32Array.from(values).buffer);

/** The zip that `torch.save` makes of an object, with the bytes of its storages. */
export const torchZip = (
  content: Pickled,
  storages: Readonly<Record<string, Uint8Array>>,
  more: Readonly<Record<string, Uint8Array>> = {},
): Buffer =>
  zip({
    'net/data.pkl': pickle(content),
    ...Object.fromEntries(Object.entries(storages).map(([key, b]) => [`net/data/${key}`, b])),
    'net/version': Buffer.from('3\n'),
    ...more,
  });

const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');

/** What `torch.save` wrote before version 1.6. */
export const oldTorch = (
  content: Pickled,
  storages: Readonly<Record<string, Uint8Array>>,
  width = 4,
): Buffer =>
  Buffer.concat([
    pickle(magic),
    pickle(integer(1001)),
    pickle(dictionary({ little_endian: code(0x88) })),
    pickle(content),
    pickle(list(...Object.keys(storages).map(text))),
    ...Object.values(storages).flatMap((bytes) => {
      const count = Buffer.alloc(8);
      count.writeBigUInt64LE(BigInt(bytes.length / width));
      return [count, bytes];
    }),
  ]);
