import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { noNamespaces, wordsApart } from './apart.ts';
import { freePort } from './slurm.ts';
import { noSshd } from './sshd.ts';

/** Why a test has no such machines here; undefined where it has. */
export const noSshHosts: string | undefined = noSshd ?? noNamespaces;

/**
 * Machines that share no files with this one but its system: each is an sshd in namespaces of its
 * own, with an empty folder for temporary files and an empty home. The `ssh` on `path` reaches them
 * by their names. Ended with `await using`; whatever runs on them ends with them.
 */
export class SshHosts implements AsyncDisposable {
  readonly folder: string;
  /** A search path on which `ssh` knows the hosts. */
  readonly path: string;
  readonly #hosts = new Map<string, { readonly port: number; child: ChildProcess }>();

  private constructor(ports: ReadonlyMap<string, number>) {
    this.folder = mkdtempSync(join(tmpdir(), 'restage-hosts-'));
    const at = (name: string) => join(this.folder, name);
    mkdirSync('/run/sshd', { recursive: true });
    mkdirSync(at('bin'));
    for (const key of ['host', 'id'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
    writeFileSync(at('authorized'), readFileSync(at('id.pub')), { mode: 0o600 });
    const [type, key] = readFileSync(at('host.pub'), 'utf8').split(' ');
    const known = [...ports.values()].map((port) => `[127.0.0.1]:${port} ${type} ${key}\n`);
    writeFileSync(at('known'), known.join(''));
    const config = [...ports].map(
      ([name, port]) =>
        `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n  User root\n  IdentityFile ${at('id')}\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n  UserKnownHostsFile ${at('known')}\n`,
    );
    writeFileSync(at('ssh_config'), config.join(''));
    const ssh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();
    writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec ${ssh} -F ${at('ssh_config')} "$@"\n`, {
      mode: 0o755,
    });
    this.path = `${at('bin')}:${process.env['PATH']}`;
    for (const [name, port] of ports) {
      writeFileSync(
        at(`sshd_config-${name}`),
        `ListenAddress 127.0.0.1:${port}\nHostKey ${at('host')}\nPidFile none\nAuthorizedKeysFile ${at('authorized')}\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nUsePAM no\n`,
      );
      this.#hosts.set(name, { port, child: this.#boot(name) });
    }
  }

  static async start(...names: readonly string[]): Promise<SshHosts> {
    const ports = new Map<string, number>();
    for (const name of names) ports.set(name, await freePort());
    const hosts = new SshHosts(ports);
    for (const name of names) await hosts.#awaitSshd(name);
    return hosts;
  }

  /**
   * Runs a shell text on a host, as by `ssh`, and gives what it prints. Throws if the host does not
   * answer for a minute.
   */
  on(name: string, script: string): string {
    return execFileSync(join(this.folder, 'bin/ssh'), ['-o', 'BatchMode=yes', name, script], {
      encoding: 'utf8',
      timeout: 60_000,
    });
  }

  /** Ends everything on a host at once, as a loss of power does, with its files. */
  powerOff(name: string): void {
    this.#hosts.get(name)!.child.kill('SIGKILL');
  }

  async boot(name: string): Promise<void> {
    this.#hosts.get(name)!.child = this.#boot(name);
    await this.#awaitSshd(name);
  }

  /** Sends a signal to the processes of a host whose command line fits. Gives their number. */
  signal(name: string, signal: 'STOP' | 'CONT' | 'KILL', pattern: RegExp): number {
    const pids = this.#processes(name, pattern);
    for (const pid of pids) process.kill(Number(pid), `SIG${signal}`);
    return pids.length;
  }

  /** How many processes of a host have a command line that fits. */
  running(name: string, pattern: RegExp): number {
    return this.#processes(name, pattern).length;
  }

  /** The command lines of the processes of a host that fit. */
  commands(name: string, pattern: RegExp): readonly string[] {
    // One that has ended since has none any more.
    return this.#processes(name, pattern)
      .map(commandOf)
      .filter((command) => pattern.test(command));
  }

  #processes(name: string, pattern: RegExp): readonly string[] {
    const space = namespaceOf(childOf(this.#hosts.get(name)!.child.pid!));
    return readdirSync('/proc').filter(
      (pid) => /^\d+$/.test(pid) && namespaceOf(pid) === space && pattern.test(commandOf(pid)),
    );
  }

  #boot(name: string): ChildProcess {
    const at = (file: string) => join(this.folder, `${file}-${name}`);
    const sshd = ['/usr/sbin/sshd', '-D', '-f', at('sshd_config'), '-E', at('log')];
    const [program = '', ...words] = wordsApart(name, [this.folder], sshd);
    return spawn(program, words, { stdio: 'inherit', cwd: '/' });
  }

  async #awaitSshd(name: string): Promise<void> {
    for (let tries = 100; tries > 0; tries -= 1) {
      try {
        execFileSync(join(this.folder, 'bin/ssh'), ['-o', 'BatchMode=yes', name, 'true'], {
          stdio: 'ignore',
        });
        return;
      } catch {
        await delay(100);
      }
    }
    throw new Error(`the sshd of ${name} did not start`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#hosts.keys()) this.powerOff(name);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const commandOf = (pid: string): string =>
  textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();

/** What tells the processes of one host from those of others: their own name of the machine. */
function namespaceOf(pid: string | number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/uts`);
  } catch {
    return '';
  }
}

const childOf = (pid: number): string =>
  textOf(`/proc/${pid}/task/${pid}/children`).trim().split(' ')[0]!;
