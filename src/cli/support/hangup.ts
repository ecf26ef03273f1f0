import { basename } from 'node:path';
import { ownVariables } from '../../environment.ts';

const { [ownVariables.hangup]: hangup, _: started } = process.env;
delete process.env[ownVariables.hangup]; // for us alone, not for what we start

/**
 * Whether SIGHUP was ignored at the start: asked by `bin/restage.js` before Node forgets it. `_`
 * tells of `nohup npx restage`, where npx heeds it again.
 */
export const ignoresHangup: boolean = hangup === 'ignored' || basename(started ?? '') === 'nohup';
