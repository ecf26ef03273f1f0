import { serveStage } from '../engine/execution/serve-stage.ts';
import { loadRun } from './load-run.ts';

// The script of every stage's own process.
serveStage(loadRun);
