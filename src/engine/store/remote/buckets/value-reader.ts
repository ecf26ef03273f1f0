import type { IncomingHttpHeaders } from 'node:http';
import { mostWhole, type Range } from './bucket.ts';
import { ByteRoom } from './byte-room.ts';

/** A value of at most so many bytes is read at once: nearly every result. */
const small = 1024 ** 2;

/** What a web store answers. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the value has more bytes than were asked for. */
  readonly isCut: boolean;
}

/** The client of a web store. */
interface ValueClient {
  ask(
    method: 'GET' | 'HEAD',
    key: string,
    question?: { readonly headers?: Readonly<Record<string, string>>; readonly most?: number },
  ): Promise<Answer>;
}

/** Reads the values of a web store, large ones as memory has room. */
export class ValueReader {
  readonly #client: ValueClient;
  readonly #rangeHeader: string;
  readonly #room = new ByteRoom(mostWhole);

  /** `rangeHeader` is the header that asks for some of the bytes. */
  constructor(client: ValueClient, rangeHeader: string) {
    this.#client = client;
    this.#rangeHeader = rangeHeader;
  }

  /** The bytes that are asked for; undefined where there are none, or too many. */
  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    if (range !== undefined) {
      const bytes = `bytes=${range.start}-${range.start + range.length - 1}`;
      const headers = { [this.#rangeHeader]: bytes };
      return bodyOf(await this.#client.ask('GET', key, { headers }));
    }
    const answer = await this.#client.ask('GET', key, { most: small });
    if (!answer.isCut) return bodyOf(answer);
    // Asked again, since no server waits until there is room for the rest of its answer.
    const size = Number(answer.headers['content-length'] ?? mostWhole);
    if (size > mostWhole) return undefined;
    return await this.#room.hold(size, async () => bodyOf(await this.#client.ask('GET', key)));
  }

  /** The size of a value in bytes; undefined where there is none. */
  async head(key: string): Promise<number | undefined> {
    const { status, headers } = await this.#client.ask('HEAD', key);
    return status === 404 ? undefined : Number(headers['content-length']);
  }
}

const bodyOf = ({ status, isCut, body }: Answer): Buffer | undefined =>
  status === 404 || status === 416 || isCut ? undefined : body;
