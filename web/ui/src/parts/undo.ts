// SPDX-License-Identifier: Apache-2.0
// Ten seconds to take a thing back, said in a toast that counts down in words.
import { isProblem, type Written } from '../api';
import { call } from '../core';
import { shell } from '../shell.svelte';

export async function takeBack(pos: number): Promise<boolean> {
  try {
    await call('replica.undo', { pos });
    shell.say({ text: shell.t('taken_back') });
    return true;
  } catch (e) {
    shell.say({ text: isProblem(e) && e.code !== 'refused' ? `${e.cause} ${e.remedy}` : shell.t('too_late') });
    return false;
  }
}

/** `back` is what the page does once it is taken back: open the draft again. */
export function undo(written: Written, text: string, back?: () => void): void {
  const rests = written.rests_ms ?? 0;
  if (rests <= 0) return shell.say({ text });
  shell.say({
    text,
    act: {
      label: (n) => shell.t('take_back_s', { n }),
      run: () => void takeBack(written.pos).then((done) => done && back?.()),
      until: Date.now() + rests,
    },
  });
}
