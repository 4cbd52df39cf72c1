// SPDX-License-Identifier: Apache-2.0
// The service worker: keeps the shell (page, styles, scripts, core) on this device by content, so that it outlives its host.
//
// A shell is shell.json: {"version": 1, "files": {"/path": "sha256", ...}}; its name is the SHA-256 of those bytes. Files are kept
// under their own hash and checked against it whoever they came from. `current` is what pages are given; it changes only when
// the person presses Update, never by itself. tools/pack.mjs puts SHELL, the name of the shell that this worker came with, before this.
/// <reference lib="webworker" />
export {};

declare const SHELL: string;
declare const self: ServiceWorkerGlobalScope;

interface Shell { version: number; files: Record<string, string> }
/** What the page asks of this worker. `take` brings a shell from another door (checked by its name, waits like any other). */
type Wish = { ask: 'which' } | { ask: 'update' } | { ask: 'take'; shell: string; door: string };
interface Which { current: string | null; ready: string | null }

const CACHE = 'kith-shell';
const MOST = 400; // files of a shell
const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', json: 'application/json', svg: 'image/svg+xml',
  png: 'image/png', woff2: 'font/woff2', wasm: 'application/wasm', webmanifest: 'application/manifest+json', txt: 'text/plain; charset=utf-8',
};
/** Answered by the node itself, never by the shell. */
const OTHERS = /^\/(?:install|invitations|plain|api|metrics|events)(?:\/|$)|^\/(?:door|shell)\.json$|^\/sw\.js$/;

const hex = (bytes: ArrayBuffer) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const hash = async (bytes: ArrayBuffer) => hex(await crypto.subtle.digest('SHA-256', bytes));
const at = (name: string) => `/.kith/${name}`; // addresses that no server has
const cache = () => caches.open(CACHE);
const match = async (name: string) => (await cache()).match(at(name), { ignoreVary: true });
const keep = async (name: string, content: BodyInit, type: string) => (await cache()).put(at(name), new Response(content, { headers: { 'content-type': type, 'x-content-type-options': 'nosniff' } }));

async function word(name: 'current' | 'ready' | 'before'): Promise<string | null> {
  return (await (await match(name))?.text()) ?? null;
}

async function shellOf(name: string | null): Promise<Shell | null> {
  return name ? ((await (await match(name))?.json()) as Shell | undefined) ?? null : null;
}

async function fetched(address: string, want: string): Promise<ArrayBuffer> {
  const response = await fetch(address, { cache: 'no-store', credentials: 'omit', redirect: 'error' });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const bytes = await response.arrayBuffer();
  if ((await hash(bytes)) !== want) throw new Error(`${address}: not what was announced`);
  return bytes;
}

/** Brings every file that is not here yet; only a complete shell becomes ready. */
async function take(name: string, door: string): Promise<void> {
  const list = await fetched(`${door}/shell.json`, name);
  const { version, files } = JSON.parse(new TextDecoder().decode(list)) as Shell;
  const all = Object.entries(files);
  if (version !== 1 || all.length > MOST || !files['/index.html']) throw new Error('a shell that this worker does not understand');
  for (const [path, want] of all) {
    if (!path.startsWith('/') || !/^[0-9a-f]{64}$/.test(want)) throw new Error('a shell that is not one');
    if (await match(want)) continue;
    await keep(want, await fetched(door + path, want), TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream');
  }
  await keep(name, list, 'application/json');
  await keep('ready', name, 'text/plain');
  if (!(await word('current'))) await keep('current', name, 'text/plain');
  lists = null;
}

/** Tabs that are still open with the shell before go on finding their files; older ones are let go. */
async function prune(): Promise<void> {
  const names = [await word('current'), await word('ready'), await word('before')];
  const wanted = new Set<string>(['current', 'ready', 'before']);
  for (const name of names) {
    if (name) wanted.add(name);
    for (const file of Object.values((await shellOf(name))?.files ?? {})) wanted.add(file);
  }
  const store = await cache();
  for (const request of await store.keys()) if (!wanted.has(new URL(request.url).pathname.slice(at('').length))) await store.delete(request);
}

async function update(): Promise<void> {
  const [current, ready] = [await word('current'), await word('ready')];
  if (!ready || ready === current || !(await shellOf(ready))) return;
  if (current) await keep('before', current, 'text/plain');
  await keep('current', ready, 'text/plain');
  lists = null;
  await prune();
}

async function which(): Promise<Which> {
  return { current: await word('current'), ready: await word('ready') };
}

async function tell(): Promise<void> {
  const now = await which();
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage(now);
}

let lists: Promise<Record<string, string>[]> | null = null; // of the shells that are served, while this worker lives

async function served(): Promise<Record<string, string>[]> {
  const names = [await word('current'), await word('before')];
  return (await Promise.all(names.map(shellOf))).map((shell) => shell?.files ?? {});
}

async function answer(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  for (const files of await (lists ??= served())) {
    const want = request.mode === 'navigate' ? files['/index.html'] : files[path];
    const found = want && (await match(want));
    if (found) return found;
  }
  return fetch(request);
}

self.addEventListener('install', (event) => {
  event.waitUntil(take(SHELL, '').then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  event.waitUntil(prune().then(() => self.clients.claim()).then(tell));
});
self.addEventListener('message', (event) => {
  const wish = event.data as Wish;
  const work = wish.ask === 'update' ? update() : wish.ask === 'take' ? take(wish.shell, wish.door) : Promise.resolve();
  event.waitUntil(work.catch(() => undefined).then(async () => event.source?.postMessage(await which())));
});
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin || OTHERS.test(url.pathname)) return;
  event.respondWith(answer(event.request));
});
