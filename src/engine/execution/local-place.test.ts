import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asType } from '../../../test/support/partial-value.ts';
import type { Stage } from '../config/pipeline.ts';
import { runStageProcess } from './local-place.ts';

test('a stage sees the cards that it was given, also where its own variables name all of them', async () => {
  const stage = {
    settings: {},
    inputs: [],
    outputs: [],
    env: { CUDA_VISIBLE_DEVICES: '0,1', WORD: 'hello' },
  };
  const seen = async (cards: readonly string[]) => {
    let env: NodeJS.ProcessEnv = {};
    await runStageProcess(asType<Stage>(stage), {
      env: process.env,
      work: '/nowhere',
      log: '/nowhere/log',
      root: '/nowhere',
      inputs: {},
      cpus: 1,
      cards,
      backend: 'auto',
      module: undefined,
      checkpoint: undefined,
      launcher: undefined,
      emit: () => {},
      signal: new AbortController().signal,
      kill: new AbortController().signal,
      translate: (text) => text,
      runProcess: async (job) => {
        env = job.env;
        return { ok: true, contained: true };
      },
    });
    return [env['CUDA_VISIBLE_DEVICES'], env['WORD']];
  };
  assert.deepEqual(await seen(['1']), ['1', 'hello']);
  assert.deepEqual(await seen([]), ['0,1', 'hello']);
});
