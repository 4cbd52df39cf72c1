// SPDX-License-Identifier: Apache-2.0
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { developersPolicy, icons } from './tools/html.mjs';
import { wordList } from './tools/word_list.mjs';

// Few files: what every first screen needs (of Svelte, too, no more), what the frame needs, and what the board and most pages share.
const BASE = /node_modules\/(?:clsx|esm-env|svelte\/(?!src\/internal\/(?:shared\/clone|client\/dom\/elements\/bindings\/select)\.))|src\/(?:core|query|status|people|router|routes|shell|words|times|trusted|update)\.(?:svelte\.)?ts|src\/look\/door|src\/parts\/(?:Door|Icon|Plate|Rich|Warnings)\.|vite\/preload/;
const FRAME = /src\/Frame\.|src\/parts\/(?:Fresh|Notices|Rail|Toast|Track|undo)\./;
const BOARD = /bindings\/select\.|src\/(?:board|photos|ids)\.(?:svelte\.)?ts|src\/parts\/(?:Acts|By|Card|Photo|Say|Tags)\./;

// Without the core there is only the fixture: `npm run dev -- --mode fixture`.
const wasm = process.env['KITH_WASM'] ?? 'missing.wasm';

export default defineConfig({
  plugins: [svelte(), icons(), developersPolicy(), wordList()],
  resolve: { alias: [{ find: 'kith.wasm?url', replacement: `${wasm}?url` }] },
  worker: { format: 'es' },
  build: {
    target: ['chrome111', 'firefox115', 'safari16.4'],
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // no substitute for color-scheme: older browsers have the light look
    manifest: true, // tools/pack.mjs reads it and takes it away
    assetsInlineLimit: 0, // a strict CSP knows no data: addresses
    modulePreload: { polyfill: false },
    reportCompressedSize: false, // tools/pack.mjs says it of what is really served
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', test: BASE, priority: 2 }, { name: 'frame', test: FRAME, priority: 1 }, { name: 'board', test: BOARD }] } } },
  },
});
