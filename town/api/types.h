// SPDX-License-Identifier: Apache-2.0
// What the town's operations take and give, in TypeScript (kith/shape.h). Times are Unix milliseconds; ids are UUIDv7
// in text, persons 64 hexadecimal digits.
#pragma once

#include "kith/operation.h"

// Where one type has the members of another and more, they are written once.
#define KITH_POST_MEMBERS                                                                                          \
  "id: Id; thread: Id | null; parent: Id | null; title: string | null; body: string | null; lang: string | null; " \
  "category: string | null; tags: string[]; person: Person; name: string | null; written_ms: Ms; "                 \
  "changed_ms: Ms | null; mine: boolean; reactions: Reaction[]; photos: PhotoRef[]; mentions: Person[]; "          \
  "state: Sending; rests_until_ms?: Ms; kept_in?: number"

namespace kith::town {

inline constexpr NamedType kTypes[] = {
    {"Id", "string"},
    {"Person", "string"},
    {"Ms", "number"},
    {"Sending", "'resting' | 'here' | 'left' | 'kept'"},
    {"Audience", "{kind: 'space'; people: number}"},
    {"Reaction", "{kind: string; count: number; mine: boolean; people: Person[]}"},
    {"PhotoRef",
     "{id: Id; format: 'image/jpeg' | 'image/webp'; width: number; height: number; bytes: number; here: boolean; "
     "alt: string | null}"},
    {"Post", "{" KITH_POST_MEMBERS "; pos?: number}"},
    {"WrittenPost", "{" KITH_POST_MEMBERS "; pos: number; rests_ms: number}"},
    {"Written", "{id: Id; pos: number; rests_ms: number}"},
    {"ThreadCard",
     "{id: Id; post: Post | null; replies: number; last_ms: Ms; last_person: Person | null; last_name: string | null; "
     "unread: number; muted: boolean; followed: boolean; pinned: boolean}"},
    {"Version", "{title: string | null; body: string | null; category: string | null; at_ms: Ms; person: Person}"},
    {"HitKind", "'post' | 'listing' | 'person' | 'note'"},
    {"Hit",
     "{kind: HitKind; id: Id; thread: Id | null; title: string; snippet: string; person: Person; name: string | null; "
     "at_ms: Ms}"},
    {"DraftKind", "'post' | 'reply' | 'listing'"},
    {"Draft", "{id: Id; kind: DraftKind; to: Id | null; fields: unknown; changed_ms: Ms}"},
    {"Kind", "'sell' | 'give' | 'lend' | 'swap' | 'wanted'"},
    {"ListingState", "'open' | 'promised' | 'done' | 'withdrawn' | 'expired'"},
    {"RequestState", "'asked' | 'promised' | 'done' | 'fell_through' | 'withdrawn'"},
    {"Promised", "{when_ms: Ms | null; place: string | null; written_ms: Ms}"},
    {"Request",
     "{id: Id; listing: Id; person: Person; name: string | null; text: string | null; written_ms: Ms; arrived_ms: Ms; "
     "order: number; late: boolean; state: RequestState; promise: Promised | null; mine: boolean}"},
    {"Listing",
     "{id: Id; kind: Kind; title: string; text: string | null; price: string | null; tags: string[]; photos: "
     "PhotoRef[]; person: Person; name: string | null; mine: boolean; written_ms: Ms; changed_ms: Ms | null; "
     "expires_ms: Ms; state: ListingState; requests: number; my_request: Request | null; promised_to: Person | null; "
     "promised_name: string | null; as_of_ms: Ms | null; sending: Sending}"},
    {"Member",
     "{person: Person; name: string | null; door: string; about: string | null; street: string | null; devices: "
     "number; founder: boolean; me: boolean; joined_ms: Ms | null; posts: number | null; alike: Person[]; muted: "
     "boolean}"},
    {"Note", "{id: Id; body: string | null; written_ms: Ms; changed_ms: Ms | null}"},
};

}  // namespace kith::town
