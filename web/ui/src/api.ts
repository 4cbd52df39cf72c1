// SPDX-License-Identifier: Apache-2.0
// The operations of the core as the page uses them: names, arguments, results. All times are Unix milliseconds.
import type { CoreEvent as RawEvent, Problem } from '../../wasm/src/client';

export type { Area, Problem } from '../../wasm/src/client';
export type Id = string; // UUIDv7, text
export type Person = string; // 64 hex digits
export type Ms = number;
/** What nothing but a yes comes back from. */
export type Nothing = Record<never, never>;

export interface Reaction { kind: string; count: number; mine: boolean; people: Person[] }
export interface PhotoRef { id: Id; format: 'image/jpeg' | 'image/webp'; width: number; height: number; bytes: number; here: boolean; alt: string | null }
/** Where something of mine has got to: may still be taken back, only on this device, left it, kept by others. */
export type Sending = 'resting' | 'here' | 'left' | 'kept';

export interface Post {
  id: Id; thread: Id | null; parent: Id | null; title: string | null; body: string | null; lang: string | null;
  category: string | null; tags: string[]; person: Person; name: string | null; written_ms: Ms; changed_ms: Ms | null;
  mine: boolean; reactions: Reaction[]; photos: PhotoRef[]; mentions: Person[];
  state: Sending; pos?: number; rests_until_ms?: Ms; kept_in?: number;
}
export interface ThreadCard {
  id: Id; post: Post | null; replies: number; last_ms: Ms; last_person: Person | null; last_name: string | null;
  unread: number; muted: boolean; followed: boolean; pinned: boolean;
}
export interface Audience { kind: 'space'; people: number }
export interface Hit {
  kind: 'post' | 'listing' | 'person' | 'note'; id: Id; thread: Id | null; title: string; snippet: string; person: Person; name: string | null; at_ms: Ms;
}
export interface Draft { id: Id; kind: 'post' | 'reply' | 'listing'; to: Id | null; fields: unknown; changed_ms: Ms }
export interface Version { title: string | null; body: string | null; category: string | null; at_ms: Ms; person: Person }
export interface Note { id: Id; body: string | null; written_ms: Ms; changed_ms: Ms | null }
export interface Written { id: Id; pos: number; rests_ms?: number }

export type ListingKind = 'sell' | 'give' | 'lend' | 'swap' | 'wanted';
export interface Request {
  id: Id; listing: Id; person: Person; name: string | null; text: string | null; written_ms: Ms; arrived_ms: Ms; order: number; late: boolean;
  state: 'asked' | 'promised' | 'done' | 'fell_through' | 'withdrawn';
  promise: { until_ms: Ms | null; when_ms: Ms | null; place: string | null } | null; mine: boolean;
}
export interface Listing {
  id: Id; kind: ListingKind; title: string; text: string | null; price: string | null; tags: string[]; photos: PhotoRef[]; person: Person;
  name: string | null; mine: boolean; written_ms: Ms; changed_ms: Ms | null; expires_ms: Ms;
  state: 'open' | 'promised' | 'done' | 'withdrawn' | 'expired'; requests: number; my_request: Request | null; promised_to: Person | null;
  as_of_ms: Ms; sending: Sending;
}
export interface Member {
  person: Person; name: string | null; door: string; about: string | null; street: string | null; devices: number; founder: boolean; me: boolean;
  joined_ms: Ms | null; posts: number; alike: Person[]; muted: boolean;
}
export interface Place {
  name: string; enamel: 1 | 2 | 3 | 4 | 5; rules: string[]; founded_ms: Ms; founder: Person; members: number; posts: number;
  nodes: { name: string; person: Person }[]; schema_version: number;
}
export interface Link { address: string; state: string; round_trip_ms: number | null; behind: number; owed: number }
export interface Status {
  phase: 'empty' | 'alone' | 'joining' | 'member'; place: string; space: string | null;
  me: { person: Person; name: string | null; device: string; personal: string } | null;
  members: number; in_touch: boolean; last_heard_ms: Ms | null; only_here: number; locked: number; held: number;
  storage: { kind: 'opfs' | 'indexeddb' | 'memory' | 'disk'; bytes: number; persistent: boolean | null };
  words: 'unseen' | 'seen' | 'practised'; links: Link[]; version: { core: string; protocol: string; schema: string | null };
  update: string | null; trouble: string | null;
}
export interface OutboxItem { pos: number; event: string; title: string | null; at_ms: Ms; rests_until_ms: Ms | null; why: 'resting' | 'offline' | 'sending' }
export interface Device { device: string; person: Person; is_this: boolean; name: string | null; linked_ms: Ms; last_ms: Ms | null; retired: boolean }
export interface Invite { invite: string; link?: string; expires_ms: Ms; uses: number }

interface Op<Args extends object, Result> { args: Args; result: Result }
type Rest = { rest_ms?: number };
type Spoken = { title?: string; body: string; category?: string; tags?: string[]; photos?: Id[]; lang?: string };

