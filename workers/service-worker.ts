/**
 * Keeps the application for use without a connection, and tells the page what is requested.
 *
 * At the first visit only what the first page needs is kept. The rest (engines, samples, the pack) follows when a
 * picture is first opened, so that nothing large is fetched before a click. onnxruntime's files are kept as they are
 * used: a machine needs one of several. Requests to other origins are never answered here, only told.
 */
declare const self: ServiceWorkerGlobalScope;

const CACHE = 'stillwake';
/** Fetched as it is used, never ahead. */
const ONLY_WHEN_USED = /^ort\/|\.map$/;
const PACK = /^packs\//;

type BuildFile = (typeof __BUILD_FILES__)[number];

const scope = self.registration.scope;
const files: ReadonlyMap<string, BuildFile> = new Map(
  __BUILD_FILES__.map((file) => [new URL(file.url, scope).href, file]),
);
let filling: Promise<void> | null = null;

/** A file's key changes with its content, so that an unchanged pack outlives a new version of the application. */
function keyOf(url: string, file: BuildFile): string {
  return `${url}?v=${file.revision}`;
}

async function keep(url: string, file: BuildFile): Promise<void> {
  const cache = await caches.open(CACHE);
  const key = keyOf(url, file);
  if ((await cache.match(key)) !== undefined) return;
  const response = await fetch(url, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  await cache.put(key, response);
}

async function keepAll(wanted: (file: BuildFile) => boolean): Promise<void> {
  // One after another: the picture that is being opened needs the connection more.
  for (const [url, file] of files) if (wanted(file)) await keep(url, file);
}

/** Everything that a later visit without a connection may need. Forgets a failure, so that the next request tries again. */
function fill(): Promise<void> {
  filling ??= keepAll((file) => !ONLY_WHEN_USED.test(file.url)).catch(() => {
    filling = null;
  });
  return filling;
}

async function dropOld(): Promise<void> {
  // Another tab may still run the version before; what it has kept goes at the next start.
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (pages.length > 1) return;
  const current = new Set([...files].map(([url, file]) => keyOf(url, file)));
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) if (!current.has(request.url)) await cache.delete(request);
}

async function fromCache(url: string, file: BuildFile, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(keyOf(url, file));
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  // A full disk keeps nothing more; what has come is shown all the same.
  if (response.status === 200) await cache.put(keyOf(url, file), response.clone()).catch(() => undefined);
  return response;
}

/** The page itself: the newest where there is a connection, the kept one where there is none. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    const url = new URL('index.html', scope).href;
    const file = files.get(url);
    const kept = file === undefined ? undefined : await (await caches.open(CACHE)).match(keyOf(url, file));
    if (kept !== undefined) return kept;
    throw cause;
  }
}

async function tell(request: Request): Promise<void> {
  const { url, method, destination } = request;
  const pages = await self.clients.matchAll({ type: 'window' });
  for (const client of pages) client.postMessage({ kind: 'request', url, method, destination });
}

self.addEventListener('install', (event) => {
  event.waitUntil(keepAll((file) => file.initial).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim().then(dropOld));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  event.waitUntil(tell(request));
  const address = new URL(request.url);
  if (address.origin !== self.location.origin || request.method !== 'GET') return;
  const url = address.origin + address.pathname;
  if (request.mode === 'navigate') {
    if (url === scope || url === new URL('index.html', scope).href) event.respondWith(page(request));
    return;
  }
  const file = files.get(url);
  if (file === undefined || request.headers.has('range')) return;
  if (PACK.test(file.url)) event.waitUntil(fill());
  event.respondWith(fromCache(url, file, request));
});

export {};
