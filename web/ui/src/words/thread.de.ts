// SPDX-License-Identifier: Apache-2.0
import type { Same } from '../words';
import type en from './thread.en';

export default {
  audience: { one: 'Nur du kannst das lesen', other: 'Alle {n} von hier können das lesen' },
  here: { one: 'Eine Antwort ist hier', other: '{n} Antworten sind hier' },
  none: 'Noch keine Antwort',
  coming: { one: 'und eine unterwegs', other: 'und {n} unterwegs' },
  missing: { one: 'Eine Antwort ist noch nicht hier.', other: '{n} Antworten sind noch nicht hier.' },
  missing_how: 'Sie kommen mit, sobald jemand in Kontakt ist, der sie hat.',
  not_here: 'Eine Antwort, die noch nicht hier ist',
  later: 'Spätere Antworten zeigen',
  withdrawn: '{name} hat diese Antwort zurückgezogen.',
  withdrawn_short: 'zurückgezogen',
  more: 'Mehr zur Antwort von {name}',
  reply_label: { one: 'Deine Antwort', other: 'Deine Antwort an alle {n} von hier' },
  reply_to: { one: 'Antworten', other: 'Antwort an alle {n}' },
  send: { one: 'Senden', other: 'An alle {n} senden' },
  sent: { one: 'Gesagt.', other: 'Zu allen {n} gesagt.' },
  no_quote: 'Stattdessen auf den Aushang antworten',
  edited: 'Geändert: {when}',
  edit: 'Ändern',
  edit_seen: 'Alle können sehen, was geändert wurde.',
  draft_kept: 'Entwurf aufgehoben',
  title: 'Titel',
  text: 'Text',
  save: 'Speichern',
  changed: 'Geändert.',
} satisfies Same<typeof en>;
