// SPDX-License-Identifier: Apache-2.0
import type { Same } from '../words';
import type en from './compose.en';

export default {
  new: 'Neuer Aushang',
  close: 'Schließen und den Entwurf aufheben',
  draft_kept: 'Entwurf aufgehoben',
  put: 'Was soll {place} wissen?',
  text: 'Dein Aushang',
  offer: 'Anbieten',
  details: 'Titel, Rubrik, Stichwörter',
  title: 'Titel',
  optional: 'wenn du magst',
  category: 'Rubrik',
  tags: 'Stichwörter',
  tags_how: 'mit Leerzeichen dazwischen',
  language: 'Sprache',
  language_why: 'damit es richtig vorgelesen wird',
  audience: { one: '*Nur du* kannst das bisher lesen. Sonst niemand.', other: '*Alle {n} von hier* werden das lesen können. Sonst niemand.' },
  post: { one: 'Aushängen', other: 'Für {n} Leute aushängen' },
  ten: 'Du hast zehn Sekunden, um es zurückzunehmen.',
  posted: { one: 'Ausgehängt.', other: 'Für alle {n} von hier ausgehängt.' },
} satisfies Same<typeof en>;
