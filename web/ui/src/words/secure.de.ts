// SPDX-License-Identifier: Apache-2.0
import type { Same } from '../words';
import type en from './secure.en';

export default {
  title: 'Eine Seite mit Schloss',
  fine: 'Diese Seite hat ihr Schloss (https). Es fehlt nichts.',
  say: 'Diese Seite kam über einfaches http. Solchen Seiten geben Browser weniger. Was du schreibst, wird trotzdem behalten, und was zwischen Häusern reist, ist immer verschlüsselt.',
  missing: 'Was hier fehlt',
  opfs: 'Der schnelle Speicher. Benutzt wird der einfachere, darum öffnen sich große Orte langsamer.',
  offline: 'Die Seite öffnen, während ihr Haus ausgeschaltet ist. Lass sie in einem Tab offen, oder hol dir das Schloss.',
  keep: 'Das Versprechen des Browsers, nie zu löschen, was du geschrieben hast.',
  clipboard: 'Kopieren auf Knopfdruck. Markiere den Text und kopiere ihn von Hand.',
  get: 'Wie du es bekommst',
  getSay: 'Dieser Ort hat ein eigenes Zertifikat. Installiere es einmal auf diesem Gerät; es gilt nur für diesen Ort und taugt nicht für andere Seiten.',
  getDo: 'Zeig mir, wie es auf diesem Gerät geht',
  home: 'Auf den Startbildschirm legen',
  homeIos: '*iPhone, iPad:* in Safari „Teilen“, dann „Zum Home-Bildschirm“.',
  homeAndroid: '*Android:* in Chrome oder Firefox das Menü mit drei Punkten, dann „Zum Startbildschirm hinzufügen“.',
  homeDesk: '*Computer:* in Chrome oder Edge das Zeichen am Ende der Adresszeile. Firefox merkt es sich als Lesezeichen.',
  homeSay: 'Danach öffnet sie sich wie jede andere App, auch ohne Verbindung.',
  back: 'Zurück',
} satisfies Same<typeof en>;
