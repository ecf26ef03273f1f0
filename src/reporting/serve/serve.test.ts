import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { Environment } from '../../environment.ts';
import { startServer } from './serve.ts';

const hostile = '<script>alert(1)</script>"\'&';

/** An answer to a request whose path was sent exactly as given. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

class Site {
  readonly port: number;
  readonly token: string;

  constructor(port: number, token: string) {
    this.port = port;
    this.token = token;
  }

  get(
    path: string,
    headers: Readonly<Record<string, string>> = {},
    method = 'GET',
    body = '',
  ): Promise<Answer> {
    const cookie = `restage-${this.port}=${this.token}`;
    return new Promise((resolve, reject) => {
      const sent = request(
        { port: this.port, host: '127.0.0.1', path, method, headers: { cookie, ...headers } },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          answer.on('end', () =>
            resolve({ status: answer.statusCode!, headers: answer.headers, text }),
          );
        },
      );
      sent.on('error', reject).end(body);
    });
  }

  /** Posts JSON as a page of this server does. */
  post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const own = {
      origin: `http://127.0.0.1:${this.port}`,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    };
    return this.get(path, { ...own, ...headers }, 'POST', text);
  }

  /** The first events of a stream, until `count` have come. */
  events(
    path: string,
    count: number,
  ): Promise<readonly { readonly event: string; readonly id: string; readonly data: string }[]> {
    return new Promise((resolve, reject) => {
      const cookie = `restage-${this.port}=${this.token}`;
      const sent = request(
        { port: this.port, host: '127.0.0.1', path, headers: { cookie } },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => {
            text += part;
            const blocks = text.split('\n\n').slice(0, -1);
            if (blocks.length < count) return;
            answer.destroy();
            const field = (block: string, name: string) =>
              new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
            resolve(
              blocks.map((block) => ({
                event: field(block, 'event'),
                id: field(block, 'id'),
                data: field(block, 'data'),
              })),
            );
          });
        },
      );
      sent.on('error', reject).end();
    });
  }
}

async function serveIn(
  t: TestContext,
  root: string,
  {
    warn = assert.fail,
    writer,
  }: { readonly warn?: (message: string) => void; readonly writer?: Environment } = {},
): Promise<Site> {
  const planner = {
    names: () => ['base', 'test'],
    plan: async (name: string) => (name === 'base' ? [] : 'test.yaml:1:1: error: no stages'),
  };
  const server = await startServer({
    root,
    port: 0,
    token: 'secret',
    planner,
    fill: () => undefined,
    env: writer ?? {},
    isWritable: writer !== undefined,
    warn,
  });
  t.after(() => server.close());
  return new Site(server.port, 'secret');
}

/** A project with a run of a stage with a hostile name that left a table, a picture and a page. */
async function projectWithRun(t: TestContext) {
  const root = temporaryFolder(t);
  const store = new LocalStore(root);
  const made = writeFiles(join(root, 'made'), {
    'a.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'page.html': '<script>parent.x = 1</script>',
    'sub/n.csv': 'a,b\n1,2\n',
    'model.bin': 'bytes',
  });
  const artifact = await listArtifact(made);
  await store.storeArtifact(made, artifact);
  const result = exampleResult(1, { out: { ...artifact, type: 'files' } });
  await store.writeResult(result);
  const run = store.startRun('2025-01-31T09-12-03.042-4f2a', 'test');
  const stages = {
    [hostile]: {
      outcome: 'ran' as const,
      seconds: 1,
      result: result.digest,
      metrics: { 'test.auc': 0.5 },
    },
  };
  run.writeRecord({
    pipeline: 'test',
    file: 'pipelines/test.yaml',
    startedAt: '2025-01-31T09:12:03.042Z',
    seconds: 2,
    restage: '0',
    stages,
  });
  return { root, store, artifact, result, run };
}

const write = ({ events }: RunFolder, ...all: readonly object[]) =>
  appendFileSync(events, all.map((event) => `${JSON.stringify(event)}\n`).join(''));

