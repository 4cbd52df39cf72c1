// SPDX-License-Identifier: Apache-2.0
declare module 'virtual:word-list' {
  /** The 2,048 words of BIP-39 in English, in order (tools/word_list.mjs). */
  const words: readonly string[];
  export default words;
}
