import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
// From dist/.
const folder = existsSync(join(here, 'closure.py')) ? here : join(here, '../stages/python');

/** The absolute path of a file in Python beside the kind's own code. */
export const pythonFile = (name: string): string => join(folder, name);