test('requests without the token, under another host name or with another method are refused', async (t) => {
  const { root } = await projectWithRun(t);
  const site = await serveIn(t, root);
  assert.equal((await site.get('/', { cookie: '' })).status, 403);
  assert.equal((await site.get('/', { cookie: `restage-${site.port}=other` })).status, 403);
  assert.equal((await site.get('/?token=other', { cookie: '' })).status, 403);
  assert.equal((await site.get('/', { host: 'evil.example' })).status, 421);
  assert.equal(
    (await site.get('/?token=secret', { host: `evil.example:${site.port}`, cookie: '' })).status,
    421,
  );
  assert.equal((await site.get('/', { host: 'xn--' })).status, 421, 'no URL has this host');
  assert.equal((await site.get('/', {}, 'POST')).status, 405);
  const first = await site.get('/?q=a&token=secret', { cookie: '' });
  assert.deepEqual([first.status, first.headers['location']], [303, '/?q=a']);
  assert.match(
    String(first.headers['set-cookie']),
    /^restage-\d+=secret; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const page = await site.get('/', { host: `localhost:${site.port}` });
  assert.equal(page.status, 200);
  assert.match(String(page.headers['content-security-policy']), /script-src 'self';(?!.*eval)/);
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
});

const anna = { USER: 'anna', XDG_CONFIG_HOME: '/nowhere' };

test('a note is taken only from a page of this server, and by no server that only reads', async (t) => {
  const { root, run } = await projectWithRun(t);
  const site = await serveIn(t, root, { writer: anna });
  const edit = { run: run.id, name: 'mine' };
  const statusOf = async (headers: Record<string, string>, body: unknown = edit) =>
    (await site.post('/notes', body, headers)).status;
  const port = site.port + 1;
  assert.equal(await statusOf({ cookie: '' }), 403);
  assert.equal(await statusOf({ origin: 'http://evil.example' }), 403);
  assert.equal(await statusOf({ origin: 'null' }), 403);
  assert.equal(await statusOf({ origin: '' }), 403);
  // Another server of this machine gets the cookie, too.
  assert.equal(await statusOf({ origin: `http://127.0.0.1:${port}` }), 403);
  assert.equal(await statusOf({ 'sec-fetch-site': 'same-site' }), 403);
  assert.equal(await statusOf({ host: 'evil.example', origin: 'http://evil.example' }), 421);
  assert.equal(await statusOf({ 'content-type': 'text/plain' }), 415);
  assert.equal(await statusOf({}, { ...edit, note: 'x'.repeat(70_000) }), 413);
  assert.equal(await statusOf({}, { ...edit, note: 'x'.repeat(5000) }), 400);
  assert.equal(await statusOf({}, { ...edit, __proto__: 1, other: 1 }), 400);
  assert.equal(await statusOf({}, '{'), 400);
  assert.equal(await statusOf({}, { ...edit, run: '../../etc' }), 404);
  assert.equal(await statusOf({}, { ...edit, member: 'seed=7' }), 404);
  assert.equal((await site.post('/', edit)).status, 405);
  assert.ok(!readdirSync(root).includes('notes'), 'nothing was written');
  assert.equal(await statusOf({}), 200);
  const readers = await serveIn(t, root);
  assert.equal((await readers.post('/notes', edit)).status, 405);
  assert.doesNotMatch((await readers.get('/')).text, /data-writable/);
});

test('what people write stands in the table of runs and on the page of a run, as text', async (t) => {
  const { root, run } = await projectWithRun(t);
  const site = await serveIn(t, root, { writer: anna });
  const { columns: before } = JSON.parse((await site.get('/runs.json')).text);
  const cellOf = (columns: { name: string; values: unknown[] }[], name: string) =>
    columns.find((column) => column.name === name)!.values[0];
  assert.equal(cellOf(before, 'tags'), null);
  const edit = { run: run.id, name: hostile, note: hostile, tag: [hostile], baseline: true };
  assert.equal((await site.post('/notes', edit)).status, 200);
  const { columns, noted, shown } = JSON.parse((await site.get('/runs.json')).text);
  assert.deepEqual(
    ['name', 'tags', 'note', 'pinned', 'baseline'].map((name) => cellOf(columns, name)),
    [hostile, [hostile], hostile, null, 'yes'],
  );
  assert.deepEqual([noted[0].last.author, noted[0].last.isVouched], ['anna', false]);
  assert.ok(shown.includes('tags') && shown.includes('note'));
  for (const path of ['/', `/run/${run.id}`]) {
    const { text } = await site.get(path);
    assert.match(text, /&#60;script&#62;alert\(1\)/, path);
    assert.ok(!text.includes(hostile), path);
  }
});

test('pages and scripts are sent compressed to whoever takes it, and a script once', async (t) => {
  const { root, run } = await projectWithRun(t);
  const site = await serveIn(t, root);
  const gzip = { 'accept-encoding': 'gzip, deflate, br' };
  const encoding = async (path: string, headers = {}) =>
    (await site.get(path, headers)).headers['content-encoding'];
  for (const path of ['/', '/runs.json', `/run/${run.id}`, '/asset/page.css'])
    assert.deepEqual([await encoding(path, gzip), await encoding(path)], ['gzip', undefined], path);
  const first = await site.get('/asset/page.css', gzip);
  const tag = String(first.headers['etag']);
  const again = await site.get('/asset/page.css', { ...gzip, 'if-none-match': tag });
  assert.deepEqual([first.status, again.status, again.text], [200, 304, '']);
  const other = await site.get('/asset/page.css', { ...gzip, 'if-none-match': 'W/"0123456789"' });
  assert.equal(other.status, 200);
});

test('a token in the address of another host never leads there', async (t) => {
  const { root } = await projectWithRun(t);
  const site = await serveIn(t, root);
  for (const path of ['//evil.example/x', '/\\evil.example/x', '///evil.example']) {
    const { status, headers } = await site.get(`${path}?token=secret`, { cookie: '' });
    const location = String(headers['location'] ?? '/');
    const led = new URL(location, `http://127.0.0.1:${site.port}/`);
    assert.ok(status === 303 || status === 400);
    assert.equal(led.host, `127.0.0.1:${site.port}`, location);
  }
});

/**
 * Every page with its parameters; those in braces are parts of the path. The streams of events have
 * no end.
 */
const pages: Readonly<Record<string, readonly string[]>> = {
  '/': ['q', 'cols', 'sort'],
  '/runs.json': ['whole', 'rows', 'since'],
  '/settings-charts.json': ['runs', 'y'],
  '/run/{id}': [],
  '/run/{id}/log': ['stage'],
  '/run/{id}/lineage': [],
  '/run/{id}/events': ['from'],
  '/compare': ['runs', 'base'],
  '/graph': ['pipeline', 'open'],
  '/images': ['run', 'stage', 'other'],
  '/images.json': ['run', 'stage', 'other'],
  '/maps.json': ['run', 'split', 'key'],
  '/points.json': ['run', 'map'],
  '/nearest.json': ['run', 'map', 'row'],
  '/thumb/{digest}/{split}/{index}': [],
  '/image/{digest}/{split}/{index}': [],
  '/map/{digest}/{row}/{file}': [],
  '/object/{digest}/{member}': [],
  '/asset/{name}': [],
};

test('no page fails for an id, a name or a number that it does not know: old bookmarks and edited addresses', async (t) => {
  const { root, run, artifact } = await projectWithRun(t);
  const site = await serveIn(t, root, { warn: (message) => t.diagnostic(message) });
  await site.get(`/run/${run.id}`); // lists the artifact
  const gone = '2024-01-31T09-12-03.042-4f2a';
  const usual = [
    run.id,
    hostile,
    `${run.id}:${hostile}`,
    artifact.digest,
    'out',
    'a.svg',
    'test',
    'test.auc',
  ];
  const odd = [
    gone,
    `${gone}:fit`,
    'x:y',
    ':',
    '',
    ',',
    '-1',
    '1e999',
    'NaN',
    '__proto__',
    'constructor',
    '..',
    '../x',
  ];
  const worse = ['\0', 'é'.repeat(400), '%', '>', 'a>b<', '"', 'f'.repeat(64)];
  const value = fc.constantFrom(...usual, ...odd, ...worse);
  const address = fc.constantFrom(...Object.keys(pages)).chain((path) => {
    const parts = path.match(/\{\w+\}/g) ?? [];
    const names = pages[path]!;
    return fc
      .tuple(
        fc.array(value, { minLength: parts.length, maxLength: parts.length }),
        fc.array(fc.option(value), { minLength: names.length, maxLength: names.length }),
      )
      .map(([inPath, values]) => {
        const filled = inPath.reduce(
          (text, part) => text.replace(/\{\w+\}/, () => encodeURIComponent(part)),
          path,
        );
        const query = names.flatMap((name, index) =>
          values[index] == null ? [] : [`${name}=${encodeURIComponent(values[index])}`],
        );
        return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
      });
  });
  const answers = async (path: string) => {
    const { status, text } = await site.get(path);
    assert.ok(
      [200, 303, 404, 410].includes(status),
      `${status} for ${path}: ${text.slice(0, 200)}`,
    );
  };
  await answers('/images?run=gone&other=x:y');
  for (const path of ['/run/%E0%A4%A', '/object/%', '/images?run=%E0%A4%A']) await answers(path);
  await fc.assert(fc.asyncProperty(address, answers), { numRuns: 500 });
});

test('only what a page has listed can be read, by its digest and a name in it', async (t) => {
  const { root, artifact, run } = await projectWithRun(t);
  writeFileSync(join(root, 'secret.txt'), 'secret');
  const site = await serveIn(t, root);
  const base = `/object/${artifact.digest}`;
  assert.equal((await site.get(`${base}/sub/n.csv`)).status, 404, 'no page has listed it');
  await site.get(`/run/${run.id}`);
  const file = await site.get(`${base}/sub/n.csv`);
  assert.deepEqual([file.status, file.text], [200, 'a,b\n1,2\n']);
  assert.match(String(file.headers['cache-control']), /immutable/);
  const way = ['..', '%2e%2e', '%2e%2e%2f', '..%2f', '..%5c', '%252e%252e', '....//', '%00'];
  for (const up of way.flatMap((step) => [
    `${step}/${step}/secret.txt`,
    `sub/${step}/${step}/${step}/secret.txt`,
  ])) {
    for (const address of [
      `${base}/${up}`,
      `/object/${up}`,
      `/asset/${up}`,
      `/run/${up}`,
      `/thumb/${artifact.digest}/${up}/0`,
      `/map/${artifact.digest}/0/${up}`,
    ]) {
      const answer = await site.get(address);
      assert.ok(
        answer.status >= 400 || /^<!doctype html>/.test(answer.text),
        `${address}: ${answer.status}`,
      );
      assert.doesNotMatch(answer.text, /^secret/, address);
    }
  }
  assert.equal(
    (await site.get(`/object/${artifact.files[0]!.digest}/x`)).status,
    404,
    'the digest of an object is no artifact',
  );
  assert.match((await site.get(base)).text, /sub\/n\.csv/);
});

test('pictures and pages that a stage made are sandboxed, and unknown files are saved', async (t) => {
  const { root, artifact, run } = await projectWithRun(t);
  const site = await serveIn(t, root);
  await site.get(`/run/${run.id}`);
  for (const name of ['a.svg', 'page.html']) {
    const { headers } = await site.get(`/object/${artifact.digest}/${name}`);
    assert.match(String(headers['content-security-policy']), /^sandbox; default-src 'none'/);
  }
  const binary = await site.get(`/object/${artifact.digest}/model.bin`);
  assert.deepEqual(
    [binary.headers['content-type'], binary.headers['content-disposition']],
    ['application/octet-stream', 'attachment'],
  );
});

test('the graph begins with the pipeline that ran last; one that only others extend has no stages', async (t) => {
  const { root } = await projectWithRun(t);
  const site = await serveIn(t, root);
  assert.match((await site.get('/graph')).text, /<option selected>test<\/option>/);
  assert.match(
    (await site.get('/graph?pipeline=base')).text,
    /It has no stages of its own: other pipelines extend it/,
  );
});

test('hostile names are text on every page', async (t) => {
  const { root, run } = await projectWithRun(t);
  const site = await serveIn(t, root);
  const search = encodeURIComponent(hostile);
  for (const path of [
    `/run/${run.id}`,
    '/',
    `/?q=${search}`,
    '/compare',
    `/compare?runs=${search},${run.id}`,
    `/images?run=${run.id}&stage=${search}&other=${search}`,
    `/graph?pipeline=${search}`,
    '/graph',
  ]) {
    const { text } = await site.get(path);
    assert.doesNotMatch(text, /<script>alert/, path);
  }
});

test('a page says that gc removed a result, and still has the numbers of the record', async (t) => {
  const { root, store, result, run } = await projectWithRun(t);
  const site = await serveIn(t, root);
  rmSync(store.resultPath(result.digest));
  const page = await site.get(`/run/${run.id}`);
  assert.match(page.text, /gc` removed its result/);
  assert.match((await site.get('/runs.json')).text, /test\.auc","of":"number","values":\[0\.5\]/);
});

test('a run is followed line by line; half a line waits for its other half, and an id is an offset in the file', async (t) => {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'pipelines'));
  const store = new LocalStore(root);
  const run = store.startRun('2025-01-31T09-12-03.042-4f2a', 'test');
  const start = { type: 'run-started', run: run.id, pipeline: 'test', stages: ['fit'], time: 1 };
  write(run, start);
  const site = await serveIn(t, root);
  const page = await site.get(`/run/${run.id}`);
  const from = `${JSON.stringify(start)}\n`.length;
  assert.match(page.text, new RegExp(`data-follows="/run/${run.id}/events\\?from=${from}"`));
  const coming = site.events(`/run/${run.id}/events?from=${from}`, 1);
  const started = JSON.stringify({
    type: 'stage-started',
    stage: 'fit',
    kind: 'train',
    attempt: 1,
    attempts: 1,
    time: 2,
  });
  appendFileSync(run.events, started.slice(0, 20));
  appendFileSync(run.events, `${started.slice(20)}\n`);
  const [first] = await coming;
  assert.deepEqual([first?.event, first?.id], ['sections', String(from + started.length + 1)]);
  const { order, changed } = JSON.parse(first!.data);
  assert.ok(order.includes('header') && /running/.test(changed.pipeline));
  const [again] = await site.events(`/run/${run.id}/events?from=${from}`, 1);
  assert.ok(JSON.parse(again!.data).changed.provenance, 'a page that is behind gets everything');
});

test('a run that was killed is over, says so, and keeps its curves', async (t) => {
  const root = temporaryFolder(t);
  const store = new LocalStore(root);
  const run = store.startRun('2025-01-31T09-12-03.042-4f2a', 'test');
  write(run, { type: 'run-started', run: run.id, pipeline: 'test', stages: ['fit'], time: 1 });
  write(run, {
    type: 'stage-started',
    stage: 'fit',
    kind: 'train',
    attempt: 1,
    attempts: 1,
    time: 2,
  });
  for (const step of [1, 2]) {
    const point = { unit: 'epoch', step, total: 9, values: { loss: 1 / step } };
    write(run, { type: 'stage-point', stage: 'fit', time: 3, point });
  }
  appendFileSync(run.events, '{"type":"stage-poi');
  run.attempt('fit', 1).record({ startedAt: 2 });
  const file = join(run.path, 'process.json');
  writeFileSync(
    file,
    JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), pid: 4_194_000 }),
  );
  const site = await serveIn(t, root);
  const { text } = await site.get(`/run/${run.id}`);
  assert.match(text, /left no record: it was killed/);
  assert.match(text, /"text":\["fit: loss until epoch 2 of 9"\],"subtitle":\["It did not end"\]/);
  assert.match(
    text,
    />loss<\/th><td>epoch<\/td>.*<td[^>]*>1 at 1<\/td><td[^>]*>0\.500 at 2/,
    'its curve so far, and its values',
  );
  assert.doesNotMatch(text, /data-follows/);
});

test('stages that still wait have their kinds and what they read, in the graph and in their details', async (t) => {
  const root = temporaryFolder(t);
  const run = new LocalStore(root).startRun('2025-01-31T09-12-03.042-4f2a', 'test');
  const plan = [
    { kind: 'train', reads: [] },
    { kind: 'evaluate', reads: [{ port: 'model', stage: 'fit', output: 'model' }] },
  ];
  write(run, {
    type: 'run-started',
    run: run.id,
    pipeline: 'test',
    stages: ['fit', 'scores'],
    plan,
    time: 1,
  });
  write(run, {
    type: 'stage-started',
    stage: 'fit',
    kind: 'train',
    attempt: 1,
    attempts: 1,
    time: 2,
  });
  const { text } = await (await serveIn(t, root)).get(`/run/${run.id}`);
  assert.match(text, /<h3>scores<\/h3><span class="soft small">evaluate<\/span>/);
  assert.match(text, />model<\/th><td[^>]*>fit\.model<\/td>/);
  const [drawing] = [...text.matchAll(/data:image\/svg\+xml;base64,([^"]*)"/g)].map(([, data]) =>
    Buffer.from(data!, 'base64').toString(),
  );
  assert.match(drawing!, /evaluate · waiting/);
  assert.match(drawing!, /marker-end/, 'an arrow from fit to scores');
});

test('the page of a run follows as a list makes further stages known', async (t) => {
  const root = temporaryFolder(t);
  const run = new LocalStore(root).startRun('2025-01-31T09-12-03.042-4f2a', 'test');
  const reads = [{ port: 'list', stage: 'videos', output: 'list' }];
  const first = { type: 'run-started', run: run.id, pipeline: 'test', time: 1 };
  write(run, { ...first, stages: ['videos', 'fit[clip=?]'], pending: ['fit[clip=?]'] });
  const site = await serveIn(t, root);
  assert.match((await site.get(`/run/${run.id}`)).text, /<h3>fit\[clip=\?\]<\/h3>/);
  const stages = ['videos', 'fit[clip=a]'];
  const plan = [
    { kind: 'command', reads: [] },
    { kind: 'train', reads },
  ];
  write(run, { type: 'stages-known', stages, plan, time: 2 });
  const later = await serveIn(t, root);
  const { text } = await later.get(`/run/${run.id}`);
  assert.match(text, /<h3>fit\[clip=a\]<\/h3><span class="soft small">train<\/span>/);
  assert.doesNotMatch(text, /clip=\?/);
});

test('a damaged record, and lines of events that are none, leave every page readable', async (t) => {
  const { root, run, store } = await projectWithRun(t);
  const later = store.startRun('2025-02-01T09-12-03.042-4f2a', 'test');
  appendFileSync(later.events, 'null\n[]\n"text"\n{}\nno JSON\n');
  writeFileSync(join(run.path, 'run.json'), 'null');
  const site = await serveIn(t, root);
  for (const path of [
    '/',
    '/runs.json?whole',
    `/run/${run.id}`,
    `/run/${later.id}`,
    '/compare',
    '/graph',
    '/images',
    `/images?run=${later.id}`,
  ]) {
    assert.equal((await site.get(path)).status, 200, path);
  }
});

test('an object that cannot be read as the store wrote it is named as damaged', async (t) => {
  const { root, store, artifact, run } = await projectWithRun(t);
  const site = await serveIn(t, root);
  await site.get(`/run/${run.id}`);
  const { digest } = artifact.files.find(({ path }) => path === 'sub/n.csv')!;
  rmSync(store.objectPath(digest));
  writeFileSync(store.objectPath(digest), 'a,b\n');
  const { status, text, headers } = await site.get(`/object/${artifact.digest}/sub/n.csv`);
  assert.deepEqual(
    [status, text, headers['cache-control']],
    [410, 'This file is damaged: `restage verify` names what else is.', undefined],
  );
});

test('a request for the headers of a file leaves no file open', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { root, artifact, run } = await projectWithRun(t);
  const site = await serveIn(t, root);
  await site.get(`/run/${run.id}`);
  const file = `/object/${artifact.digest}/model.bin`;
  const objects = join(root, 'cache', 'objects');
  const open = () =>
    readdirSync('/proc/self/fd').filter((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`).startsWith(objects);
      } catch {
        return false; // the descriptor of this listing
      }
    });
  const { status, headers, text } = await site.get(file, {}, 'HEAD');
  assert.deepEqual([status, headers['content-length'], text], [200, '5', '']);
  assert.deepEqual(open(), []);
});
