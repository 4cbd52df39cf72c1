// SPDX-License-Identifier: Apache-2.0
// Twelve typed words against the list: which one is mistyped, and what may have been meant.
import list from 'virtual:word-list';

export const WORDS = 12;
const known = new Set(list);
export const isWord = (word: string): boolean => known.has(word);
export const tidied = (typed: string): string => typed.trim().toLowerCase();

/** How many letters must be put in, left out, replaced or swapped with the next one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

const FAR = 3; // more letters than that are another word
/** Up to three words of the list that are nearest to what was typed; those with the same beginning first. */
export function meant(typed: string): string[] {
  return list
    .map((word) => ({ word, off: distance(typed, word) - (typed.length > 3 && word.startsWith(typed.slice(0, 4)) ? 1 : 0) }))
    .filter(({ off }) => off < FAR)
    .sort((a, b) => a.off - b.off)
    .slice(0, 3)
    .map(({ word }) => word);
}

/** All words out of a pasted text, whatever stands between them ("1. cradle"). */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];
