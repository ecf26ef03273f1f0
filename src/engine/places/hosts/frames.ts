/** One message of a connection with a host, and the bytes that come with it; mostly none. */
export interface Frame {
  /** Plain data. */
  readonly message: unknown;
  readonly body: Buffer;
}

/** Lengths of message and body, four bytes each, big-endian. */
const headLength = 8;

/** In bytes: a ticket lists each file that its stage reads. */
const longestMessage = 256 * 1024 ** 2;
const longestBody = 16 * 1024 ** 2;

/** The bytes of a frame. The body is not copied. */
export function encodeFrame(message: object, body?: Buffer): readonly Buffer[] {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(headLength);
  head.writeUInt32BE(text.length, 0);
  head.writeUInt32BE(body?.length ?? 0, 4);
  return body === undefined ? [head, text] : [head, text, body];
}

/** Finds the frames in the bytes of a connection, however these are cut. */
export class FrameReader {
  /** What was received of frames that are not whole, in order. */
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes the next step needs, so that long frames are joined once. */
  #wanted = headLength;

  /** The frames that are whole with this chunk. Throws for bytes that are none. */
  *read(chunk: Buffer): Iterable<Frame> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= this.#wanted) {
      const bytes = this.#join();
      const text = bytes.readUInt32BE(0);
      const body = bytes.readUInt32BE(4);
      if (text > longestMessage || body > longestBody)
        throw new Error('it sent something else than messages');
      const end = headLength + text + body;
      this.#wanted = end;
      if (bytes.length < end) return;
      this.#chunks = [bytes.subarray(end)];
      this.#length = bytes.length - end;
      this.#wanted = headLength;
      const message: unknown = JSON.parse(bytes.toString('utf8', headLength, headLength + text));
      yield { message, body: bytes.subarray(headLength + text, end) };
    }
  }

  #join(): Buffer {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    return bytes;
  }
}
