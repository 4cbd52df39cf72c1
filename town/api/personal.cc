// SPDX-License-Identifier: Apache-2.0
// Operations in the personal space: notes and drafts. They work before any neighbourhood is there.
#include <array>

#include "town/api/operations.h"
#include "town/api/visit.h"
#include "town/drafts/drafts.h"
#include "town/notes/commands.h"
#include "town/notes/queries.h"
#include "town/photos/tidy.h"

namespace kith::town {
namespace {

Result<Json> list_notes(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto page = KITH_TRY(notes::notes(visit.personal(), visit.optional_text("before"), visit.limit(kPage)));
  return Json::object({{"notes", json_list(page.notes,
                                           [](const notes::Note& note) {
                                             return Json::object({{"id", note.id},
                                                                  {"body", note.body},
                                                                  {"written_ms", note.written_ms},
                                                                  {"changed_ms", note.changed_ms}});
                                           })},
                       {"next", page.next}});
}

Result<Json> write_note(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto id = visit.optional_text("id");
  if (!id) return Json::object({{"id", KITH_TRY(notes::write_note(visit.personal(), visit.text("body")))}});
  KITH_TRY(notes::edit_note(visit.personal(), *id, visit.text("body")));
  return Json::object({{"id", *id}});
}

Result<Json> drop_note(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(notes::drop_note(visit.personal(), visit.text("id")));
  return Json::object({});
}

Result<Json> list_drafts(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto found = KITH_TRY(drafts::drafts(visit.personal()));
  return Json::object({{"drafts", json_list(found, [](const drafts::Draft& draft) {
                          return Json::object({{"id", draft.id},
                                               {"kind", draft.kind},
                                               {"to", draft.to},
                                               {"fields", draft.fields},
                                               {"changed_ms", draft.changed_ms}});
                        })}});
}

Result<Json> save_draft(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::string before = KITH_TRY(drafts::fields_of(visit.personal(), visit.text("id")));
  std::string id = KITH_TRY(drafts::save(visit.personal(), visit.optional_text("id"), visit.text("kind"),
                                         visit.optional_text("to"), visit.json("fields")));
  if (place.has_space()) KITH_TRY(photos::let_go(place, before, visit.json("fields").dump()));
  return Json::object({{"id", std::move(id)}});
}

Result<Json> drop_draft(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::string before = KITH_TRY(drafts::fields_of(visit.personal(), visit.text("id")));
  KITH_TRY(drafts::drop(visit.personal(), visit.text("id")));
  if (place.has_space()) KITH_TRY(photos::let_go(place, before, {}));
  return Json::object({});
}

const std::array kOperations = {
    Operation{"notes.list", false, Needs::kPersonal, "GET", "/api/notes", "{before?: string; limit?: number}",
              "{notes: Note[]; next: string | null}", list_notes},
    Operation{"notes.write", true, Needs::kPersonal, "POST", "/api/notes", "{id?: Id; body: string}", "{id: Id}",
              write_note},
    Operation{"notes.drop", true, Needs::kPersonal, "DELETE", "/api/notes/{id}", "{id: Id}", "{}", drop_note},
    Operation{"forum.drafts", false, Needs::kPersonal, "GET", "/api/drafts", "{}", "{drafts: Draft[]}", list_drafts},
    Operation{"drafts.save", true, Needs::kPersonal, "POST", "/api/drafts",
              "{id?: Id; kind: DraftKind; to?: Id; fields: unknown}", "{id: Id}", save_draft},
    Operation{"drafts.drop", true, Needs::kPersonal, "DELETE", "/api/drafts/{id}", "{id: Id}", "{}", drop_draft},
};

}  // namespace

std::span<const Operation> personal_operations() {
  return kOperations;
}

}  // namespace kith::town
