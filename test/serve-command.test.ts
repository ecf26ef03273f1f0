import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { test } from 'node:test';
import { Project } from './support/rig.ts';
import { shout } from './support/two-stages.ts';
import { until } from './support/until.ts';

/** Starts a server on a free port, and ends it after the question. */
async function served<T>(project: Project, ask: (port: number, token: string) => Promise<T>) {
  const running = project.start('serve', '--port', '0');
  let printed = '';
  running.child.stderr!.on('data', (text: string) => {
    printed += text;
  });
  await until(() => printed.includes('Ctrl-C'));
  const [, port, token] = /^Open {2}http:\/\/127\.0\.0\.1:(\d+)\/\?token=(.+)$/m.exec(printed)!;
  const answer = await ask(Number(port), token!);
  running.child.kill('SIGINT');
  const { code } = await running.ended;
  return { answer, code, printed, token: token! };
}

test('serve listens on this machine only, with a new token at each start', async () => {
  using project = new Project(shout);
  const reach = async (port: number, host: string): Promise<string> => {
    const socket = createConnection({ port, host });
    const outcome = await once(socket, 'connect').then(
      () => 'reached',
      ({ code }: NodeJS.ErrnoException) => code!,
    );
    socket.destroy();
    return outcome;
  };
  // A server on all addresses of the machine would answer at any address that leads back to it.
  const first = await served(project, async (port) => [
    await reach(port, '127.0.0.1'),
    await reach(port, '127.0.0.2'),
  ]);
  assert.deepEqual([first.answer, first.code], [['reached', 'ECONNREFUSED'], 0]);
  project.env['SSH_CONNECTION'] = '10.0.0.1 50000 10.0.0.2 22';
  const second = await served(project, async (port) => port);
  assert.notEqual(second.token, first.token);
  const { answer: port, printed } = second;
  assert.ok(
    printed.startsWith(
      `On your own machine first:  ssh -N -L ${port}:127.0.0.1:${port} 10.0.0.2\n`,
    ),
    printed,
  );
});

test('serve lets other machines in only with a token, and takes none that could be guessed', async () => {
  using project = new Project(shout);
  for (const [words, message] of [
    [
      ['--host', '0.0.0.0'],
      /^error: --host lets others reach this server, unencrypted: give them a --token/,
    ],
    [['--token', 'elevenchars'], /^error: --token takes 12 characters or more/],
  ] as const) {
    const running = project.start('serve', '--port', '0', ...words);
    const serves = running
      .printed('Ctrl-C')
      .then(() => assert.fail(`it serves with ${words.join(' ')}`));
    const { code, stderr } = await Promise.race([running.ended, serves]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});
