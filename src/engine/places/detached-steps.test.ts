import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import { placeOfYaml } from '../../../test/support/place-of-yaml.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import type { Stage } from '../config/pipeline.ts';
import type { Attempt, Place } from '../execution/execution.ts';
import { StageFailure } from '../execution/stage-failures.ts';
import type { Workspace } from '../plan/examine.ts';
import { limitFailures, submitStep } from './detached-steps.ts';

test('a step runs with the Node of its command, unless the place sets one up', async (context) => {
  const cache = temporaryFolder(context);
  const template = {
    submit: 'printf "%s" ${script}',
    id: '(.*)',
    query: '',
    cancel: '',
    after: ' ',
  };
  const scriptFor = async (setup: readonly string[]) => {
    const place = placeOfYaml('other', { engine: 'template', template, setup });
    const pipeline = { root: cache, sources: { env: { WORD: "it's" } } };
    const script = await submitStep({ pipeline: sha256(''), failures: {} }, place, {
      scheduler: place.scheduler.open(process.env),
      after: [],
      warn: assert.fail,
      workspace: partialValue<Workspace>({
        pipeline,
        store: { local: { folder: cache } },
        env: {},
      }),
      command: { node: '/my/node', words: ['cli.js', 'run'], cwd: cache },
    });
    return readFileSync(script, 'utf8');
  };
  const plain = await scriptFor([]);
  assert.match(plain, /^exec \/my\/node '--max-old-space-size=2048' cli\.js run$/m);
  assert.match(plain, /^export WORD='it'\\''s'$/m);
  assert.match(await scriptFor(['module load node']), /^exec "\$\(command -v node /m);
});

test('a stage that has used up its retries at earlier steps does not run again, and an interrupt is no failure', async () => {
  const stage = { retries: 1 } as Stage;
  const attempt = partialValue<Attempt>({ examined: { digest: sha256('') } });
  let runs = 0;
  const place = partialValue<Place>({
    allocate: async () => ({
      run: () => {
        runs += 1;
        throw new StageFailure(`run ${runs}`);
      },
      [Symbol.dispose]: () => {},
    }),
  });
  const failures = { [attempt.examined.digest]: ['at an earlier step'] };
  const fails = async (signal: AbortSignal, message: string) => {
    using allocation = await limitFailures(place, failures, signal).allocate(stage);
    await assert.rejects(allocation.run(attempt), { message });
  };
  await fails(AbortSignal.abort(), 'run 1');
  await fails(new AbortController().signal, 'run 2');
  await fails(new AbortController().signal, 'run 2');
  assert.deepEqual(failures, { [attempt.examined.digest]: ['at an earlier step', 'run 2'] });
});
