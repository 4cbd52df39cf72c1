// SPDX-License-Identifier: Apache-2.0
// The operations of the core as the page uses them: names, arguments, results. They are declared once, in C++ (kith/operation.h),
// held there against every call, and printed by kith_types into api.gen.ts, which is not kept: the target `web_types` makes it.
import type { CoreEvent as RawEvent, Problem } from '../../wasm/src/messages';
import type { Operations } from './api.gen';

export type { Area, Problem } from '../../wasm/src/messages';
export type {
  Audience, Departed, Device, Draft, Hit, Id, Invite, Kind as ListingKind, LinkState as Link, Listing, Member, Ms, Note, OutboxItem, Person, PhotoRef, Post, Reaction, Request, Sending, Status,
  ThreadCard, Version, Written,
} from './api.gen';

/** The bytes of a photo are handed over beside its arguments (core.ts). */
export type Api = { [N in keyof Operations]: N extends 'photos.add' ? { args: Omit<Operations[N]['args'], 'data'>; result: Operations[N]['result'] } : Operations[N] };
export type Name = keyof Api & string;
export type Args<N extends Name> = Api[N]['args'];
export type Result<N extends Name> = Api[N]['result'];
export type Place = Result<'place.about'>;
export type StatusEvent = { type: 'status' } & Result<'replica.status'>;
export type CoreEvent = Exclude<RawEvent, { type: 'status' }> | StatusEvent;
export const isProblem = (e: unknown): e is Problem => typeof e === 'object' && e !== null && 'code' in e && 'cause' in e && 'remedy' in e;

/** What a made-up core answers (web/ui/fixture). */
export type Answers = { [N in keyof Api]?: (args: Api[N]['args']) => Api[N]['result'] | Promise<Api[N]['result']> };
