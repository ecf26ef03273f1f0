import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { runCli } from '../cli.ts';
import { exitCodes } from '../support/exit-codes.ts';

test('two forms at once are refused, and both are named', async () => {
  const write = mock.method(process.stderr, 'write', () => true);
  const code = await runCli(['compare', 'last~1', 'last', '--html', '--json']);
  const texts = write.mock.calls.map(({ arguments: [text] }) => text);
  write.mock.restore();
  assert.equal(code, exitCodes.usage);
  assert.deepEqual(texts, ['error: Expected one form of the comparison, got --json and --html\n']);
});
