import { basename } from 'node:path';

const { RESTAGE_HANGUP, _: started } = process.env;
delete process.env['RESTAGE_HANGUP']; // for us alone, not for what we start

/**
 * Whether SIGHUP was ignored at the start: asked by `bin/restage.js` before Node forgets it, or
 * told by `_`.
 */
export const ignoresHangup: boolean =
  RESTAGE_HANGUP === undefined ? basename(started ?? '') === 'nohup' : RESTAGE_HANGUP === 'ignored';
