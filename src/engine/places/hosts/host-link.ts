import { createReadStream } from 'node:fs';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { type Digest, isDigest } from '../../../digest.ts';
import { writeObject } from '../../store/store-object.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';

/** The connection with a host ended. */
export class LostLink extends Error {}

/** What both sides send beside their own messages: requests for objects, objects, signs of life. */
type CommonMessage =
  | { readonly type: 'want'; readonly digest: Digest }
  /** The next bytes of an object, or its end. */
  | { readonly type: 'object'; readonly digest: Digest; readonly last: boolean }
  | { readonly type: 'gone'; readonly digest: Digest }
  | { readonly type: 'beat' };

const commonTypes: ReadonlySet<string> = new Set(['want', 'object', 'gone', 'beat']);

export interface LinkOptions<Received> {
  readonly input: Readable;
  readonly output: Writable;
  /**
   * The file of an object that the other side may have; undefined: it gets none. It reads nothing
   * else of this machine.
   */
  readonly sourceOf: (digest: Digest) => string | undefined;
  readonly receive: (message: Received) => void;
  /** Called once, with the reason as a clause. */
  readonly ended: (reason: string) => void;
  /** In milliseconds, until it is set anew: {@link HostLink.silence}. */
  readonly silence: number;
}

/** Bytes that are read and sent at once. */
const chunkSize = 256 * 1024;

/**
 * One end of the connection between a run and a host: messages, and objects by their digests. Both
 * ends are of this class. States: open → ended, when the stream ends, the other side sends what is
 * no message, or nothing for `silence`. After the end, whatever waits fails with a
 * {@link LostLink}.
 */
export class HostLink<Sent extends { readonly type: string }, Received> {
  readonly #options: LinkOptions<Received>;
  readonly #incoming = new Map<Digest, PassThrough>();
  readonly #fetching = new Map<string, Promise<boolean>>();
  #timer: NodeJS.Timeout | undefined;
  #silence = 0;
  /** Objects are sent one after the other; other messages go between their chunks. */
  #sending: Promise<void> = Promise.resolve();
  #end: LostLink | undefined;
  #heardAt = performance.now();
  #tickedAt = performance.now();

  /** `first` are bytes that were received before. */
  constructor(options: LinkOptions<Received>, first: Buffer = Buffer.alloc(0)) {
    this.#options = options;
    this.silence = options.silence;
    options.output.on('error', () => {}); // the input ends, too
    void this.#read(first);
  }

  /** Milliseconds without a byte after which the other side counts as gone. */
  set silence(silence: number) {
    clearInterval(this.#timer);
    this.#silence = silence;
    this.#timer = setInterval(() => this.#tick(silence / 4), silence / 4);
  }

  /** Sends a message. After the end it does nothing. */
  send(message: Sent): void {
    void this.#write(message);
  }

  /**
   * Fetches an object of the other side to a path that ends with its digest. False if the other
   * side has it not, or with other bytes. Throws a {@link LostLink}.
   */
  fetch(digest: Digest, path: string): Promise<boolean> {
    const under = this.#fetching.get(path);
    if (under !== undefined) return under;
    const fetched = this.#fetch(digest, path).finally(() => this.#fetching.delete(path));
    this.#fetching.set(path, fetched);
    return fetched;
  }

  /** Ends this side; `reason` is a clause. */
  close(reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = new LostLink(reason);
    clearInterval(this.#timer);
    for (const bytes of this.#incoming.values()) bytes.destroy(this.#end);
    this.#options.output.end();
    this.#options.ended(reason);
  }

  async #fetch(digest: Digest, path: string): Promise<boolean> {
    if (this.#end !== undefined) throw this.#end;
    const bytes = new PassThrough({ highWaterMark: 4 * chunkSize });
    bytes.on('error', () => {}); // the reader gets it
    this.#incoming.set(digest, bytes);
    void this.#write({ type: 'want', digest });
    try {
      return (await writeObject(path, bytes)) !== undefined;
    } catch (error) {
      if (error instanceof GoneObject) return false;
      throw error;
    } finally {
      this.#incoming.delete(digest);
      bytes.destroy();
    }
  }

  async #read(first: Buffer): Promise<void> {
    const frames = new FrameReader();
    try {
      for (const frame of frames.read(first)) await this.#take(frame);
      for await (const chunk of this.#options.input) {
        this.#heardAt = performance.now();
        for (const frame of frames.read(chunk as Buffer)) await this.#take(frame);
      }
      this.close('the connection ended');
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }

  async #take({ message, body }: Frame): Promise<void> {
    if (this.#end !== undefined) return;
    const { type } = message as { readonly type: string };
    if (commonTypes.has(type)) await this.#takeCommon(message as CommonMessage, body);
    else this.#options.receive(message as Received);
  }

  async #takeCommon(message: CommonMessage, body: Buffer): Promise<void> {
    switch (message.type) {
      case 'want':
        this.#sending = this.#sending.then(() => this.#sendObject(message.digest));
        return;
      case 'object': {
        // Nobody waits for it where writing it failed.
        const bytes = this.#incoming.get(message.digest);
        if (bytes === undefined || bytes.destroyed) return;
        if (message.last) bytes.end();
        else if (!bytes.write(body)) await drained(bytes);
        return;
      }
      case 'gone':
        this.#incoming.get(message.digest)?.destroy(new GoneObject());
        return;
      case 'beat':
        return;
    }
  }

  async #sendObject(digest: Digest): Promise<void> {
    const path = isDigest(digest) ? this.#options.sourceOf(digest) : undefined;
    try {
      if (path === undefined) throw new GoneObject();
      for await (const chunk of createReadStream(path, { highWaterMark: chunkSize })) {
        if (this.#end !== undefined) return;
        await this.#write({ type: 'object', digest, last: false }, chunk as Buffer);
      }
      await this.#write({ type: 'object', digest, last: true });
    } catch {
      await this.#write({ type: 'gone', digest });
    }
  }

  /** Resolves when there is room for more. */
  async #write(message: Sent | CommonMessage, body?: Buffer): Promise<void> {
    const { output } = this.#options;
    if (this.#end !== undefined || !output.writable) return;
    output.cork();
    let hasRoom = true;
    for (const bytes of encodeFrame(message, body)) hasRoom = output.write(bytes);
    output.uncork();
    if (!hasRoom) await drained(output);
  }

  #tick(interval: number): void {
    void this.#write({ type: 'beat' });
    const now = performance.now();
    // A process that was stopped, or a machine that slept, finds first what came meanwhile.
    const wasAsleep = now - this.#tickedAt > 2 * interval;
    this.#tickedAt = now;
    if (wasAsleep) this.#heardAt = now;
    if (now - this.#heardAt >= this.#silence)
      this.close(`nothing was heard for ${Math.round(this.#silence / 1000)} s`);
  }
}

/** The other side has no such object. */
class GoneObject extends Error {}

/** Resolves when a stream has room again, or ended. */
const drained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const events = ['drain', 'close', 'error', 'finish'] as const;
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
