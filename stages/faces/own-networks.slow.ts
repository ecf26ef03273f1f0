import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import sharp from 'sharp';
import { csvRecords } from '../../src/csv.ts';
import { noPyTorch } from '../../test/support/pytorch.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

suite('detectors and landmarks of one’s own', { skip: noPyTorch ?? false }, () => {
  let folder: string;
  let images: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'detectors-'));
    const script = new URL('../../test/support/face-detectors.py', import.meta.url).pathname;
    const written = spawnSync('/usr/bin/python3', [script, folder], { encoding: 'utf8' });
    assert.equal(written.status, 0, written.stderr);
    images = join(folder, 'images');
    mkdirSync(images);
    // The networks see half of the picture's pixels; a blue square is no face.
    await sharp({ create: { width: 640, height: 480, channels: 3, background: '#000' } })
      .composite([
        { input: await squareOf('#f00'), left: 208, top: 112 },
        { input: await squareOf('#00f'), left: 480, top: 320 },
      ])
      .png()
      .toFile(join(images, 'red.png'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const squareOf = (background: string): Promise<Buffer> =>
    sharp({ create: { width: 128, height: 128, channels: 3, background } })
      .png()
      .toBuffer();

  /** Box and landmarks of the only face that a run finds. */
  async function faceOf(files: Readonly<Record<string, string>>, settings: object) {
    using bench = new StageBench();
    const inputs = Object.fromEntries(
      Object.entries(files).map(([port, name]) => [port, join(folder, `${name}.onnx`)]),
    );
    await bench.run(spec, run, { inputs: { images, ...inputs }, with: settings });
    const text = readFileSync(bench.output('faces', spec.outputs['faces']), 'utf8');
    const [header, ...rows] = [...csvRecords(text)].map(({ fields }) => fields);
    assert.equal(rows.length, 1);
    const cell = (name: string) => rows[0]![header!.indexOf(name)]!;
    return {
      box: ['left', 'top', 'right', 'bottom'].map((edge) => Number(cell(edge))),
      score: Number(cell('score')),
      landmarks: cell('landmarks').split(' ').map(Number),
    };
  }

  // Twice the offsets of the script, from the centre of the square at 272, 176.
  const points = [240, 152, 304, 152, 272, 184, 248, 216, 296, 216];

  for (const [name, form] of [
    ['retinaface', 'RetinaFace with probabilities'],
    ['retinaface-logits', 'RetinaFace with logits'],
  ] as const) {
    test(`a file of ${form} finds the red square and its five points`, async () => {
      const settings = { minScore: 0.9, align: { landmarks: 5 } };
      const { box, score, landmarks } = await faceOf({ detector: name }, settings);
      assert.deepEqual(box, [208, 112, 336, 240]);
      assert.ok(score > 0.99);
      assert.deepEqual(landmarks, points);
    });
  }

  test('a file of YuNet finds it, to the places of its map of 8 pixels', async () => {
    const settings = { minScore: 0.9, align: { landmarks: 5 } };
    const { box, landmarks } = await faceOf({ detector: 'yunet' }, settings);
    // The nearest places to the centre, 136 and 88 of the input, are 4 pixels from it.
    assert.equal(box[2]! - box[0]!, 128);
    assert.ok([box[0]! - 208, box[1]! - 112].every((shift) => Math.abs(shift) === 8));
    assert.deepEqual(
      landmarks.map((value, i) => value - (i % 2 === 0 ? box[0]! - 208 : box[1]! - 112)),
      points,
    );
  });

  test('a landmark network takes the place of the built-in one, in a square with a margin', async () => {
    const files = { detector: 'retinaface', landmarks: 'landmarks' };
    const settings = { minScore: 0.9, landmarks: { margin: 0.5 } };
    const { landmarks } = await faceOf(files, settings);
    assert.equal(landmarks.length, 136);
    // The first and the last: corners of a square of 192 pixels around the box.
    assert.deepEqual(landmarks.slice(0, 2), [176, 272]);
    assert.deepEqual(landmarks.slice(-2), [368, 80]);
  });

  test('a file that is no detector is refused with what it has', async () => {
    await assert.rejects(faceOf({ detector: 'landmarks' }, {}), {
      name: 'StageError',
      message:
        'Expected a detector whose outputs have the form of YuNet (cls_8, obj_8, bbox_8, kps_8, …) or RetinaFace (rows of 4, 2 and 10 numbers for each anchor), but landmarks.onnx has output of [1, 136].',
    });
    await assert.rejects(faceOf({ detector: 'retinaface', landmarks: 'retinaface' }, {}), {
      name: 'StageError',
      message:
        'Expected an output of 136 numbers, x and y of 68 landmarks, but retinaface.onnx has loc of [1, 4200, 4]; conf of [1, 4200, 2]; landms of [1, 4200, 10].',
    });
  });
});
