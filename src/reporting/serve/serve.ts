import type { Server } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { basename } from 'node:path';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { isDigest } from '../../digest.ts';
import { Notes } from '../../engine/notes/notes.ts';
import { Ledger } from '../../engine/seals/ledger.ts';
import { recordScoreLook } from '../../engine/seals/score-looks.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { Environment } from '../../environment.ts';
import type { FillDefaults } from '../effective-settings.ts';
import { comparePage, settingsData } from './compare-page.ts';
import { ImageStore } from './gallery-images.ts';
import { imagesData, imagesPage, mapsData, sendPicture } from './gallery-page.ts';
import { nearestData, pointsData } from './gallery-points.ts';
import { graphPage, type Planner } from './graph-page.ts';
import { guard, newToken } from './guard.ts';
import { lostPage, lostRunPage } from './lost-page.ts';
import { postImageTags } from './post-image-tags.ts';
import { postNote } from './post-note.ts';
import { RunIndex } from './run-index.ts';
import { lineageData } from './run-lineage.ts';
import { findRun, runLog, runPage, type Sources } from './run-page.ts';
import { Results } from './run-results.ts';
import { followRuns, runsData, runsPage } from './runs-page.ts';
import { SavedViews } from './saved-views.ts';
import { sendAsset } from './send-asset.ts';
import { followRun } from './send-changes.ts';
import { Objects } from './stored-objects.ts';
import { SentTables } from './table-changes.ts';
import { postView, viewsData } from './views-page.ts';

/** What pages are made of. */
export interface PageOptions {
  readonly root: string;
  readonly fill: FillDefaults;
  /** Where the user's key is looked up, which signs notes and lines of the ledger. */
  readonly env: Environment;
  readonly warn: (message: string) => void;
}

interface ServeOptions extends PageOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Whether pages may write notes and views. */
  readonly isWritable: boolean;
  /** An address of this machine that others can reach; `token` is then the user's. */
  readonly host?: string | undefined;
  readonly token?: string | undefined;
  readonly planner: Planner;
}

/** What the pages of a project are for. */
interface SourceOptions {
  /** The ids of the runs that become files; absent: all runs are served. */
  readonly only?: ReadonlySet<string>;
  readonly isWritable?: boolean;
}

/** What all pages of a project are made from. */
export function openSources(
  { root, fill, env, warn }: PageOptions,
  { only, isWritable = false }: SourceOptions = {},
): Sources {
  const store = new LocalStore(root, warn);
  const results = new Results(store);
  const ledger = new Ledger(root);
  const notes = new Notes(root, warn);
  return {
    store,
    results,
    objects: new Objects(store, () => ledger.state),
    project: basename(root),
    index: new RunIndex(results, { notes, fill, only }),
    notes,
    views: new SavedViews(root),
    recordLook: (look) => recordScoreLook(ledger, look, env),
    isWritable,
    isStatic: only !== undefined,
    imageRuns: new Set<string>(),
    fill,
  };
}

/** Where pages may write. */
const posts: ReadonlySet<string> = new Set(['/notes', '/views', '/image-tags']);

/** A server that listens. */
export interface LiveServer {
  readonly port: number;
  /** With the token. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the pages of a project. Rejects with the system's error where it cannot listen on the
 * port.
 */
export async function startServer(options: ServeOptions): Promise<LiveServer> {
  const { host = '127.0.0.1', token = newToken(), isWritable, env } = options;
  const sources = openSources(options, { isWritable });
  const named = options.host === undefined ? [] : namesOf(host);
  const hosts = new Set(['127.0.0.1', 'localhost', ...['::1', ...named].map(inAddress)]);
  const app = new Hono();
  const server = await new Promise<Server>((resolve, reject) => {
    const started = serve(
      { fetch: app.fetch, port: options.port, hostname: host, overrideGlobalObjects: false },
      () => resolve(started as Server),
    );
    started.on('error', reject);
  });
  const { port } = server.address() as { readonly port: number };
  app.use(
    guard({ hosts, token, cookie: `restage-${port}`, posts: isWritable ? posts : new Set() }),
  );
  app.use(compress()); // not pictures, nor events as they happen
  addRoutes(app, sources, options.planner);
  if (isWritable) {
    app.post('/notes', (c) => postNote(c, sources, env));
    app.post('/image-tags', (c) => postImageTags(c, sources, env));
    app.post('/views', (c) => postView(c, sources));
  }
  app.onError((error, c) => {
    options.warn(`${c.req.path}: ${error.message}`);
    return c.text('This page could not be made: see what `restage serve` printed.', 500);
  });
  return {
    port,
    address: `http://${['0.0.0.0', '::'].includes(host) ? hostname() : inAddress(host)}:${port}/?token=${encodeURIComponent(token)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The names of this machine, for a server that listens to others. */
const namesOf = (host: string): readonly string[] => [
  host,
  hostname(),
  ...Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
];

/** A host name as browsers write it in an address. */
const inAddress = (name: string): string => (name.includes(':') ? `[${name}]` : name.toLowerCase());

/** Adds all pages, and what they load. */
export function addRoutes(app: Hono, sources: Sources, planner: Planner): void {
  const ofRun =
    (answer: (c: Context, run: RunFolder, sources: Sources) => Response | Promise<Response>) =>
    (c: Context) => {
      const id = c.req.param('id') ?? '';
      const run = findRun(sources.store, id);
      return run === undefined ? lostRunPage(c, sources.project, id) : answer(c, run, sources);
    };
  app.notFound((c) => {
    return lostPage(
      c,
      sources.project,
      'There is no such page.',
      'The address has changed, or a letter is missing.',
    );
  });
  app.get('/', (c) => runsPage(c, sources));
  const sent = new SentTables();
  app.get('/runs.json', (c) => runsData(c, sources, sent));
  app.get('/views.json', (c) => viewsData(c, sources));
  app.get('/runs/events', (c) => followRuns(c, sources));
  app.get('/run/:id', ofRun(runPage));
  app.get('/run/:id/events', ofRun(followRun));
  app.get('/run/:id/log', ofRun(runLog));
  app.get('/run/:id/lineage', ofRun(lineageData));
  app.get('/settings-charts.json', (c) => settingsData(c, sources));
  app.get('/graph', (c) => graphPage(c, sources, planner));
  const images = new ImageStore(sources.objects);
  app.get('/compare', (c) => comparePage(c, sources, images));
  const imageOf = (c: Context) =>
    [c.req.param('digest')!, c.req.param('split')!, Number(c.req.param('index'))] as const;
  app.get('/images', (c) => imagesPage(c, sources));
  app.get('/images.json', (c) => imagesData(c, sources, images));
  app.get('/maps.json', (c) => mapsData(c, sources, images));
  app.get('/points.json', (c) => pointsData(c, sources));
  app.get('/nearest.json', (c) => nearestData(c, sources));
  app.get('/thumb/:digest/:split/:index', (c) => sendPicture(c, images.thumbnail(...imageOf(c))));
  app.get('/image/:digest/:split/:index', (c) => sendPicture(c, images.picture(...imageOf(c))));
  app.get('/map/:digest/:row/:file', (c) =>
    sendPicture(
      c,
      images.map(c.req.param('digest'), c.req.param('file'), Number(c.req.param('row'))),
    ),
  );
  app.get('/object/:digest/:member{.+}?', (c) => {
    const { digest, member = '' } = c.req.param();
    return isDigest(digest)
      ? sources.objects.respond(c, digest, member)
      : c.text('This is no digest.', 404);
  });
  app.get('/asset/:name', (c) => sendAsset(c, c.req.param('name')));
}
