import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { group } from './support/store-group.ts';

test('a clone computes nothing where a web server shows the store, and can send and list nothing there', async () => {
  using lab = await group();
  const { clone, maker, shared } = lab;
  const words = ['-u', '-m', 'http.server', '--bind', '127.0.0.1', '--directory', shared, '0'];
  const server = spawn('python3', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [line] = await once(server.stdout, 'data');
    const [address = ''] = /http:\S+\//.exec(String(line)) ?? [];
    clone.edit('store.yaml', shared, address);
    clone.write('in.txt', 'abc\n');
    // The key of the maker, which the store trusts: with it, a run would send what it makes.
    clone.env['XDG_CONFIG_HOME'] = maker.env['XDG_CONFIG_HOME']!;
    const { outcomes, warnings } = await clone.run('--fetch', 'all');
    assert.deepEqual(outcomes, { shout: 'restored', grow: 'restored', count: 'restored' });
    assert.equal(clone.read('out/grow.txt'), maker.read('out/grow.txt'));
    clone.write('in.txt', 'other\n');
    assert.deepEqual((await clone.run()).outcomes, { shout: 'ran', grow: 'ran', count: 'ran' });
    assert.deepEqual(warnings, []);
    const push = await clone.command('store', 'push');
    const why = 'the store is at a web address, which is only read';
    assert.equal(push.stderr, `error: Cannot send results: ${why} [no-store]\n`);
    const pull = await clone.command('store', 'pull', 'test.yaml');
    assert.match(pull.stderr, /a store at a web address is only read, and not listed/);
    assert.deepEqual([push.code, pull.code], [1, 1]);
  } finally {
    server.kill();
    await once(server, 'exit');
  }
});
