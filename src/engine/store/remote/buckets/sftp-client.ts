import { type ChildProcess, spawn } from 'node:child_process';
import type { Environment } from '../../../../environment.ts';
import { RefusedRequest, UnreachableStore } from './bucket.ts';

/** The numbers of version 3 of the protocol: draft-ietf-secsh-filexfer-02. */
const send = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  stat: 17,
  rename: 18,
  extended: 200,
} as const;
const reply = { version: 2, status: 101, handle: 102, data: 103, name: 104, attrs: 105 } as const;
const status = { ok: 0, eof: 1, noFile: 2, denied: 3 } as const;
export const openFlags = { read: 0x01, write: 0x02, create: 0x08, exclusive: 0x20 } as const;

export interface SftpStats {
  readonly size: number;
  /** Seconds since the epoch. */
  readonly time: number;
  /**
   * `other` is a FIFO, a device or a socket. A server that tells no modes calls everything a file.
   */
  readonly type: 'file' | 'folder' | 'link' | 'other';
}

/** A file or folder is missing, or a call failed for a reason that SFTP does not give. */
export class SftpFailure extends UnreachableStore {
  readonly isMissing: boolean;

  constructor(message: string, isMissing: boolean) {
    super(message);
    this.isMissing = isMissing;
  }
}

interface Reply {
  readonly type: number;
  readonly body: Reader;
}

/** Milliseconds without an answer after which a host counts as silent. */
const patience = 30_000;

interface Waiting {
  /** The number of the call. */
  readonly type: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export interface SshHost {
  /** As `ssh` takes it, such as `me@host`: it never begins with a dash. */
  readonly destination: string;
  readonly port: string | undefined;
  /** Where `ssh` is found, and what it knows of the user. */
  readonly env: Environment;
}

/**
 * The calls of SFTP that a store needs, over the system's `ssh`, which knows the user's hosts,
 * keys, agent and jump hosts. Calls may overlap. Throws `UnreachableStore` or `RefusedRequest` when
 * the connection ends, and {@link SftpFailure} for a call.
 */
export class SftpClient {
  readonly #child: ChildProcess;
  readonly #destination: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #version: Promise<ReadonlySet<string>>;
  #lastId = 0;
  #received: Buffer = Buffer.alloc(0);
  #said = '';
  #end: Error | undefined;
  /** Runs while answers are waited for. */
  #silence: NodeJS.Timeout | undefined;
  readonly #patience: number;

