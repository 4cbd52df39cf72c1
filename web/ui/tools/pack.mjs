// SPDX-License-Identifier: Apache-2.0
// After `vite build` (into dist, or the folder that is given): the icons, shell.json (what the shell is made of, by hash), the service worker that carries its name, and
// everything compressed ahead of time. Then weighs what a first visit loads, and fails when it is too much.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { mark } from './mark.mjs';

const root = new URL('..', import.meta.url).pathname;
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const FIRST_LOAD = 45_000; // bytes of gzip: JS and CSS until a first screen stands there with its words
const LAZY_PAGE = 15_000;

for (const [name, pixels, margin] of [['icon-180', 180, 0.14], ['icon-192', 192, 0.08], ['icon-512', 512, 0.08], ['icon-mask', 512, 0.22]]) {
  writeFileSync(join(dist, `${name}.png`), mark(pixels, margin));
}

const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
rmSync(join(dist, '.vite'), { recursive: true });

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(dist.length))
  .sort();
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const shell = `${JSON.stringify({ version: 1, files: Object.fromEntries(files.map((path) => [path, sha256(readFileSync(dist + path))])) })}\n`;
writeFileSync(join(dist, 'shell.json'), shell);

const built = await build({
  root, configFile: false, logLevel: 'warn', publicDir: false,
  build: { write: false, target: 'es2022', lib: { entry: 'src/worker/sw.ts', formats: ['es'], fileName: 'sw' } },
});
const worker = built[0].output[0].code.replace(/export\s*\{\s*\};?\s*$/, '');
writeFileSync(join(dist, 'sw.js'), `const SHELL = '${sha256(shell)}';\n${worker}`);

for (const path of [...files, '/shell.json', '/sw.js']) {
  if (['.png', '.woff2'].includes(extname(path))) continue;
  const bytes = readFileSync(dist + path);
  writeFileSync(`${dist + path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${dist + path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
}

/** Chunks that a chunk needs before it can run, and their styles. */
function needs(key, seen = new Set()) {
  const { file, imports = [], css = [] } = manifest[key];
  if (!seen.has(file)) {
    seen.add(file);
    for (const style of css) seen.add(style);
    for (const other of imports) needs(other, seen);
  }
  return seen;
}
const weight = (chunks) => [...chunks].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0);
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

let tooMuch = false;
function weigh(what, chunks, most) {
  const heavy = weight(chunks) > most;
  tooMuch ||= heavy;
  console.log(`${what} ${kb(weight(chunks))} gzip in ${chunks.size} files${heavy ? ` (at most ${kb(most)})` : ''}`);
}
const without = (chunks, others) => new Set([...chunks].filter((file) => !others.has(file)));

// A cold visit ends up on one of two screens. What its browser must have by then, in the longer language; script/bench measures the same.
const base = needs('src/words/shell.de.ts', needs('index.html'));
for (const page of ['Join', 'Begin']) {
  const all = [`src/pages/${page}.svelte`, 'src/words/begin.de.ts', 'src/look/first.css'].reduce((seen, key) => needs(key, seen), new Set(base));
  weigh(`until the first screen ${page}`, all, FIRST_LOAD);
}
// Once for all other pages, and then each page.
const framed = needs('src/look/board.css', needs('src/Frame.svelte', new Set(base)));
weigh('the frame', without(framed, base), LAZY_PAGE);
for (const [key, { isDynamicEntry }] of Object.entries(manifest)) {
  if (isDynamicEntry && key.startsWith('src/pages/')) weigh(`  ${basename(key, '.svelte')}`, without(needs(key), framed), LAZY_PAGE);
}
for (const path of files.filter((name) => name.endsWith('.wasm'))) console.log(`core ${kb(readFileSync(`${dist + path}.br`).length)} brotli`);
if (tooMuch) {
  console.error('pack: a page weighs too much; see above.');
  process.exit(1);
}
