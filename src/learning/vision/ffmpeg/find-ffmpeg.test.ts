import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { StageBench } from '../../../../test/support/stage-bench.ts';
import { type FfmpegUse, findFfmpeg } from './find-ffmpeg.ts';

const frames: FfmpegUse = { purpose: 'frames are decoded', isNamed: true };

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
  await assert.rejects(findFfmpeg(question, frames), {
    name: 'StageError',
    message: `Expected the program ffmpeg, by which frames are decoded, but there is no ffmpeg on the PATH. ${install} Or name its path by the setting \`ffmpeg\`.`,
  });
  await assert.rejects(findFfmpeg({ ...question, settings: { ffmpeg: './bin/ffmpeg' } }, frames), {
    name: 'StageError',
    message: `Expected the program ffmpeg, by which frames are decoded, but ./bin/ffmpeg is no program. Correct the path in the setting \`ffmpeg\`, or remove it to take the ffmpeg of the PATH. ${install}`,
  });
  const images = { purpose: '`h264` encodes images', isNamed: false };
  await assert.rejects(findFfmpeg(question, images), {
    name: 'StageError',
    message: `Expected the program ffmpeg, by which \`h264\` encodes images, but there is no ffmpeg on the PATH. ${install}`,
  });
});

test('a program that lies in the current folder is none of the PATH, though the PATH names that folder', async () => {
  using bench = new StageBench();
  for (const name of ['ffmpeg', 'ffprobe']) {
    writeFileSync(join(bench.root, name), '#!/bin/sh\necho "ffmpeg version 1"; touch ran\n');
    chmodSync(join(bench.root, name), 0o755);
  }
  const before = process.cwd();
  process.chdir(bench.root);
  try {
    const question = { program: '', root: bench.root, settings: {}, loaded: [] };
    for (const path of ['.', ':', './', `../${basename(bench.root)}`]) {
      await assert.rejects(findFfmpeg({ ...question, env: { PATH: path } }, frames), {
        message: /there is no ffmpeg on the PATH/,
      });
    }
  } finally {
    process.chdir(before);
  }
  assert.equal(existsSync(join(bench.root, 'ran')), false);
});
