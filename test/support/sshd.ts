import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './slurm.ts';

const program = '/usr/sbin/sshd';

/**
 * Why there is no SSH server for a test here; undefined where there is one. In CI, where it is
 * required, that is an error.
 */
export const noSshd: string | undefined =
  existsSync(program) && process.getuid?.() === 0
    ? undefined
    : 'needs root and sshd: apt-get install openssh-server';
if (noSshd !== undefined && process.env['RESTAGE_SSHD'] === 'required') throw new Error(noSshd);

/**
 * An SSH server on this machine, which the `ssh` on `path` reaches as `testhost`. Ended with
 * `await using`.
 */
export class SshServer implements AsyncDisposable {
  readonly folder: string;
  /** A search path on which `ssh` has the configuration of this server. */
  readonly path: string;
  readonly child: ChildProcess;

  private constructor(folder: string, port: number, sftp: string) {
    this.folder = folder;
    const at = (name: string) => join(folder, name);
    mkdirSync('/run/sshd', { recursive: true });
    mkdirSync(at('bin'));
    for (const key of ['host', 'id'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
    writeFileSync(at('authorized'), readFileSync(at('id.pub')), { mode: 0o600 });
    const [type, host] = readFileSync(at('host.pub'), 'utf8').split(' ');
    writeFileSync(at('known'), `[127.0.0.1]:${port} ${type} ${host}\n`);
    writeFileSync(
      at('sshd_config'),
      `ListenAddress 127.0.0.1:${port}\nHostKey ${at('host')}\nPidFile none\nAuthorizedKeysFile ${at('authorized')}\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nUsePAM no\nSubsystem sftp ${sftp}\n`,
    );
    const common = `HostName 127.0.0.1\n  Port ${port}\n  User root\n  IdentityFile ${at('id')}\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n`;
    writeFileSync(
      at('ssh_config'),
      `Host testhost\n  UserKnownHostsFile ${at('known')}\n  ${common}Host stranger\n  UserKnownHostsFile /dev/null\n  GlobalKnownHostsFile /dev/null\n  ${common}`,
    );
    const ssh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();
    writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec ${ssh} -F ${at('ssh_config')} "$@"\n`, {
      mode: 0o755,
    });
    this.path = `${at('bin')}:${process.env['PATH']}`;
    this.child = spawn(program, ['-D', '-f', at('sshd_config'), '-E', at('log')], {
      stdio: 'ignore',
    });
  }

  static async start(sftp = 'internal-sftp'): Promise<SshServer> {
    const server = new SshServer(
      mkdtempSync(join(tmpdir(), 'restage-sshd-')),
      await freePort(),
      sftp,
    );
    for (let tries = 100; tries > 0; tries -= 1) {
      try {
        execFileSync(join(server.folder, 'bin/ssh'), ['-o', 'BatchMode=yes', 'testhost', 'true'], {
          stdio: 'ignore',
        });
        return server;
      } catch {
        await delay(100);
      }
    }
    throw new Error('sshd did not start');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
