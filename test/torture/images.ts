import { mkdirSync, writeFileSync } from 'node:fs';
import type { Random } from '../../src/random.ts';
import { encodedNoise } from '../support/noise-dataset.ts';
import { noProcessesIn } from '../support/processes.ts';
import { Project } from '../support/rig.ts';
import { type Ordeal, traceIn } from './ordeal.ts';

const yaml = `
stages:
  set: { kind: load-dataset, inputs: { images: ./data }, with: { unreadable: skip, splits: [train] } }
  strict: { kind: load-dataset, inputs: { images: ./data }, with: { splits: [train] } }
  look: { kind: audit, inputs: { dataset: set.dataset } }
`;
const inBatch = 25;

/**
 * Reads folders with broken images among whole ones: they must be left out or named, and nothing
 * may crash.
 */
export const images: Ordeal = async (count, random, tell) => {
  for (let done = 0; done < count; done += inBatch) {
    using project = new Project(yaml);
    for (const name of ['real', 'fake']) {
      mkdirSync(project.path('data/train', name), { recursive: true });
      for (let index = 0; index < 8; index += 1) {
        writeFileSync(
          project.path(`data/train/${name}/whole-${index}.jpg`),
          await encodedNoise(random.integer(1e9), { format: 'jpeg' }),
        );
      }
    }
    const broken = Math.min(inBatch, count - done);
    for (let index = 0; index < broken; index += 1) {
      const format = random.integer(2) === 0 ? 'jpeg' : 'png';
      const bytes = await encodedNoise(random.integer(1e9), { format });
      const name = `${random.integer(2) === 0 ? 'real' : 'fake'}/broken-${index}.${['jpg', 'png', 'JPEG'][random.integer(3)]}`;
      writeFileSync(project.path('data/train', name), damaged(bytes, random));
    }
    try {
      const ended = await project.run();
      const trace = traceIn(ended);
      if (trace !== undefined) throw new Error(trace);
      if (ended.outcomes['set'] !== 'ran')
        throw new Error(`skipping failed: ${ended.stdout}${ended.stderr}`);
      const refusal = ended.messages['strict'];
      if (ended.outcomes['strict'] === 'failed' && !refusal?.includes('broken-'))
        throw new Error(`a refusal names no file: ${refusal}`);
      await noProcessesIn(project.root);
    } catch (error) {
      tell.broken((error as Error).message);
    }
    tell.done(broken);
  }
};

function damaged(bytes: Buffer, random: Random): Buffer {
  const at = random.integer(bytes.length);
  switch (random.integer(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]);
    case 2:
      return Buffer.from(Array.from({ length: 1 + at }, () => random.integer(256)));
    case 3:
      return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]);
    default: {
      const flipped = Buffer.from(bytes);
      for (let times = 0; times < 8; times += 1)
        flipped[random.integer(flipped.length)]! ^= 1 << random.integer(8);
      return flipped;
    }
  }
}
