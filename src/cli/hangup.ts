import { basename } from 'node:path';

const { RESTAGE_HANGUP, _: started } = process.env;
delete process.env['RESTAGE_HANGUP']; // for us alone, not for what we start

/**
 * Whether SIGHUP was ignored when we were started: then the user wants the command to survive the terminal. Node forgets
 * it, so `bin/restage.js` looks before Node starts. Where that was started by `node`, `_` is left, in which bash, zsh and
 * ksh put the program that they start.
 */
export const ignoresHangup: boolean =
  RESTAGE_HANGUP === undefined ? basename(started ?? '') === 'nohup' : RESTAGE_HANGUP === 'ignored';
