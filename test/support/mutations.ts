import fc from 'fast-check';

/**
 * Texts that break readers: other numbers, types and paths, and names that every JavaScript object
 * has.
 */
const hostile = [
  '\0',
  '"',
  ',',
  '\n',
  '\r',
  ';',
  '[',
  ']',
  '{',
  '}',
  ':',
  '../',
  '/',
  '..',
  '.',
  '\\',
  '\u001b[2J',
  '\ufffd',
  '0x1',
  'NaN',
  '-1',
  '-0',
  '0',
  '7',
  '0.5',
  '1e999',
  '9007199254740993',
  '4294967296',
  '1099511627776',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  'constructor',
  'toString',
  '__proto__',
  'length',
  'é',
];

type Edit = (bytes: Buffer) => Buffer;

const edit: fc.Arbitrary<Edit> = fc
  .record({
    how: fc.constantFrom(
      'flip',
      'remove',
      'repeat',
      'insert',
      'insert',
      'replace',
      'replace',
      'cut',
    ),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 24 }),
    text: fc.constantFrom(...hostile),
  })
  .map(({ how, at, length, text }) => (bytes: Buffer) => {
    const from = Math.min(bytes.length, Math.floor(at * bytes.length));
    const to = Math.min(bytes.length, from + length);
    const before = bytes.subarray(0, from);
    const inside = bytes.subarray(from, to);
    const after = bytes.subarray(to);
    switch (how) {
      case 'flip':
        return Buffer.concat([
          before,
          inside.map((byte, i) => (i === 0 ? byte ^ (1 << (length & 7)) : byte)),
          after,
        ]);
      case 'remove':
        return Buffer.concat([before, after]);
      case 'repeat':
        return Buffer.concat([before, inside, inside, after]);
      case 'insert':
        return Buffer.concat([before, Buffer.from(text), inside, after]);
      case 'replace':
        return Buffer.concat([before, Buffer.from(text), after]);
      case 'cut':
        return before;
    }
  });

/** The bytes with one to three edits, such as bad disks, careless users and other programs make. */
export function mutated(bytes: Buffer | string): fc.Arbitrary<Buffer> {
  return fc
    .array(edit, { minLength: 1, maxLength: 3 })
    .map((edits) => edits.reduce<Buffer>((b, edit) => edit(b), Buffer.from(bytes)));
}

/**
 * Whether reading fails with a short error for the user. Any other error is a bug, and is thrown.
 */
export async function isRefused(read: () => unknown): Promise<boolean> {
  try {
    await read();
    return false;
  } catch (error) {
    if (
      error instanceof Error &&
      error.name === 'StageError' &&
      !/[\s\S]{4000}/.test(error.message)
    )
      return true;
    throw error;
  }
}
