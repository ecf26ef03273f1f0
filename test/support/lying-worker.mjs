// A worker of a host that does not do what it should:
//   node lying-worker.mjs <version> <build> <name|bytes> <digests it may not read> worker <folder>
// `name`: it tells a result of another fingerprint. `bytes`: it sends other bytes than it promised.
import { createHash } from 'node:crypto';

const [, , restage, build, lie, ...rest] = process.argv;
const secrets = rest.slice(0, rest.indexOf('worker'));
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

let received = Buffer.alloc(0);
let id;
let ticket;
let refused = 0;

function send(message, body = Buffer.alloc(0)) {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(text.length, 0);
  head.writeUInt32BE(body.length, 4);
  process.stdout.write(Buffer.concat([head, text, body]));
}

function tellEnd() {
  const { stage, fingerprint } = ticket.ticket;
  const named = lie === 'name' ? { ...fingerprint, salt: 'another' } : fingerprint;
  const digest = sha256('promised');
  const file = { path: '', digest, size: 8 };
  const outputs = Object.fromEntries(
    stage.outputs.map(({ port, type }) => [
      port,
      { type, folder: false, files: [file], digest, parts: {} },
    ]),
  );
  const record = {
    startedAt: new Date().toISOString(),
    seconds: 1,
    attempts: 1,
    host: 'liar',
    node: process.version,
    restage,
    cpus: 1,
    notes: {},
    highlights: [],
    warnings: [],
  };
  const name = lie === 'name' ? sha256(JSON.stringify(named)) : ticket.ticket.digest;
  const result = { format: 1, digest: name, fingerprint: named, outputs, stored: true, record };
  send({ type: 'event', id, event: { type: 'stage-finished', outcome: 'ran', outputs: {} } });
  send({ type: 'event', id, event: { type: 'warning', message: `${refused} were refused` } });
  // The path of this object would lead out of the store, to `escaped` in the project.
  const log = `x/../../../../escaped/${sha256('12345678')}`;
  send({ type: 'end', id, end: { type: 'done', result, host: 'liar' }, log });
}

function take(message) {
  if (message.type === 'hello') {
    const facts = { host: 'liar', node: process.version, cpu: 1, gpu: 0, memory: 2 ** 30 };
    send({ type: 'ready', restage, build, ...facts, time: Date.now(), free: 0, folder: '/' });
  } else if (message.type === 'ticket') {
    ({ id, ticket } = message);
    refused = 0;
    for (const digest of secrets) send({ type: 'want', digest });
  } else if (message.type === 'gone') {
    refused += 1;
    if (refused === secrets.length) tellEnd();
  } else if (message.type === 'want') {
    send({ type: 'object', digest: message.digest, last: false }, Buffer.from('12345678'));
    send({ type: 'object', digest: message.digest, last: true });
  }
}

process.stdout.write('restage worker 1\n');
process.stdin.on('data', (chunk) => {
  received = Buffer.concat([received, chunk]);
  while (received.length >= 8) {
    const text = received.readUInt32BE(0);
    const end = 8 + text + received.readUInt32BE(4);
    if (received.length < end) return;
    take(JSON.parse(received.subarray(8, 8 + text).toString()));
    received = received.subarray(end);
  }
});
process.stdin.on('end', () => process.exit(0));
