import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertClose } from '../../../test/support/assert-close.ts';
import { writeTintedDataset } from '../../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../../test/support/untrained-model.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { StageError } from '../../stage.ts';
import { resizeMap } from '../attribution/attribution-map.ts';
import { findMapLayer } from '../attribution/cam/map-layers.ts';
import { explain } from '../attribution/explain.ts';
import { methods as allMethods, isAttention, isCam } from '../attribution/methods.ts';
import { predictedClasses } from '../metrics/arithmetic/logits.ts';
import { outputOf } from '../models/model-output.ts';
import { openDataset } from '../vision/dataset/open-dataset.ts';
import { decodeImage } from '../vision/decode-image.ts';
import { openSubject, type QuestionBatch } from './explanation-subject.ts';

const folder = mkdtempSync(join(tmpdir(), 'subject-'));
const dataset = join(folder, 'dataset');
const model = join(folder, 'model');
before(async () => {
  await selectBackend('onnxruntime', { threads: 1 });
  await writeTintedDataset(dataset, { test: 3 });
  await writeUntrainedModel(model);
});
after(() => rmSync(folder, { recursive: true }));

const how = { class: 'label', score: 'score', seed: 7, batchSize: 2 } as const;
const gradients = { samples: 2, noise: 0.1, steps: 4, baseline: [0, 0, 0] } as const;

test('every image of a split is asked about once, as the network sees it, whatever the batches', async () => {
  const subject = await openSubject({ model, dataset }, 'test', 1);
  using opened = openDataset(dataset);
  const seen: number[] = [];
  for await (const { question, indices, labels, pixels } of subject.ask(how)) {
    for (const [slot, index] of indices.entries()) {
      const original = await decodeImage(await opened.split('test').read(index));
      assert.deepEqual(pixels(slot).pixels, new Uint8Array(original.pixels));
      assert.equal(question.classes[slot], labels[slot]);
      seen.push(index);
    }
  }
  assert.deepEqual(seen, [0, 1, 2]);
});

test('the class that is asked about is the image’s own, the predicted one, or one by name', async () => {
  const subject = await openSubject({ model, dataset }, 'test', 1);
  const questionFor = async (of: string) =>
    (await first(subject.ask({ ...how, class: of, batchSize: 3 }))).question;
  assert.deepEqual([...(await questionFor('label')).classes], [0, 1, 0]);
  assert.deepEqual([...(await questionFor('fake')).classes], [1, 1, 1]);
  const question = await questionFor('predicted');
  assert.deepEqual(
    [...question.classes],
    [...predictedClasses(await outputOf(subject.model, (await questionFor('label')).images))],
  );
  assert.throws(
    () => subject.ask({ ...how, class: 'fkae' }),
    new StageError(
      'Expected a class for "class" (real, fake), or label or predicted, got "fkae". Did you mean "fake"?',
    ),
  );
});

test('every method that needs no attention gives every image a map, finite and not negative, the same whatever the batch', async () => {
  const subject = await openSubject({ model, dataset }, 'test', 1);
  const layer = findMapLayer(subject.model);
  const methods = allMethods.filter((method) => !isAttention(method));
  const maps = async (batchSize: number) => {
    const gathered = methods.map((): Float32Array[] => []);
    for await (const { question } of subject.ask({ ...how, batchSize })) {
      const explained = await explain(subject.model, question, methods, {
        ...gradients,
        layer,
        batchSize: 8,
      });
      assert.deepEqual(explained.completeness?.gaps.length, question.classes.length);
      assertAlike(explained.logits, await outputOf(subject.model, question.images));
      for (const [m, list] of explained.maps.entries()) {
        gathered[m]!.push(...list.map((map) => resizeMap(map, { height: 56, width: 56 }).values));
      }
    }
    return gathered;
  };
  const twos = await maps(2);
  const three = await maps(3);
  for (const [m, method] of methods.entries()) {
    for (const [i, map] of twos[m]!.entries()) {
      assert.ok(
        map.every((value) => value >= 0 && value < Number.POSITIVE_INFINITY),
        `${method} of image ${i}`,
      );
      // An activation map may have no part above zero.
      if (!isCam(method)) assert.ok(Math.max(...map) > 0, method);
      assertAlike(map, three[m]![i]!, method);
    }
  }
});

test('a missing split and images that are too small are reported before anything is computed', async () => {
  await assert.rejects(
    openSubject({ model, dataset }, 'tset', 1),
    /Expected one of the dataset's splits, got "tset"\. There is only test\./,
  );
  const large = join(folder, 'large');
  await writeUntrainedModel(large, { net: 'tiny-xception', imageSize: 512 });
  await assert.rejects(
    openSubject({ model: large, dataset }, 'test', 1),
    new StageError(
      'Expected images of at least 64 × 64 pixels, an eighth of the 512 × 512 that the network sees, got 56 × 56: test/0.png, and 2 more. A map would mostly show how the image was enlarged.',
    ),
  );
});

async function first(batches: AsyncIterable<QuestionBatch>): Promise<QuestionBatch> {
  for await (const batch of batches) return batch;
  throw new Error('expected a batch');
}

/** Equal up to a share of the largest value. */
const assertAlike = (actual: Float32Array, expected: Float32Array, what?: string) =>
  assertClose(actual, expected, 1e-4 * Math.max(...expected.map(Math.abs)), what);
