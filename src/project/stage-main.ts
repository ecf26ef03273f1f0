import { serveStage } from '../engine/execution/processes/inside-stage-process.ts';
import { loadRun } from './kinds/load-run.ts';

// The script of the processes that serve stages.
serveStage(loadRun);
