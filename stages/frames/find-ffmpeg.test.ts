import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StageBench } from '../../test/support/stage-bench.ts';
import { findFfmpeg } from './find-ffmpeg.ts';

test('without ffmpeg, a message names its packages', async () => {
  using bench = new StageBench();
  const question = {
    program: '',
    root: bench.root,
    settings: {},
    env: { PATH: bench.root },
    loaded: [],
  };
  const install =
    'Install the package ffmpeg: `apt-get install ffmpeg` on Debian and Ubuntu, `conda install -c conda-forge ffmpeg`, or `brew install ffmpeg` with Homebrew.';
  await assert.rejects(findFfmpeg(question), {
    name: 'StageError',
    message: `Expected the program ffmpeg, by which frames are decoded, but there is no ffmpeg on the PATH. ${install} Or name its path by the setting \`ffmpeg\`.`,
  });
  await assert.rejects(findFfmpeg({ ...question, settings: { ffmpeg: './bin/ffmpeg' } }), {
    name: 'StageError',
    message: `Expected the program ffmpeg, by which frames are decoded, but ./bin/ffmpeg is no program. Correct the path in the setting \`ffmpeg\`, or remove it to take the ffmpeg of the PATH. ${install}`,
  });
});
