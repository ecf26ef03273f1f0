/**
 * Where the time of one net's training step, or other work, goes: by part, tfjs kernel, ONNX
 * operator and node.
 *
 *     node --import tsx bench/backend/profile.ts [net] [work] [steps]      # simple-net step 5
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxRuntimeBackend } from '../../src/backend/registration/register.ts';
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { formatProfile } from '../profile/format-profile.ts';
import { profileSteps } from '../profile/step-profile.ts';
import { StepProfiler } from '../profile/step-profiler.ts';
import { type NetName, nets } from './nets.ts';

const [net = 'simple-net', work = 'step', steps = '5'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'profile-'));
try {
  const profiler = new StepProfiler(Number(steps));
  await selectBackend('onnxruntime', {
    threads: 2,
    profile: join(folder, 'graph'),
    observer: profiler,
  });
  const run = nets[net as NetName]().work[work]!;
  try {
    for (;;) await run();
  } catch (error) {
    if (!profiler.enough) throw error;
  }
  onnxRuntimeBackend()?.dispose();
  console.log(formatProfile(profileSteps(profiler.steps()), `${net} ${work}`).join('\n'));
} finally {
  rmSync(folder, { recursive: true });
}
