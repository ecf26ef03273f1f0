import { test } from 'node:test';
import { killSmallPipeline } from './support/small-kills.ts';

test('a small pipeline that is killed at every single change of the disk ends with the right result', async () => {
  await killSmallPipeline(1);
});