export type Api = {
  'forum.feed': Op<{ before?: string; limit?: number; category?: string; tag?: string; person?: Person }, { threads: ThreadCard[]; next: string | null }>;
  'forum.pinned': Op<Nothing, { threads: ThreadCard[]; next: string | null }>;
  'forum.thread': Op<{ id: Id; after?: string; limit?: number }, { id: Id; post: Post | null; replies: Post[]; next: string | null; missing: number; audience: Audience; followed: boolean; muted: boolean; pinned: boolean }>;
  'forum.history': Op<{ id: Id }, { versions: Version[] }>;
  'forum.categories': Op<Nothing, { categories: { name: string; posts: number; unread: number }[] }>;
  'forum.tags': Op<Nothing, { tags: { name: string; posts: number }[] }>;
  'forum.drafts': Op<Nothing, { drafts: Draft[] }>;
  'forum.write': Op<Spoken & Rest, Written>;
  'forum.reply': Op<{ to: Id; body: string; photos?: Id[]; lang?: string } & Rest, Written>;
  'forum.edit': Op<{ id: Id; title?: string; body?: string; category?: string; tags?: string[] } & Rest, Written>;
  'forum.withdraw': Op<{ id: Id } & Rest, Written>;
  'forum.react': Op<{ id: Id; kind: string; on: boolean }, Nothing>;
  'forum.read': Op<{ thread: Id; upto: Id }, Nothing>;
  'forum.follow': Op<{ thread: Id; mode: 'follow' | 'mute' | 'none' }, Nothing>;
  'forum.pin': Op<{ id: Id; on: boolean }, Nothing>;
  'search.all': Op<{ text: string; limit?: number; kinds?: Hit['kind'][] }, { hits: Hit[]; searched: number }>;
  'drafts.save': Op<{ id?: Id; kind: Draft['kind']; to?: Id; fields: object }, { id: Id }>;
  'drafts.drop': Op<{ id: Id }, Nothing>;
  'market.list': Op<{ kind?: ListingKind; text?: string; person?: Person; state?: Listing['state']; before?: string; limit?: number }, { listings: Listing[]; next: string | null }>;
  'market.item': Op<{ id: Id }, { listing: Listing; requests: Request[]; certain: boolean; last_heard_ms: Ms | null }>;
  'market.offer': Op<{ kind: ListingKind; title: string; text?: string; price?: string; tags?: string[]; photos?: Id[]; days?: number } & Rest, Written>;
  'market.edit': Op<{ id: Id; title?: string; text?: string; price?: string; tags?: string[] } & Rest, Written>;
  'market.renew': Op<{ id: Id } & Rest, Written>;
  'market.withdraw': Op<{ id: Id } & Rest, Written>;
  'market.ask': Op<{ listing: Id; text?: string } & Rest, Written>;
  'market.unask': Op<{ request: Id } & Rest, Written>;
  'market.promise': Op<{ request: Id; when_ms?: Ms; place?: string } & Rest, Written>;
  'market.unpromise': Op<{ request: Id } & Rest, Written>;
  'market.settle': Op<{ request: Id; outcome: 'done' | 'fell_through' } & Rest, Written>;
  'people.list': Op<Nothing, { members: Member[] }>;
  'people.person': Op<{ person: Person }, { member: Member; threads: ThreadCard[]; listings: Listing[] }>;
  'people.rename': Op<{ name: string; about?: string; street?: string }, Nothing>;
  'people.mute': Op<{ person: Person; on: boolean }, Nothing>;
  'place.about': Op<Nothing, Place>;
  'place.describe': Op<{ name?: string; enamel?: number; rules?: string[] }, Nothing>;
  'notes.list': Op<{ before?: string; limit?: number }, { notes: Note[]; next: string | null }>;
  'notes.write': Op<{ id?: Id; body: string }, { id: Id }>;
  'notes.drop': Op<{ id: Id }, Nothing>;
  'photos.add': Op<{ id: Id; width: number; height: number; alt?: string }, PhotoRef>;
  'photos.get': Op<{ id: Id }, { format: PhotoRef['format']; data: string }>;
  'replica.status': Op<Nothing, Status>;
  'replica.outbox': Op<Nothing, { items: OutboxItem[] }>;
  'replica.undo': Op<{ pos?: number }, { taken_back: number; event: string }>;
  'replica.devices': Op<Nothing, { devices: Device[] }>;
  'replica.retire': Op<{ device: string }, Nothing>;
  'replica.invites': Op<Nothing, { invites: Invite[] }>;
  'replica.invite': Op<{ days?: number; uses?: number; door?: string }, Invite & { link: string }>;
  'replica.revoke': Op<{ invite: string }, Nothing>;
  'replica.export': Op<Nothing, Uint8Array>;
  'replica.rescue': Op<Nothing, { code: string; addresses: string[] }>;
  'replica.link': Op<{ code: string }, { answer: string }>;
  'begin.alone': Op<{ name: string }, Nothing>;
  'begin.look': Op<{ invite: string }, { place: string | null; inviter: string | null; members: number | null; state: 'open' | 'spent' | 'expired' | 'unknown' | 'member'; expires_ms: Ms | null; enamel?: number; rules?: string[] }>;
  'begin.join': Op<{ invite: string; name: string }, Nothing>;
  'begin.restore': Op<{ words: string; rescue: string; address?: string }, { spaces: number; entries: number }>;
  'begin.request_link': Op<Nothing, { code: string }>;
  'begin.link': Op<{ answer: string }, Nothing>;
  'words.show': Op<Nothing, { words: string[] }>;
  'words.practised': Op<Nothing, Nothing>;
  'words.forget': Op<Nothing, Nothing>;
  'words.check': Op<{ word: string; index: number }, { ok: boolean }>;
};
export type Name = keyof Api & string;
export type Args<N extends Name> = Api[N]['args'];
export type Result<N extends Name> = Api[N]['result'];
export type StatusEvent = { type: 'status' } & Status;
export type CoreEvent = Exclude<RawEvent, { type: 'status' }> | StatusEvent;
export const isProblem = (e: unknown): e is Problem => typeof e === 'object' && e !== null && 'code' in e && 'cause' in e && 'remedy' in e;
