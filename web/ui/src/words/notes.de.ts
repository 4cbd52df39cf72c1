// SPDX-License-Identifier: Apache-2.0
import type { Same } from '../words';
import type en from './notes.en';

export default {
  lead: 'Nur für dich. Niemand sonst kann sie lesen.',
  note: 'Deine Notiz',
  put: 'Etwas zum Merken',
  keep: 'Aufheben',
  save: 'Speichern',
  leave: 'So lassen',
  note_of: 'Notiz: {when}',
  change: 'Ändern',
  drop: 'Wegwerfen',
  dropped: 'Weggeworfen.',
  back: 'Zurückholen',
  no_notes: 'Noch nichts. Ein Zählerstand, eine Einkaufsliste, ein Name, der dir immer entfällt.',
  more: 'Ältere zeigen',
  drafts_lead: 'Was du angefangen und noch nicht gesagt hast. Nur du siehst es.',
  wordless: 'Noch ohne Worte',
  post: 'Ein Aushang',
  reply: 'Eine Antwort',
  listing: 'Ein Angebot',
  edit: 'Eine Änderung an etwas von dir',
  no_drafts: 'Nichts wartet darauf, fertig zu werden.',
  begin: 'Einen Aushang anfangen',
} satisfies Same<typeof en>;
