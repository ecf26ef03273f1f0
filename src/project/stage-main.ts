import { serveStage } from '../engine/execution/serve-stage.ts';
import { loadRun } from './kinds/load-run.ts';

// The script of the processes that serve stages.
serveStage(loadRun);
