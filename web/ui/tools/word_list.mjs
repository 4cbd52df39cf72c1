// SPDX-License-Identifier: Apache-2.0
// A Vite plugin: `virtual:word-list` is the list of BIP-39 as the core has it (engine/crypto/word_list.cc), so that there is one.
import { readFileSync } from 'node:fs';

const NAME = 'virtual:word-list';
const source = new URL('../../../engine/crypto/word_list.cc', import.meta.url);

export function wordList() {
  return {
    name: 'kith-word-list',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const text = readFileSync(source, 'utf8');
      const words = text.slice(text.indexOf('kWords = {')).match(/(?<=")[a-z]{3,8}(?=")/g);
      if (words?.length !== 2048) throw new Error(`${source.pathname} no longer has 2,048 words that this plugin can read`);
      return `export default ${JSON.stringify(words.join(' '))}.split(' ');`;
    },
  };
}
