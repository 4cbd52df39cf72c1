// SPDX-License-Identifier: Apache-2.0
// Ages and dates as people say them, with a non-breaking space between figure and unit.
import { locale } from './words';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const days = new Intl.NumberFormat(locale, { style: 'unit', unit: 'day', unitDisplay: 'long' });
const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', hour: 'numeric', minute: '2-digit' });
const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const dateYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
const exactly = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const fast = (text: string) => text.replaceAll(' ', '\u00a0');

const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0);

/** "25 min", "3 h", "2 days": how long something took or lasted. Less than a minute is one. */
export function span(ms: number): string {
  if (ms < HOUR) return `${Math.max(1, Math.round(ms / MINUTE))}\u00a0min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)}\u00a0h`;
  return fast(days.format(Math.round(ms / DAY)));
}

/** "today, 18:31", "yesterday, 9:05", "Tue, 7:45", "12 May", "12 May 2025". */
export function when(at: number, now: number): string {
  const nights = Math.round((midnight(now) - midnight(at)) / DAY);
  if (nights === 0) return `${relative.format(0, 'day')}, ${fast(clock.format(at))}`;
  if (nights === 1) return `${relative.format(-1, 'day')}, ${fast(clock.format(at))}`;
  if (nights > 1 && nights < 7) return fast(weekday.format(at));
  return fast((new Date(at).getFullYear() === new Date(now).getFullYear() ? date : dateYear).format(at));
}

/** "just now", "25 min", "6 h", "yesterday, 18:31", "Tue, 7:45", "12 May", "12 May 2025". A clock that is wrong gives no negative ages. */
export function ago(at: number, now: number): string {
  const age = now - at;
  if (age < MINUTE) return relative.format(0, 'second');
  if (age < 12 * HOUR) return span(age);
  return when(at, now);
}

/** "20 minutes ago", "3 hours ago", then like `when`: an age inside a sentence. */
export function past(at: number, now: number): string {
  const age = now - at;
  if (age < MINUTE) return relative.format(0, 'second');
  if (age < HOUR) return fast(relative.format(-Math.round(age / MINUTE), 'minute'));
  if (age < 12 * HOUR) return fast(relative.format(-Math.round(age / HOUR), 'hour'));
  return when(at, now);
}

export const timeOfDay = (at: number): string => fast(clock.format(at));
/** "12 May 2026" */
export const day = (at: number): string => fast(dateYear.format(at));
/** The whole of it, for a title. */
export const exact = (at: number): string => exactly.format(at);

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
/** "340 kB" */
export function size(bytes: number): string {
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const figure = new Intl.NumberFormat(locale, { style: 'unit', unit: sizes[step]!, unitDisplay: 'short', maximumSignificantDigits: 2 });
  return fast(figure.format(bytes / 1000 ** step));
}
