// SPDX-License-Identifier: Apache-2.0
// What went and what came between two versions of a text, word by word.
export interface Piece { kind: 'same' | 'went' | 'came'; text: string }

const WORDS = 1_500; // beyond that the table would be too large: the whole text went and came

const SHORT = 12; // letters: a shorter run of the same between two changes is read as part of them

function wordByWord(before: string, after: string): Piece[] {
  const a = before.match(/\s+|\S+/g) ?? [];
  const b = after.match(/\s+|\S+/g) ?? [];
  if (a.length > WORDS || b.length > WORDS) return [{ kind: 'went', text: before }, { kind: 'came', text: after }];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width); // of the rests from word i and word j on
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const pieces: Piece[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      pieces.push({ kind: 'same', text: a[i++]! });
      j++;
    } else if (j >= b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) pieces.push({ kind: 'went', text: a[i++]! });
    else pieces.push({ kind: 'came', text: b[j++]! });
  }
  return pieces;
}

/** Runs of the same, and between them what went, then what came. */
export function diff(before: string, after: string): Piece[] {
  const runs: Piece[] = [];
  let went = '';
  let came = '';
  let same = '';
  const settle = () => {
    if (went) runs.push({ kind: 'went', text: went });
    if (came) runs.push({ kind: 'came', text: came });
    if (same) runs.push({ kind: 'same', text: same });
    went = came = same = '';
  };
  for (const { kind, text } of wordByWord(before, after)) {
    if (kind === 'same') {
      same += text;
      continue;
    }
    if (same.trim().length > SHORT || !(went || came)) settle();
    went += same + (kind === 'went' ? text : '');
    came += same + (kind === 'came' ? text : '');
    same = '';
  }
  settle();
  return runs;
}
