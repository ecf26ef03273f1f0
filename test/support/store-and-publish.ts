// Stores and publishes outputs of many small files until it is killed. The argument is the
// project's root.
import { join } from 'node:path';
import { DigestIndex } from '../../src/engine/files/digest-index.ts';
import { Publisher } from '../../src/engine/publishing/publish.ts';
import { LocalStore } from '../../src/engine/store/local-store.ts';
import { exampleResult, listArtifact } from './example-result.ts';
import { writeFiles } from './temporary-folder.ts';

const root = process.argv[2] as string;
const cache = new LocalStore(root);
const publisher = new Publisher(root, cache, new DigestIndex(cache.folder));
const owner = { pipeline: 'x', stage: 'fit', port: 'out' };

for (let round = 0; ; round += 1) {
  const seed = process.pid * 1000 + round;
  const files = Array.from(
    { length: 200 },
    (_, i) => [`${i % 7}/${i}`, `file ${i} of ${seed}`] as const,
  );
  const work = writeFiles(join(root, `cache/work/${seed}`), Object.fromEntries(files));
  const artifact = await listArtifact(work);
  process.stdout.write('.');
  await cache.storeArtifact(work, artifact);
  await cache.writeResult(exampleResult(seed, { out: artifact }));
  const publication = await publisher.publish(artifact, 'artifacts/out', owner);
  if (!publication.ok || publication.displaced !== undefined)
    throw new Error(JSON.stringify(publication));
}
