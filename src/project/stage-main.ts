import { serveStage } from '../engine/execution/inside-stage-process.ts';
import { loadRun } from './kinds/load-run.ts';

// The script of the processes that serve stages.
serveStage(loadRun);
