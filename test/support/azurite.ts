import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { signAzureRequest } from '../../src/engine/store/remote/buckets/sign-azure.ts';
import { freePort } from './slurm.ts';

/**
 * Azurite, the server for tests of Azure's storage, outside the packages of the project: it has 235
 * of its own.
 */
const program = [
  process.env['RESTAGE_AZURITE'] ?? '',
  join(import.meta.dirname, '../../cache/azurite/node_modules/azurite/dist/src/blob/main.js'),
].find((path) => path !== '' && existsSync(path));

/**
 * Why there is no server of Azure's blobs for a test here; undefined where there is one. In CI,
 * where it is required, that is an error.
 */
export const noAzure: string | undefined =
  program === undefined
    ? 'azurite is not installed: npm install --prefix cache/azurite azurite'
    : undefined;
if (noAzure !== undefined && process.env['RESTAGE_AZURE'] === 'required') throw new Error(noAzure);

/** The account of Azurite, whose key everybody knows. */
const account = 'devstoreaccount1';
const key =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * A server of Azure's blobs on this machine with one empty container, `lab`. Ended with `await
 * using`.
 */
export class AzureServer implements AsyncDisposable {
  readonly endpoint: string;
  readonly account = account;
  readonly env = { AZURE_STORAGE_KEY: key };
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(port: number) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#folder = mkdtempSync(join(tmpdir(), 'restage-azurite-'));
    const address = ['--blobHost', '127.0.0.1', '--blobPort', String(port)];
    const options = ['--location', this.#folder, '--silent', '--disableTelemetry'];
    this.#child = spawn(process.execPath, [program!, ...address, ...options], { stdio: 'ignore' });
  }

  static async start(): Promise<AzureServer> {
    const server = new AzureServer(await freePort());
    const url = new URL(`${server.endpoint}/${account}/lab?restype=container`);
    for (let tries = 600; tries > 0; tries -= 1) {
      const headers = {
        'x-ms-date': new Date().toUTCString(),
        'x-ms-version': '2023-11-03',
        'content-length': '0',
      };
      const signed = signAzureRequest({ method: 'PUT', url, headers }, { account, key });
      const made = await fetch(url, { method: 'PUT', headers: signed }).catch(() => undefined);
      if (made?.status === 201) return server;
      await delay(200);
    }
    throw new Error('azurite did not start');
  }

  /**
   * A token of the account with some rights (`r`, `w`, `d`, `l`) for an hour:
   * learn.microsoft.com/rest/api/storageservices/create-account-sas
   */
  token(rights: string): string {
    const end = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`;
    const version = '2021-12-02';
    const fields = [account, rights, 'b', 'sco', '', end, '', 'https,http', version, '', ''];
    const signature = createHmac('sha256', Buffer.from(key, 'base64'))
      .update(fields.join('\n'))
      .digest('base64');
    const query = { sv: version, ss: 'b', srt: 'sco', sp: rights, se: end, spr: 'https,http' };
    return String(new URLSearchParams({ ...query, sig: signature }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
