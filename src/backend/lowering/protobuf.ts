/**
 * A growing protobuf message, after https://protobuf.dev/programming-guides/encoding. The fields are
 * written in the order of the calls.
 */
export class Message {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  integer(field: number, value: number): void {
    this.#varint(field * 8);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#varint(field * 8 + 5);
    this.#append(new Uint8Array(Float32Array.of(value).buffer));
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#varint(field * 8 + 2);
    this.#varint(bytes.length);
    this.#append(bytes);
  }

  text(field: number, text: string): void {
    this.bytes(field, Buffer.from(text));
  }

  message(field: number, inner: Message): void {
    this.#varint(field * 8 + 2);
    this.#varint(inner.#length);
    for (const chunk of inner.#chunks) this.#append(chunk);
  }

  finish(): Uint8Array<ArrayBuffer> {
    const result = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      result.set(chunk, offset);
      offset += chunk.length;
    }
    return result;
  }

  #varint(value: number): void {
    // A negative int64 is written as its 64-bit two's complement, ten bytes long.
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.#append(Uint8Array.from(bytes));
  }

  #append(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }
}
