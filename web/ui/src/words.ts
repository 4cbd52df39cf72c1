// SPDX-License-Identifier: Apache-2.0
// Every sentence of the page, in each language, split by page: src/words/<page>.en.ts is the original and gives the keys, <page>.de.ts
// must have the same ones (the type checker says so). A message is a text, or one text for each plural form of its number {n}.
//   words/feed.en.ts:  export default { newer: { one: '{n} new notice', other: '{n} new notices' } } as const;
//   words/feed.de.ts:  export default { ... } satisfies Same<typeof en>;
export type Plural = { readonly one: string; readonly other: string };
export type Message = string | Plural;
export type Words = { readonly [key: string]: Message };
/** What a translation must be: every key, and the same shape of message. */
export type Same<W> = { readonly [K in keyof W]: W[K] extends string ? string : Plural };
export type Fill = { readonly [name: string]: string | number };
/** t('key', {n: 3}): the sentence in the person's language. */
export type Say<W extends Words> = (key: keyof W & string, fill?: Fill) => string;

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', de: 'Deutsch' };

function wanted(): Language {
  const chosen = recall('language');
  const all = chosen ? [chosen, ...navigator.languages] : navigator.languages;
  for (const tag of all) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (found) return found;
  }
  return 'en';
}

/** A choice about this page on this device only (language, light). Private mode may refuse; then it holds until the page is closed. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`kith.${name}`);
  } catch {
    return null;
  }
}
export function remember(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`kith.${name}`);
    else localStorage.setItem(`kith.${name}`, value);
  } catch {
    // nothing to do: see recall
  }
}

export const language: Language = wanted();
/** With the region of the device where it speaks the same language: 24-hour clock or not, order of the date. */
export const locale: string = navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;

const plurals = new Intl.PluralRules(locale);
const figures = new Intl.NumberFormat(locale);

export function number(n: number): string {
  return figures.format(n);
}

function fillIn(text: string, fill: Fill): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = fill[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}

/** t for one page's words. */
export function speaker<W extends Words>(words: W): Say<W> {
  return (key, fill = {}) => {
    const message: Message = words[key]!;
    if (typeof message === 'string') return fillIn(message, fill);
    const form = plurals.select(Number(fill['n'] ?? 0));
    return fillIn(form === 'one' ? message.one : message.other, fill);
  };
}

/** Words in both languages: each a chunk of its own, only the person's is ever loaded. */
export interface Loader<W extends Words> {
  en: () => Promise<{ default: W }>;
  de: () => Promise<{ default: Same<W> }>;
}
export async function load<const W extends Words>(loader: Loader<W>): Promise<Say<W>> {
  return speaker<W>((await loader[language]()).default as W);
}
