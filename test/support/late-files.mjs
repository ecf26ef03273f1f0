// Loaded by --import: files of others in the store appear LATE_FILES milliseconds after they were
// last written, and are cut to half of their size for half a second more. It stands for a shared
// disk that lags. Signs of life, which are written again and again, are seen as they were so long
// ago.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const lag = Number(process.env.LATE_FILES);
const isNode = /job-main|stage-main/.test(process.argv[1] ?? '');
const shared = /\/cache\/(objects|results|jobs)\/./;
/** What the processes of a node itself write. */
const ofNode = /\/cache\/jobs\/[^/]+\/(work|logs)(\/|$)/;
const beats = /\/cache\/jobs\/[^/]+\/beats\//;
const ownPaths = new Set();
const cut = new Set();
const {
  statSync,
  fstatSync,
  openSync,
  closeSync,
  readFileSync,
  writeFileSync,
  readdirSync,
  existsSync,
} = fs;
const { renameSync, linkSync } = fs;

/** 'late', 'cut' or 'whole'. */
function stateOf(path) {
  if (
    typeof path !== 'string' ||
    !shared.test(path) ||
    ownPaths.has(path) ||
    (isNode && ofNode.test(path))
  )
    return 'whole';
  if (beats.test(path)) return beatOf(path) === undefined ? 'late' : 'whole';
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory()) return 'whole';
  const age = Date.now() - stats.mtimeMs;
  if (age < lag) return 'late';
  return age < lag + 500 ? 'cut' : 'whole';
}

/** The contents of each sign of life, by the times at which they were first seen. */
const seen = new Map();

/** The content of a sign of life as it was; undefined where there was none. */
function beatOf(path) {
  const history = seen.get(path) ?? [];
  seen.set(path, history);
  const content = readFileSync(path, 'utf8');
  if (history.at(-1)?.content !== content) history.push({ time: Date.now(), content });
  return history.findLast(({ time }) => Date.now() - time >= lag)?.content;
}

function throwIfLate(path) {
  const state = stateOf(path);
  if (state === 'late') {
    throw Object.assign(new Error(`ENOENT: ${path} is late`), {
      code: 'ENOENT',
      syscall: 'open',
      path,
    });
  }
  return state;
}

const half = (stats) => Object.assign(stats, { size: Math.floor(stats.size / 2) });

fs.statSync = (path, options) => {
  if (options?.throwIfNoEntry === false && stateOf(path) === 'late') return undefined;
  const isCut = throwIfLate(path) === 'cut';
  const stats = statSync(path, options);
  return isCut ? half(stats) : stats;
};
fs.existsSync = (path) => stateOf(path) !== 'late' && existsSync(path);
fs.readFileSync = (path, options) => {
  const isCut = throwIfLate(path) === 'cut';
  if (typeof path === 'string' && beats.test(path) && !ownPaths.has(path)) return beatOf(path);
  const content = readFileSync(path, options);
  return isCut ? content.slice(0, content.length / 2) : content;
};
fs.openSync = (path, flags, mode) => {
  const isCut = flags === 'r' && throwIfLate(path) === 'cut';
  if (flags !== 'r') ownPaths.add(path);
  const file = openSync(path, flags, mode);
  if (isCut) cut.add(file);
  return file;
};
fs.fstatSync = (file, options) =>
  cut.has(file) ? half(fstatSync(file, options)) : fstatSync(file, options);
fs.closeSync = (file) => {
  cut.delete(file);
  closeSync(file);
};
fs.readdirSync = (path, options) => {
  const names = readdirSync(path, options);
  if (typeof path !== 'string' || options?.withFileTypes === true) return names;
  return names.filter((name) => stateOf(`${path}/${name}`) !== 'late');
};
fs.writeFileSync = (path, data, options) => {
  writeFileSync(path, data, options);
  ownPaths.add(path);
};
fs.renameSync = (from, to) => {
  renameSync(from, to);
  ownPaths.add(to);
};
fs.linkSync = (from, to) => {
  linkSync(from, to);
  ownPaths.add(to);
};
syncBuiltinESMExports();
