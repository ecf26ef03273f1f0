// Loaded by --import: files of others in the store appear LATE_FILES milliseconds after they were written, and are cut to
// half of their size for half a second more. It stands for a shared disk that lags.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const lag = Number(process.env.LATE_FILES);
const shared = /\/cache\/(objects\/|results\/|jobs\/[^/]+\/(batch\.json|script\.sh|(tickets|artifacts|claims|ends)\/))/;
const own = new Set();
const { statSync, readFileSync, readdirSync, existsSync, renameSync, linkSync } = fs;

/** 'late', 'cut' or 'whole'. */
function stateOf(path) {
  if (typeof path !== 'string' || !shared.test(path) || own.has(path)) return 'whole';
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory()) return 'whole';
  const age = Date.now() - stats.mtimeMs;
  return age < lag ? 'late' : age < lag + 500 ? 'cut' : 'whole';
}

const missing = (path) =>
  Object.assign(new Error(`ENOENT: ${path} is late`), { code: 'ENOENT', syscall: 'open', path });

fs.statSync = (path, options) => {
  const state = stateOf(path);
  if (state === 'late') {
    if (options?.throwIfNoEntry === false) return undefined;
    throw missing(path);
  }
  const stats = statSync(path, options);
  if (state === 'cut') stats.size = Math.floor(stats.size / 2);
  return stats;
};
fs.existsSync = (path) => stateOf(path) !== 'late' && existsSync(path);
fs.readFileSync = (path, options) => {
  const state = stateOf(path);
  if (state === 'late') throw missing(path);
  const content = readFileSync(path, options);
  return state === 'cut' ? content.slice(0, content.length / 2) : content;
};
fs.readdirSync = (path, options) => {
  const names = readdirSync(path, options);
  if (typeof path !== 'string' || options?.withFileTypes === true) return names;
  return names.filter((name) => stateOf(`${path}/${name}`) !== 'late');
};
fs.renameSync = (from, to) => {
  renameSync(from, to);
  own.add(to);
};
fs.linkSync = (from, to) => {
  linkSync(from, to);
  own.add(to);
};
syncBuiltinESMExports();
