/** The body of an answer of a server. */
export interface AnswerBody {
  readonly body: Buffer;
  /**
   * Whether the rest of the body was not read, since it is larger than what was asked for.
   */
  readonly isCut: boolean;
}

/** The body of an answer, up to `most` bytes. A longer one ends the connection. */
export async function readAnswer(
  response: AsyncIterable<unknown>,
  most: number,
): Promise<AnswerBody> {
  const chunks: Buffer[] = [];
  let remaining = most;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    remaining -= chunk.length;
    if (remaining < 0) return { body: Buffer.alloc(0), isCut: true };
    chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks), isCut: false };
}
