// SPDX-License-Identifier: Apache-2.0
import type { Same } from '../words';
import type en from './search.en';

export default {
  what: 'Ein Wort, ein Name, eine Sache',
  found: { one: 'Eins gefunden.', other: '{n} gefunden.' },
  searched: { one: 'Durchsucht: das Eine, was auf diesem Telefon ist.', other: 'Durchsucht: alles auf diesem Telefon, {n} Einträge.' },
  by: 'Aushang von {name}',
  named: '{name}',
  note: 'Eine Notiz von dir',
  more: 'Mehr zeigen',
  none: 'Auf diesem Telefon passt nichts',
  none_why: 'Vielleicht weiß es trotzdem jemand.',
  ask: 'Weiß jemand: {text}?',
  ask_all: 'Am Aushang fragen',
} satisfies Same<typeof en>;
