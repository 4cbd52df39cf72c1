// SPDX-License-Identifier: Apache-2.0
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { developersPolicy, icons } from './tools/html.mjs';
import { wordList } from './tools/word_list.mjs';

export default defineConfig({
  plugins: [svelte(), icons(), developersPolicy(), wordList()],
  build: {
    target: ['chrome111', 'firefox115', 'safari16.4'],
    assetsInlineLimit: 0, // a strict CSP knows no data: addresses
    modulePreload: { polyfill: false },
    reportCompressedSize: false, // tools/pack.mjs says it of what is really served
  },
});
