import { execFile } from 'node:child_process';
import { z } from 'zod';
import type { Environment } from '../../../../environment.ts';
import { readAwsSettings } from './aws-settings.ts';
import { RefusedRequest } from './bucket.ts';
import type { Credentials } from './sign-request.ts';

/** Credentials, and the time at which they expire, in milliseconds since the epoch. */
interface TimedCredentials {
  readonly credentials: Credentials | undefined;
  readonly expires: number;
  readonly readAt: number;
}

/**
 * Milliseconds before their end at which credentials are read again, and between two such readings
 * of a program that gives them for a shorter time.
 */
const early = 60_000;
/** Milliseconds after which a program that gives no credentials is ended. */
const patience = 60_000;

/**
 * The credentials of a bucket. They are read when the first request needs them, a minute before
 * they expire, and when the server refused them: by then another program may have renewed them.
 * Requests that need them at the same time share one reading.
 */
export class AwsCredentials {
  readonly #env: Environment;
  #reading: Promise<TimedCredentials> | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The present credentials; undefined without any. Throws a {@link RefusedRequest}. */
  async get(): Promise<Credentials | undefined> {
    const reading = this.#read();
    const { credentials, expires, readAt } = await reading;
    const now = Date.now();
    if (expires - now > early || now - readAt < early) return credentials;
    this.#forget(reading);
    return (await this.#read()).credentials;
  }

  /** Whether there are other credentials by now than those that were refused. */
  async haveChanged(refused: Credentials | undefined): Promise<boolean> {
    const isRefused = ({ credentials }: TimedCredentials) =>
      JSON.stringify(credentials) === JSON.stringify(refused);
    const reading = this.#read();
    if (isRefused(await reading)) this.#forget(reading);
    return !isRefused(await this.#read());
  }

  #read(): Promise<TimedCredentials> {
    if (this.#reading !== undefined) return this.#reading;
    const reading = readCredentials(this.#env);
    this.#reading = reading;
    reading.catch(() => this.#forget(reading)); // the next request tries again
    return reading;
  }

  /** Unless somebody has read anew meanwhile. */
  #forget(reading: Promise<TimedCredentials>): void {
    if (this.#reading === reading) this.#reading = undefined;
  }
}

async function readCredentials(env: Environment): Promise<TimedCredentials> {
  const { credentials, process } = readAwsSettings(env);
  const readAt = Date.now();
  if (credentials === undefined && process !== undefined)
    return { ...(await askProgram(process, env)), readAt };
  return { credentials, expires: Number.POSITIVE_INFINITY, readAt };
}

/** docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
const answerShape = z.object({
  Version: z.literal(1),
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  SessionToken: z.string().optional(),
  Expiration: z.iso.datetime({ offset: true }).optional(),
});

/** The credentials that the program of `credential_process` prints. No shell reads its words. */
async function askProgram(command: string, env: Environment) {
  const [program = '', ...args] = wordsIn(command);
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(
      program,
      args,
      { env, timeout: patience, killSignal: 'SIGKILL' },
      (error, out, why) => {
        if (error === null) return resolve(out);
        const lastLine = why.trim().split('\n').at(-1);
        reject(
          failed(program, error.killed === true ? 'did not answer' : lastLine || error.message),
        );
      },
    );
  });
  const answer = answerShape.safeParse(jsonIn(printed));
  if (!answer.success) throw failed(program, 'printed no credentials of version 1');
  const {
    AccessKeyId: id,
    SecretAccessKey: secret,
    SessionToken: session,
    Expiration,
  } = answer.data;
  return {
    credentials: { id, secret, ...(session !== undefined && { session }) },
    expires: Expiration === undefined ? Number.POSITIVE_INFINITY : Date.parse(Expiration),
  };
}

const failed = (program: string, why: string): RefusedRequest =>
  new RefusedRequest(`credential_process of the profile in ~/.aws: ${program}: ${why}`);

/** The words of a command, of which some may stand in quotes. */
const wordsIn = (command: string): readonly string[] =>
  (command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) =>
    word.replaceAll(
      /"([^"]*)"|'([^']*)'/g,
      (_, double?: string, single?: string) => double ?? single ?? '',
    ),
  );

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
