import { OpenedProject } from '../../project/opened-project.ts';
import { warnOnStderr } from './command-error.ts';

/** The project around the working directory. Throws a `PipelineError` where there is none. */
export const openHere = (): OpenedProject =>
  new OpenedProject(process.cwd(), { onWarning: warnOnStderr });