  /** `silence` in milliseconds ends the connection. */
  constructor({ destination, port, env }: SshHost, silence = patience) {
    this.#destination = destination;
    this.#patience = silence;
    const settings = ['BatchMode=yes', 'ConnectTimeout=15', 'ServerAliveInterval=15'];
    const options = settings.flatMap((setting) => ['-o', setting]);
    const args = [
      ...options,
      ...(port === undefined ? [] : ['-p', port]),
      '-s',
      '--',
      destination,
      'sftp',
    ];
    this.#child = spawn('ssh', args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdout!.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2000);
    });
    this.#child.stdin!.on('error', () => {}); // it has ended, as `close` tells
    this.#child.on('error', (error) =>
      this.#fail(new UnreachableStore(`ssh cannot be started: ${error.message}`)),
    );
    this.#child.on('close', () => this.#fail(this.#explainEnd()));
    this.#version = new Promise((resolve, reject) => {
      this.#waiting.set(0, {
        type: send.init,
        resolve: ({ body }) => resolve(extensionsIn(body)),
        reject,
      });
    });
    this.#version.catch(() => {}); // every call throws it
    this.#write(send.init, number(3));
  }

  async has(extension: string): Promise<boolean> {
    return (await this.#version).has(extension);
  }

  async open(path: string, flags: number): Promise<Buffer> {
    return (await this.#call(send.open, text(path), number(flags), number(0))).body.string();
  }

  async close(handle: Buffer): Promise<void> {
    await this.#call(send.close, text(handle));
  }

  /** At most `length` bytes, from `start`; empty at the end. */
  async read(handle: Buffer, start: number, length: number): Promise<Buffer> {
    const answer = await this.#call(send.read, text(handle), long(start), number(length));
    return answer.type === reply.data ? answer.body.string() : Buffer.alloc(0);
  }

  async write(handle: Buffer, start: number, bytes: Buffer): Promise<void> {
    await this.#call(send.write, text(handle), long(start), number(bytes.length), bytes);
  }

  async sync(handle: Buffer): Promise<void> {
    if (await this.has('fsync@openssh.com'))
      await this.#call(send.extended, text('fsync@openssh.com'), text(handle));
  }

  async stat(path: string): Promise<SftpStats> {
    return (await this.#call(send.stat, text(path))).body.stats();
  }

  /** The stats of a path; of a link, not of its target. */
  async lstat(path: string): Promise<SftpStats> {
    return (await this.#call(send.lstat, text(path))).body.stats();
  }

  async remove(path: string): Promise<void> {
    await this.#call(send.remove, text(path));
  }

  async makeFolder(path: string): Promise<void> {
    await this.#call(send.mkdir, text(path), number(0));
  }

  /** Replaces what is there, where the server can. */
  async rename(from: string, to: string): Promise<void> {
    const name = 'posix-rename@openssh.com';
    if (await this.has(name)) await this.#call(send.extended, text(name), text(from), text(to));
    else await this.#call(send.rename, text(from), text(to));
  }

  async list(
    path: string,
  ): Promise<readonly { readonly name: string; readonly stats: SftpStats }[]> {
    const handle = (await this.#call(send.opendir, text(path))).body.string();
    const entries: { readonly name: string; readonly stats: SftpStats }[] = [];
    for (;;) {
      const { type, body } = await this.#call(send.readdir, text(handle));
      if (type !== reply.name) break;
      for (let remaining = body.number(); remaining > 0; remaining -= 1) {
        const name = body.string().toString('utf8');
        body.string(); // the line of `ls`
        entries.push({ name, stats: body.stats() });
      }
    }
    await this.close(handle);
    return entries.filter(({ name }) => name !== '.' && name !== '..');
  }

  end(): void {
    this.#child.kill();
  }

  async #call(type: number, ...parts: readonly Buffer[]): Promise<Reply> {
    await this.#version;
    if (this.#end !== undefined) throw this.#end;
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = await new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(id, { type, resolve, reject });
      this.#silence ??= setTimeout(() => this.#endSilence(), this.#patience);
      this.#write(type, number(id), ...parts);
    });
    if (answer.type !== reply.status) return answer;
    const code = answer.body.number();
    if (code === status.ok || code === status.eof) return answer;
    const message = answer.body.string().toString('utf8');
    if (code === status.denied)
      throw new RefusedRequest(`${message}: your user there lacks a right to its files`);
    throw new SftpFailure(message, code === status.noFile);
  }

  /**
   * Sends a packet, whose last part may be large and is not copied. Those of one turn go by one
   * call of the system.
   */
  #write(type: number, ...parts: readonly Buffer[]): void {
    const input = this.#child.stdin!;
    if (input.writableCorked === 0) {
      input.cork();
      process.nextTick(() => input.uncork());
    }
    const length = parts.reduce((sum, part) => sum + part.length, 1);
    input.write(Buffer.concat([number(length), Buffer.from([type]), ...parts.slice(0, -1)]));
    input.write(parts.at(-1)!);
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const length = this.#received.readUInt32BE(0);
      if (length > largest)
        this.#fail(new UnreachableStore('the host answers something else than SFTP'));
      if (length > largest || this.#received.length < 4 + length) return;
      const packet = this.#received.subarray(4, 4 + length);
      this.#received = this.#received.subarray(4 + length);
      const type = packet[0]!;
      const isVersion = type === reply.version;
      const id = isVersion ? 0 : packet.readUInt32BE(1);
      this.#waiting.get(id)?.resolve({ type, body: new Reader(packet.subarray(5)) });
      this.#waiting.delete(id);
    }
    this.#silence?.refresh();
    if (this.#waiting.size === 0) this.#endWatch();
  }

  /**
   * Ends the connection, unless the host may be writing a large file to its disk: it answers one
   * call after the other.
   */
  #endSilence(): void {
    const isSyncing = [...this.#waiting.values()].some(({ type }) => type === send.extended);
    if (isSyncing) this.#silence?.refresh();
    else this.#fail(new UnreachableStore('the host fell silent'));
  }

  #endWatch(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  #fail(error: Error): void {
    this.#end ??= error;
    this.#endWatch();
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
    this.#child.kill();
  }

  #explainEnd(): Error {
    const last = this.#said.trim().split('\n').at(-1) || 'ssh ended';
    const remedy = remedies.find(([pattern]) => pattern.test(this.#said))?.[1];
    if (remedy === undefined) return new UnreachableStore(`ssh: ${last}`);
    return new RefusedRequest(`ssh: ${last}: ${remedy.replace('HOST', this.#destination)}`);
  }
}

/** What to do about the refusals of `ssh`. */
const remedies: readonly (readonly [said: RegExp, remedy: string])[] = [
  [
    /Host key verification failed/,
    'type `ssh HOST` once, and accept its key if it is the right one',
  ],
  [
    /Permission denied|Too many authentication failures/,
    '`ssh HOST` must connect without a question, by a key',
  ],
];

/** In bytes. A longer packet is none: something else was printed before the protocol began. */
const largest = 1024 ** 2;

/** What a mode says that a name stands for. */
const types: ReadonlyMap<number, SftpStats['type']> = new Map([
  [0, 'file'],
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
]);

function extensionsIn(body: Reader): ReadonlySet<string> {
  const names = new Set<string>();
  while (body.left > 0) {
    names.add(body.string().toString('utf8'));
    body.string();
  }
  return names;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}

/** The fields of a packet, one after the other. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  string(): Buffer {
    const length = this.number();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Attributes: flags tell which ones follow. */
  stats(): SftpStats {
    const flags = this.number();
    const has = (flag: number) => (flags & flag) !== 0;
    const size = has(1) ? this.number() * 2 ** 32 + this.number() : 0;
    if (has(2)) this.#at += 8;
    const mode = has(4) ? this.number() : 0;
    if (has(8)) this.#at += 4;
    const time = has(8) ? this.number() : 0;
    return { size, time, type: types.get(mode & 0o170000) ?? 'other' };
  }
}
